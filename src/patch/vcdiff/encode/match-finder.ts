/** Finds copies for one place of the target: in the base, and earlier in the same window. */
import { type BaseIndex, hashAt, hashedBytes } from './base-index.ts';
import { longHash, shortHash, type WindowIndex } from './window-index.ts';

/** Addresses are those of a window whose source segment is the whole base. */
export interface MatchFinder {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
  readonly inBase: BaseIndex;
  readonly inWindow: WindowIndex;
}

export interface Matches {
  readonly addresses: Int32Array;
  readonly lengths: Int32Array;
  count: number;
}

export const shortestCopy = 4;
/** Matches of this length are taken as they come. */
export const niceLength = 128;
/** How many places of a chain are looked at. */
const baseDepth = 8;
const longDepth = 8;
const shortDepth = 4;
const mostMatches = 32;

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
  if (at + hashedBytes > finder.inWindow.end) return;
  const hash = hashAt(finder.target, at);
  findInWindow(finder, at, hash, matches);
  if (withBase) findInBase(finder, at, hash, matches);
}

function findInWindow({ base, target, inWindow }: MatchFinder, at: number, hash: number, matches: Matches): void {
  const { start, end, shortHeads, shortNext, longHeads, longNext } = inWindow;
  const short = shortHeads[shortHash(target, at)]!;
  const best = followChain(
    target,
    start,
    1,
    short,
    shortNext,
    shortDepth,
    target,
    at,
    end,
    shortestCopy - 1,
    base.length,
    matches,
  );
  const long = longHeads[longHash(hash)]!;
  followChain(
    target,
    start,
    1,
    long,
    longNext,
    longDepth,
    target,
    at,
    end,
    Math.max(best, hashedBytes - 1),
    base.length,
    matches,
  );
}

function findInBase({ base, target, inBase, inWindow }: MatchFinder, at: number, hash: number, matches: Matches): void {
  const { heads, next, step, shift } = inBase;
  followChain(
    base,
    0,
    step,
    heads[hash >>> shift]!,
    next,
    baseDepth,
    target,
    at,
    inWindow.end,
    hashedBytes - 1,
    0,
    matches,
  );
}

/** The longest match of the chain that is longer than `best`, by way of the longer ones before it. */
// oxlint-disable-next-line max-params -- the innermost loop of all, and one shape for base and window
function followChain(
  bytes: Uint8Array,
  origin: number,
  step: number,
  first: number,
  next: Int32Array,
  depth: number,
  target: Uint8Array,
  at: number,
  end: number,
  best: number,
  firstAddress: number,
  matches: Matches,
): number {
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
    addMatch(matches, firstAddress + entry * step, length);
    if (longest >= niceLength) break;
  }
  return longest;
}
