/**
 * Ways to make what a release needs of what is on this node, by the signed deltas that its index lists. None of it makes
 * anything acceptable: a delta that is refused, for whatever reason, is noted and left out, and then another way is
 * looked for; in the end the files come whole.
 */
import { type Digest, digestJson } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { IndexedDelta } from '../../../model/delta.ts';
import type { ReleaseIndex, ReleaseIndexEntry, ReleaseManifest } from '../../../model/release.ts';
import { findPatchAlgorithm } from '../../../patch/index.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import type { NodeContext } from '../../context.ts';
import type { TrustFiles } from '../../deps.ts';
import { filesFor, stagedHashes } from '../../operation/staged-release.ts';
import { manifestHashes, readInstalled } from '../../state/installed.ts';
import { listRestorePoints } from '../../state/restore-points.ts';
import { writeAudit } from '../../trust/audit.ts';
import type { MadeOrigin } from '../delivery.ts';
import { findLocalCopies } from '../local-copies.ts';
import { chooseDeltas } from './choose-deltas.ts';
import { madeByPatches } from './made-by-patches.ts';
import { planPatches, type ReadDelta } from './plan-patches.ts';

export interface Patchable {
  readonly manifest: ReleaseManifest;
  readonly source: ReleaseSource;
  /** Believed, and lists the release. */
  readonly index: ReleaseIndex;
}

/** More refusals than this are no accident, and each costs a look at the source. */
const mostRefusals = 4;

/** By SHA-256 of what is made. `note` is told of every delta that is not used in spite of being listed. */
export async function findPatches(
  context: NodeContext,
  { manifest, source, index }: Patchable,
  trust: TrustFiles,
  note: (detail: string) => void,
): Promise<ReadonlyMap<string, MadeOrigin>> {
  const { missing, wholeBytes } = await missingFiles(context, manifest);
  if (wholeBytes === 0) return new Map();
  const bases = await basesOf(context);
  const refused = new Set<string>();
  for (let attempt = 0; attempt <= mostRefusals; attempt += 1) {
    const offered = index.deltas.filter((delta) => delta.package === manifest.package && !refused.has(keyOf(delta)));
    const links = chooseDeltas(offered, manifest.manifestHash, bases, wholeBytes);
    if (links.length === 0) return new Map();
    const read = await readLinks(context, { manifest, source, index }, links, trust);
    if ('deltas' in read) return origins(context, source, read.deltas, missing);
    refused.add(keyOf(read.refused));
    const detail = `${read.refused.url} is not used: ${read.error.message}`;
    note(detail);
    await writeAudit(context, 'delta-refused', detail).catch(() => {});
  }
  return new Map();
}

/** What is on this node in no form, so that it has to come from somewhere. */
async function missingFiles(context: NodeContext, manifest: ReleaseManifest) {
  const files = [...new Map(filesFor(context, manifest).map((file) => [file.sha256, file])).values()];
  const here = await findLocalCopies(context, new Set(files.map(({ sha256 }) => sha256)));
  const missing = files.filter(({ sha256 }) => !here.has(sha256));
  return { missing, wholeBytes: missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

/** Releases whose files are here: installed, kept for a restore point, or staged. */
async function basesOf(context: NodeContext): Promise<ReadonlySet<Digest>> {
  const { points } = await listRestorePoints(context);
  return new Set([
    ...manifestHashes((await readInstalled(context)).packages),
    ...points.flatMap(({ packages }) => [...manifestHashes(packages)]),
    ...(await stagedHashes(context)),
  ]);
}

type ReadLinks =
  | { readonly deltas: readonly ReadDelta[] }
  | { readonly refused: IndexedDelta; readonly error: ThemisError };

async function readLinks(
  context: NodeContext,
  { manifest, source, index }: Patchable,
  links: readonly IndexedDelta[],
  trust: TrustFiles,
): Promise<ReadLinks> {
  const entries = new Map(index.entries.map((entry) => [entry.manifestHash, entry]));
  const deltas: ReadDelta[] = [];
  for (const link of links) {
    const [from, to] = [entries.get(link.from), entries.get(link.to)];
    try {
      if (from === undefined || to === undefined)
        throw new ThemisError('INDEX_INVALID', 'The index lists a delta between releases that it does not list.');
      const result = await context.verifyDelta(source, link.url, {
        trust,
        nowMs: context.clock.nowMs(),
        sha256: link.sha256,
        from,
        to: link.to === manifest.manifestHash ? manifest : targetOf(index, to),
      });
      if (result.kind === 'refused') return { refused: link, error: result.error };
      deltas.push({ url: link.url, delta: result.delta });
    } catch (error) {
      // A source that does not give a delta may give the files all the same.
      if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
      return { refused: link, error };
    }
  }
  return { deltas };
}

/** Of a release on the way nothing is known but what the index says. */
function targetOf({ product }: ReleaseIndex, entry: ReleaseIndexEntry) {
  const { package: name, version, platform, architecture, manifestHash } = entry;
  return { product, package: name, version, platform, architecture, manifestHash };
}

async function origins(
  context: NodeContext,
  source: ReleaseSource,
  deltas: readonly ReadDelta[],
  missing: readonly { readonly sha256: string; readonly sizeBytes: number }[],
): Promise<ReadonlyMap<string, MadeOrigin>> {
  const starts = new Set(deltas.flatMap(({ delta }) => delta.files.map(({ baseHash }) => baseHash)));
  const here = await findLocalCopies(context, starts);
  const plans = planPatches(
    deltas,
    (sha256) => here.has(sha256),
    missing,
    ({ algorithm, targetSize }) => targetSize <= (findPatchAlgorithm(algorithm)?.limits.targetBytes ?? -1),
  );
  return new Map(
    [...plans].map(([sha256, plan]) => {
      const bases = here.get(plan.steps[0].file.baseHash)!.map(({ path }) => path);
      return [sha256, madeByPatches(context, source, plan, bases)];
    }),
  );
}

function keyOf(delta: IndexedDelta): string {
  return digestJson(delta);
}
