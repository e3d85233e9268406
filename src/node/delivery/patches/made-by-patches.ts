/**
 * A content made by patches: the base is read whole and held against its hash, each patch was fetched and hashed like
 * everything else, what comes out of one is held against its hash before the next starts at it, and what comes out of
 * the last one is hashed by whoever takes it. One base and one patch are in memory at a time, for which whoever makes it
 * has taken the memory (`patchMemoryOf`).
 */
import { digestBytes, hexOf } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { patchAlgorithm } from '../../../patch/index.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import type { NodeContext } from '../../context.ts';
import type { MadeOrigin } from '../delivery.ts';
import { partPath } from '../parts/part-file.ts';
import { patchMemoryOf } from './patch-memory.ts';
import type { PatchPlan, PatchStep } from './plan-patches.ts';

type Within = Pick<NodeContext, 'files' | 'layout' | 'compute'>;

const nothing = new Uint8Array();

/** `bases`: where the content may lie that the first step starts at. */
export function madeByPatches(
  context: Within,
  source: ReleaseSource,
  plan: PatchPlan,
  bases: readonly string[],
): MadeOrigin {
  const { steps } = plan;
  return {
    kind: 'made',
    name: nameOf(plan),
    needs: steps.map(({ file, path }) => ({
      title: `patch of ${file.path}`,
      statedBy: 'the delta',
      content: { sha256: file.patchHash, sizeBytes: file.patchSize },
      origin: { kind: 'source', source, path },
    })),
    memoryBytes: Math.max(...steps.map(patchMemoryOf)),
    make: (needed, signal) => applyAll(context, steps, bases, needed, signal),
  };
}

/** Of patches that there are and this node does not apply: nothing is fetched for them, and whoever tries them is told why. */
export function refusedPatches(plan: PatchPlan, objection: ThemisError): MadeOrigin {
  return {
    kind: 'made',
    name: nameOf(plan),
    needs: [],
    memoryBytes: 0,
    make() {
      throw objection;
    },
  };
}

function nameOf({ steps, from }: PatchPlan): string {
  const algorithms = [...new Set(steps.map(({ file }) => file.algorithm))].join(' and ');
  return `the ${algorithms} patch from ${from}`;
}

async function* applyAll(
  context: Within,
  steps: PatchPlan['steps'],
  bases: readonly string[],
  needed: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // Called after what is made in the end: what another file makes on the same way at the same time is not met.
  const onTheWay = partPath(context.layout.parts, steps.at(-1)!.file.targetHash, 'step');
  let base = await readBase(context, steps[0], bases);
  try {
    for (const [index, step] of steps.entries()) {
      const patch = await context.files.readFile(needed[index]!);
      const chunks = apply(context, step, base, patch, signal);
      // Whatever applies it holds it as long as it needs it.
      base = nothing;
      if (index === steps.length - 1) {
        yield* chunks;
        return;
      }
      await keepStep(context, step, onTheWay, chunks);
      base = await context.files.readFile(onTheWay);
    }
  } finally {
    await context.files.removeFile(onTheWay);
  }
}

function apply(
  { compute }: Within,
  { file }: PatchStep,
  base: Uint8Array,
  patch: Uint8Array,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  return patchAlgorithm(file.algorithm).apply(base, patch, {
    targetBytes: file.targetSize,
    mayFreeBase: true,
    signal,
    ...(compute === undefined ? {} : { compute }),
  });
}

/** The first that is what the patch starts at. */
async function readBase(
  { files }: Within,
  { file, baseBytes }: PatchStep,
  bases: readonly string[],
): Promise<Uint8Array> {
  for (const path of bases) {
    const stat = await files.lstat(path);
    // What grew since is another, and would take more memory than there is for it.
    if (stat?.kind !== 'file' || stat.sizeBytes > baseBytes) continue;
    const bytes = await files.readFile(path);
    if (hexOf(digestBytes(bytes)) === file.baseHash) return bytes;
  }
  const place = file.basePath ?? file.path;
  throw new ThemisError(
    'FILE_HASH_MISMATCH',
    `What the patch of ${file.path} starts at is not here: ${place} changed.`,
  );
}

/** What is made on the way goes through a file, so that it does not lie in memory beside what it was made of. */
async function keepStep(
  { files }: Within,
  { file }: PatchStep,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  // A run that was killed may have left one.
  await files.removeFile(path);
  const { digest } = await files.writeStream(path, chunks, 0o600, file.targetSize);
  if (hexOf(digest) !== file.targetHash)
    throw new ThemisError('PATCH_INVALID', `A patch on the way to ${file.path} makes something else.`);
}
