/**
 * The smallest patch for each pair of files that can be made in time, and none that is larger than what was there. What
 * was there is applied first, whatever the time; then algorithms take their turns (patch-turns.ts), and what was not tried
 * or cut off is said. Files are read for each attempt and shared with its worker, so that no more of them are in memory
 * than are worked on. Equal releases give equal patches, whatever order the workers end in, as long as there was time.
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
import { compareTurns, isStrong, splitSpare, takeTurns, type Turn } from './patch-turns.ts';

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
  /** Kept from the delta that lay there, and not made anew. */
  readonly wasThere: boolean;
}

export interface PatchSearch {
  readonly pairs: readonly FilePair[];
  readonly algorithms: readonly PatchAlgorithm[];
  /** Whether each of them is tried on each file, even where others make anything it makes needless. */
  readonly tryAll: boolean;
  /** At most one of a pair, not yet applied. */
  readonly present: readonly FoundPatch[];
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
  /** Bytes; else why there are none: `no time` to begin, `cut off` when it was over, `needless` beside what others made. */
  readonly result: number | 'too large' | 'no time' | 'cut off' | 'needless' | 'failed';
  readonly detail?: string;
}

export interface PatchFindings {
  /** In the order of the pairs; without those for which no patch was worth it. */
  readonly patches: readonly FoundPatch[];
  /** In the order of pairs and algorithms. */
  readonly attempts: readonly Attempt[];
}

/** By what they cost to apply: the first of equals wins. */
const cheapestFirst: readonly DeltaAlgorithm[] = ['ZSTD_DICT', 'VCDIFF', 'XDELTA3', 'BSDIFF', 'REFMIX'];

/**
 * Payloads travel as they are, so a patch is held against the plain file: it has to save a fifth of it, and more than
 * asking for one more file costs.
 */
export function isWorthIt(patchBytes: number, targetBytes: number): boolean {
  return patchBytes <= 0.8 * targetBytes && targetBytes - patchBytes >= 512;
}

/** Throws CANCELLED when aborted, and what reading a file throws. */
export async function findPatches(search: PatchSearch): Promise<PatchFindings> {
  const state: SearchState = { best: new Map(), attempts: new Map(), left: new Map(), running: new Map() };
  for (const { id } of search.algorithms) state.left.set(id, search.pairs.length);
  await mapBounded(search.present, search.atOnce, async (patch) => tryPresent(search, state, patch));
  const { main, rest } = splitSpare(search.algorithms);
  if (search.tryAll) await tryAll(search, state, [...main, ...rest], search.pairs);
  else {
    await tryAll(search, state, main, search.pairs);
    const needless = new Set(search.pairs.filter((pair) => wasMade(state, pair)));
    for (const { id } of rest) for (const pair of needless) note(search, state, pair, id, { result: 'needless' });
    await tryAll(
      search,
      state,
      rest,
      search.pairs.filter((pair) => !needless.has(pair)),
    );
  }
  return {
    patches: search.pairs.flatMap((pair) => state.best.get(pair) ?? []),
    attempts: search.pairs.flatMap((pair) => (state.attempts.get(pair) ?? []).toSorted(compareTurns)),
  };
}

interface SearchState {
  readonly best: Map<FilePair, FoundPatch>;
  readonly attempts: Map<FilePair, Attempt[]>;
  /** Of each algorithm, how many files wait for it. */
  readonly left: Map<DeltaAlgorithm, number>;
  /** Files that one of the strong ones is at work on. */
  readonly running: Map<FilePair, Promise<void>>;
}

async function tryAll(
  search: PatchSearch,
  state: SearchState,
  algorithms: readonly PatchAlgorithm[],
  pairs: readonly FilePair[],
): Promise<void> {
  const next = takeTurns(algorithms, pairs, (pair) => gainOf(state, pair));
  // Which turn is next shows only when its time comes.
  const turns = Array.from({ length: algorithms.length * pairs.length }, () => next);
  await mapBounded(turns, search.atOnce, async (take) => {
    const turn = take()!;
    const work = async (): Promise<void> => await tryTurn(search, state, turn);
    await (isStrong(turn.algorithm.id) ? whenFree(state, turn.pair, work) : work());
  });
}

/** A patch can save no more than there is; on what the first ones made nothing of, the others hardly do. */
function gainOf({ best, attempts, running }: SearchState, pair: FilePair): number {
  if (running.has(pair)) return -1;
  const wasTried = attempts.get(pair)?.some(({ result }) => typeof result === 'number') === true;
  return best.get(pair)?.patch.length ?? (wasTried ? 0 : pair.target.sizeBytes);
}

/** By one of those beside which the others are spare. */
function wasMade({ attempts }: SearchState, pair: FilePair): boolean {
  const made = attempts.get(pair) ?? [];
  return made.some(({ algorithm, result }) => isStrong(algorithm) && typeof result === 'number');
}

async function tryTurn(search: PatchSearch, state: SearchState, { algorithm, pair }: Turn): Promise<void> {
  const { best } = state;
  const { id } = algorithm;
  const beats = (patch: Uint8Array): boolean => isBetter(patch.length, id, best.get(pair));
  const { attempt, patch } = await tryPatch(search, algorithm, pair, beats);
  const known = best.get(pair);
  // Another one may have been as fast.
  if (patch !== undefined && beats(patch))
    best.set(pair, { pair, algorithm: id, patch, patchHash: hexOf(digestBytes(patch)), wasThere: false });
  else if (known?.algorithm === id && attempt.result === known.patch.length)
    best.set(pair, { ...known, wasThere: false });
  note(search, state, pair, id, attempt);
}

/**
 * One of the strong ones after the other on each file: on a machine that has other things to do, the second takes from the
 * first the time in which that would have ended, and saves little where it did.
 */
async function whenFree({ running }: SearchState, pair: FilePair, work: () => Promise<void>): Promise<void> {
  await running.get(pair);
  const { promise, resolve } = Promise.withResolvers<void>();
  running.set(pair, promise);
  try {
    await work();
  } finally {
    running.delete(pair);
    resolve();
  }
}

function note(
  { onTry }: PatchSearch,
  { attempts, left }: SearchState,
  pair: FilePair,
  algorithm: DeltaAlgorithm,
  attempt: Pick<Attempt, 'result' | 'detail'>,
): void {
  const said = { path: pair.target.path, algorithm, ...attempt };
  attempts.set(pair, [...(attempts.get(pair) ?? []), said]);
  left.set(algorithm, left.get(algorithm)! - 1);
  onTry?.(said, left.get(algorithm)!);
}

/** What the next release of Themis can make nothing of, or somebody wrote there, is said and not kept. */
async function tryPresent(search: PatchSearch, { best, attempts }: SearchState, found: FoundPatch): Promise<void> {
  const { pair, algorithm, patch } = found;
  if (!isWorthIt(patch.length, pair.target.sizeBytes)) return;
  try {
    const files = { base: await search.read('base', pair.base), target: await search.read('target', pair.target) };
    await search.compute.run('check-patch', { algorithm, ...files, patch }, signalOf(search.signal));
    best.set(pair, found);
  } catch (error) {
    // One that could not be applied for another reason may be a good one.
    if (!(error instanceof ThemisError) || error.code !== 'PATCH_INVALID') throw error;
    const detail = `The patch that was there is not kept. ${error.message}`;
    attempts.set(pair, [{ path: pair.target.path, algorithm, result: 'failed', detail }]);
  }
}

function signalOf(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
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
    // Whatever made it: nobody is told of a patch that does not do what it should. It was made in time, so what it takes
    // to apply it once, which is little, is not held against the budget.
    await search.compute.run('check-patch', { ...input, patch }, signalOf(search.signal));
    return { attempt: { result: patch.length }, patch };
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    if (search.signal?.aborted === true) throw error;
    if (search.budget.aborted) return { attempt: { result: 'cut off' } };
    if (error.code === 'CANCELLED') throw error;
    // One algorithm that cannot do it is no reason to have no delta.
    return { attempt: { result: 'failed', detail: error.message } };
  }
}
