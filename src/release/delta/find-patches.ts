/**
 * The smallest patch for each pair of files that can be made in time. Algorithms take their turns over all files, the
 * cheap ones first, so that when the time is over every file has had the same chance; what was not tried is said. Files
 * are read for each attempt and shared with its worker, so that no more of them are in memory than are worked on. Equal
 * releases give equal patches, whatever order the workers end in, as long as there was time.
 */
import { digestBytes, hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { mapBounded } from '../../kernel/map-bounded.ts';
import type { DeltaAlgorithm } from '../../model/delta.ts';
import { releaseLimits } from '../../model/release-format/layout.ts';
import type { ReleaseFile } from '../../model/release.ts';
import type { PatchAlgorithm } from '../../patch/algorithm.ts';
import type { Compute } from '../../ports/compute.ts';
import type { FilePair } from './pair-files.ts';

/** What generation needs of workers. Inputs are shared memory. */
export interface DeltaTasks {
  readonly 'make-patch': {
    readonly input: { readonly algorithm: DeltaAlgorithm; readonly base: Uint8Array; readonly target: Uint8Array };
    readonly output: Uint8Array;
  };
  /** Throws PATCH_INVALID unless applying the patch to the base gives exactly the target. */
  readonly 'check-patch': {
    readonly input: {
      readonly algorithm: DeltaAlgorithm;
      readonly base: Uint8Array;
      readonly target: Uint8Array;
      readonly patch: Uint8Array;
    };
    readonly output: null;
  };
}

export interface FoundPatch {
  readonly pair: FilePair;
  readonly algorithm: DeltaAlgorithm;
  readonly patch: Uint8Array;
  /** 64 lower-case hex digits. */
  readonly patchHash: string;
}

export interface PatchSearch {
  readonly pairs: readonly FilePair[];
  readonly algorithms: readonly PatchAlgorithm[];
  readonly compute: Compute<DeltaTasks>;
  /** How many tasks to have in hand at once. */
  readonly atOnce: number;
  /** The bytes of a file, held against its manifest, in shared memory. */
  readonly read: (which: 'base' | 'target', file: ReleaseFile) => Promise<Uint8Array>;
  /** Aborted when the time is over. */
  readonly budget: AbortSignal;
  /** Aborted when somebody wants none of it. */
  readonly signal?: AbortSignal;
  /** Before each attempt, and with what came of it and how many of this algorithm are left. */
  readonly onStart?: (path: string, algorithm: DeltaAlgorithm) => void;
  readonly onTry?: (attempt: Attempt, left: number) => void;
}

/** What came of one algorithm on one file. */
export interface Attempt {
  readonly path: string;
  readonly algorithm: DeltaAlgorithm;
  /** Bytes; else why there are none. */
  readonly result: number | 'too large' | 'no time' | 'failed';
  readonly detail?: string;
}

export interface PatchFindings {
  /** In the order of the pairs; without those for which no patch was worth it. */
  readonly patches: readonly FoundPatch[];
  /** In the order of pairs and algorithms. */
  readonly attempts: readonly Attempt[];
}

/** By what they cost to make. The first of equals wins, which is the one that is cheap to apply as well. */
export const cheapestFirst: readonly DeltaAlgorithm[] = ['ZSTD_DICT', 'VCDIFF', 'XDELTA3', 'BSDIFF', 'REFMIX'];

/**
 * Payloads travel as they are, so a patch is held against the plain file: it has to save a fifth of it, and more than
 * asking for one more file costs.
 */
export function isWorthIt(patchBytes: number, targetBytes: number): boolean {
  return patchBytes <= 0.8 * targetBytes && targetBytes - patchBytes >= 512;
}

/** Throws CANCELLED when aborted, and what reading a file throws. */
export async function findPatches(search: PatchSearch): Promise<PatchFindings> {
  const best = new Map<FilePair, FoundPatch>();
  const attempts = new Map<string, Attempt>();
  const turns = search.algorithms.toSorted((a, b) => rankOf(a.id) - rankOf(b.id));
  const left = new Map(turns.map(({ id }) => [id, search.pairs.length]));
  const jobs = turns.flatMap((algorithm) => search.pairs.map((pair) => ({ algorithm, pair })));
  await mapBounded(jobs, search.atOnce, async ({ algorithm, pair }) => {
    const beats = (patch: Uint8Array): boolean => isBetter(patch.length, algorithm.id, best.get(pair));
    const { attempt, patch } = await tryPatch(search, algorithm, pair, beats);
    const { id } = algorithm;
    // Another one may have been as fast.
    if (patch !== undefined && beats(patch))
      best.set(pair, { pair, algorithm: id, patch, patchHash: hexOf(digestBytes(patch)) });
    const said = { path: pair.target.path, algorithm: id, ...attempt };
    attempts.set(`${said.path} ${id}`, said);
    left.set(id, left.get(id)! - 1);
    search.onTry?.(said, left.get(id)!);
  });
  const inOrder = search.pairs.flatMap(({ target }) =>
    turns.flatMap(({ id }) => attempts.get(`${target.path} ${id}`) ?? []),
  );
  return { patches: search.pairs.flatMap((pair) => best.get(pair) ?? []), attempts: inOrder };
}

function rankOf(id: DeltaAlgorithm): number {
  return cheapestFirst.indexOf(id);
}

/** Whatever order they come in. */
function isBetter(bytes: number, id: DeltaAlgorithm, known: FoundPatch | undefined): boolean {
  if (known === undefined) return true;
  return (bytes - known.patch.length || rankOf(id) - rankOf(known.algorithm)) < 0;
}

interface Tried {
  readonly attempt: Pick<Attempt, 'result' | 'detail'>;
  readonly patch?: Uint8Array;
}

/** A patch only if it beats the others so far. */
async function tryPatch(
  search: PatchSearch,
  { id, limits }: PatchAlgorithm,
  pair: FilePair,
  beats: (patch: Uint8Array) => boolean,
): Promise<Tried> {
  const { base, target } = pair;
  if (base.sizeBytes > limits.baseBytes || target.sizeBytes > limits.targetBytes)
    return { attempt: { result: 'too large' } };
  if (search.budget.aborted) return { attempt: { result: 'no time' } };
  search.onStart?.(target.path, id);
  const [baseBytes, targetBytes] = [await search.read('base', base), await search.read('target', target)];
  const ends = [search.budget, ...(search.signal === undefined ? [] : [search.signal])];
  const signal = AbortSignal.any(ends);
  try {
    const input = { algorithm: id, base: baseBytes, target: targetBytes };
    const patch = await search.compute.run('make-patch', input, { signal });
    if (!isWorthIt(patch.length, target.sizeBytes) || patch.length > releaseLimits.patchBytes)
      return { attempt: { result: patch.length, detail: 'not worth it' } };
    if (!beats(patch)) return { attempt: { result: patch.length } };
    // Whatever made it: nobody is told of a patch that does not do what it should.
    await search.compute.run('check-patch', { ...input, patch }, { signal });
    return { attempt: { result: patch.length }, patch };
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    if (search.signal?.aborted === true) throw error;
    if (search.budget.aborted) return { attempt: { result: 'no time' } };
    if (error.code === 'CANCELLED') throw error;
    // One algorithm that cannot do it is no reason to have no delta.
    return { attempt: { result: 'failed', detail: error.message } };
  }
}
