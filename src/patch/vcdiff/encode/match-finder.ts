/** Finds copies for one place of the target: in the base, and earlier in the same window. */
import { type BaseIndex, hashAt, hashedBytes } from './base-index.ts';
import { shortHash, type WindowIndex } from './window-index.ts';

/** Addresses are those of a window whose source segment is the whole base. */
export interface MatchFinder {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
  readonly inBase: BaseIndex;
  readonly inWindow: WindowIndex;
  readonly baseChain: Chain;
  readonly shortChain: Chain;
  readonly longChain: Chain;
}

interface Chain {
  readonly bytes: Uint8Array;
  /** By entry: the next one, -1 at the end. */
  readonly next: Int32Array;
  /** Entries lie so far apart. */
  readonly step: number;
  /** How many of them are looked at. */
  readonly depth: number;
  /** Of the first entry. */
  readonly address: number;
}

export interface Matches {
  readonly addresses: Int32Array;
  readonly lengths: Int32Array;
  count: number;
}

export const shortestCopy = 4;
/** Matches of this length are taken as they come. */
export const niceLength = 128;
const baseDepth = 8;
const longDepth = 8;
const shortDepth = 4;
const mostMatches = 32;

export function createMatchFinder(
  base: Uint8Array,
  target: Uint8Array,
  inBase: BaseIndex,
  inWindow: WindowIndex,
): MatchFinder {
  const inTarget = { bytes: target, step: 1, address: base.length };
  return {
    base,
    target,
    inBase,
    inWindow,
    baseChain: { bytes: base, next: inBase.next, step: inBase.step, depth: baseDepth, address: 0 },
    shortChain: { ...inTarget, next: inWindow.shortNext, depth: shortDepth },
    longChain: { ...inTarget, next: inWindow.longNext, depth: longDepth },
  };
}

export function createMatches(): Matches {
  return { addresses: new Int32Array(mostMatches), lengths: new Int32Array(mostMatches), count: 0 };
}

export function addMatch(matches: Matches, address: number, length: number): void {
  if (matches.count === mostMatches) return;
  matches.addresses[matches.count] = address;
  matches.lengths[matches.count] = length;
  matches.count += 1;
}

/** How many bytes at `address` are those at `at` of the target, up to `limit`. What the copy itself writes counts. */
export function matchLength(finder: MatchFinder, address: number, at: number, limit: number): number {
  const { base, target, inWindow } = finder;
  const isBase = address < base.length;
  const from = isBase ? address : address - base.length + inWindow.start;
  const bytes = isBase ? base : target;
  const most = Math.min(limit, inWindow.end - at, bytes.length - from);
  let length = 0;
  while (length < most && bytes[from + length] === target[at + length]) length += 1;
  return length;
}

/** Adds longer and longer matches from the window, then such from the base. */
export function findMatches(finder: MatchFinder, at: number, withBase: boolean, matches: Matches): void {
  const { target, inBase, inWindow, baseChain, shortChain, longChain } = finder;
  const { start, end, shortHeads, shortShift, longHeads, longShift } = inWindow;
  if (at + hashedBytes > end) return;
  const hash = hashAt(target, at);
  const short = shortHeads[shortHash(target, at) >>> shortShift]!;
  const longest = followChain(finder, shortChain, start, short, at, shortestCopy - 1, matches);
  const long = longHeads[hash >>> longShift]!;
  followChain(finder, longChain, start, long, at, Math.max(longest, hashedBytes - 1), matches);
  if (withBase) followChain(finder, baseChain, 0, inBase.heads[hash >>> inBase.shift]!, at, hashedBytes - 1, matches);
}

/** Adds what is longer than `best` and all before it, and returns the longest length. */
function followChain(
  { target, inWindow }: MatchFinder,
  { bytes, next, step, depth, address }: Chain,
  origin: number,
  first: number,
  at: number,
  best: number,
  matches: Matches,
): number {
  const { end } = inWindow;
  let longest = best;
  let left = depth;
  for (let entry = first; entry >= 0 && left > 0; entry = next[entry]!, left -= 1) {
    const from = origin + entry * step;
    if (bytes[from + longest] !== target[at + longest]) continue;
    const most = Math.min(niceLength, end - at, bytes.length - from);
    let length = 0;
    while (length < most && bytes[from + length] === target[at + length]) length += 1;
    if (length <= longest) continue;
    longest = length;
    addMatch(matches, address + entry * step, length);
    if (longest >= niceLength) break;
  }
  return longest;
}
