/**
 * In which order algorithms are tried on files. First what gives every file some patch within seconds; then those by what
 * they save for their time, on the file first that has most left to save. When the time is over, what is missing is what
 * would have saved least.
 */
import type { DeltaAlgorithm } from '../../model/delta.ts';
import type { PatchAlgorithm } from '../../patch/algorithm.ts';
import type { FilePair } from './pair-files.ts';

const order: readonly DeltaAlgorithm[] = ['ZSTD_DICT', 'REFMIX', 'BSDIFF', 'VCDIFF', 'XDELTA3'];

const strong: ReadonlySet<DeltaAlgorithm> = new Set(['REFMIX', 'BSDIFF']);

/** Beside the strong ones these make the smallest patch only of a file that hardly changed, by a few bytes. */
const spare: ReadonlySet<DeltaAlgorithm> = new Set(['VCDIFF', 'XDELTA3']);

export function isStrong(id: DeltaAlgorithm): boolean {
  return strong.has(id);
}

function rankOf(id: DeltaAlgorithm): number {
  return order.indexOf(id);
}

export function compareTurns(
  a: { readonly algorithm: DeltaAlgorithm },
  b: { readonly algorithm: DeltaAlgorithm },
): number {
  return rankOf(a.algorithm) - rankOf(b.algorithm);
}

export interface Turn {
  readonly algorithm: PatchAlgorithm;
  readonly pair: FilePair;
}

/** Those that are tried anyway, and those that are tried only where the strong ones made nothing. */
export function splitSpare(algorithms: readonly PatchAlgorithm[]): {
  readonly main: readonly PatchAlgorithm[];
  readonly rest: readonly PatchAlgorithm[];
} {
  const sorted = algorithms.toSorted((a, b) => rankOf(a.id) - rankOf(b.id));
  return { main: sorted.filter(({ id }) => !spare.has(id)), rest: sorted.filter(({ id }) => spare.has(id)) };
}

/**
 * The next turn each time it is asked, undefined when there is none left. `gainOf`: bytes at most, as known when the
 * algorithm has its first turn; below zero for a file whose time has not come, which is taken last.
 */
export function takeTurns(
  algorithms: readonly PatchAlgorithm[],
  pairs: readonly FilePair[],
  gainOf: (pair: FilePair) => number,
): () => Turn | undefined {
  const queues = algorithms.map((algorithm) => ({ algorithm, waiting: undefined as FilePair[] | undefined }));
  return () => {
    for (const queue of queues) {
      queue.waiting ??= sortedByGain(pairs, gainOf);
      const { algorithm, waiting } = queue;
      if (waiting.length === 0) continue;
      const free = waiting.findIndex((pair) => gainOf(pair) >= 0);
      const [pair] = waiting.splice(Math.max(0, free), 1);
      return { algorithm, pair: pair! };
    }
    return undefined;
  };
}

function sortedByGain(pairs: readonly FilePair[], gainOf: (pair: FilePair) => number): FilePair[] {
  const gains = new Map(pairs.map((pair) => [pair, gainOf(pair)]));
  return pairs.toSorted((a, b) => gains.get(b)! - gains.get(a)!);
}
