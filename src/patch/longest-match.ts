/**
 * Where the base holds the longest run of the bytes at a position of the target: the suffix array, entered through a
 * table of the first two bytes and searched by halves, never comparing again what both ends of the range share.
 */
import { suffixArray } from './suffix-array.ts';

export interface MatchIndex {
  readonly base: Uint8Array;
  readonly sorted: Int32Array;
  /** First entry of `sorted` whose suffix begins with these two bytes or greater ones. */
  readonly starts: Int32Array;
  /** Where the last search found its match: two results without an object for each position. */
  found: number;
}

const prefixes = 65_536;

export function indexBase(base: Uint8Array): MatchIndex {
  const sorted = suffixArray(base);
  const starts = new Int32Array(prefixes + 1);
  for (let at = 0; at + 1 < base.length; at += 1) starts[(base[at]! << 8) | base[at + 1]!]! += 1;
  const last = base.length === 0 ? -1 : base[base.length - 1]!;
  let sum = 0;
  for (let prefix = 0; prefix <= prefixes; prefix += 1) {
    // The suffix of one byte sorts before all that begin with the same.
    if (prefix === last << 8) sum += 1;
    const count = starts[prefix]!;
    starts[prefix] = sum;
    sum += count;
  }
  return { base, sorted, starts, found: 0 };
}

/** Length of the longest match of what begins at `at` in the target, 0 when it is shorter than two bytes; sets `found`. */
export function longestMatch(index: MatchIndex, target: Uint8Array, at: number): number {
  if (at + 1 >= target.length) return 0;
  const { base, sorted, starts } = index;
  const prefix = (target[at]! << 8) | target[at + 1]!;
  let low = starts[prefix]!;
  let high = starts[prefix + 1]! - (prefix + 1 === base[base.length - 1]! << 8 ? 1 : 0) - 1;
  if (low > high) return 0;
  let lowShared = 2;
  let highShared = 2;
  let best = 0;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const position = sorted[middle]!;
    const most = Math.min(base.length - position, target.length - at);
    let shared = Math.min(lowShared, highShared);
    while (shared < most && base[position + shared] === target[at + shared]) shared += 1;
    if (shared > best) {
      best = shared;
      index.found = position;
    }
    if (shared === target.length - at) break;
    if (shared === base.length - position || base[position + shared]! < target[at + shared]!) {
      low = middle + 1;
      lowShared = shared;
    } else {
      high = middle - 1;
      highShared = shared;
    }
  }
  return best;
}
