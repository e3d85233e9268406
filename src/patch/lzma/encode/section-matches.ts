/** Where bytes of a section occurred before: in chains by a hash of three bytes, latest first. */
import { longestMatch } from '../model.ts';

export interface SectionMatches {
  readonly heads: Int32Array;
  readonly next: Int32Array;
  /** Up to here, places are in the chains. */
  indexedTo: number;
  /** What was found last: lengths that grow, with the nearest distance less one for each. */
  readonly lengths: Int32Array;
  readonly distances: Int32Array;
  count: number;
}

/** No match reaches further back: 1 MiB, (2 | 0) << (8 + 11), whose code is 16. */
export const dictionaryBytes = 2 ** 20;
export const dictionaryCode = 16;
const hashBits = 15;
const depth = 16;
const shortest = 3;

export function createSectionMatches(capacity: number): SectionMatches {
  return {
    heads: new Int32Array(1 << hashBits).fill(-1),
    next: new Int32Array(capacity),
    indexedTo: 0,
    lengths: new Int32Array(depth),
    distances: new Int32Array(depth),
    count: 0,
  };
}

/** The bytes have moved down by so much. */
export function moveMatches(matches: SectionMatches, by: number): void {
  const { heads, next } = matches;
  for (let slot = 0; slot < heads.length; slot += 1) heads[slot] = Math.max(-1, heads[slot]! - by);
  for (let place = by; place < matches.indexedTo; place += 1) next[place - by] = Math.max(-1, next[place]! - by);
  matches.indexedTo -= by;
}

export function findSectionMatches(matches: SectionMatches, bytes: Uint8Array, at: number, end: number): void {
  const { heads, next, lengths, distances } = matches;
  indexTo(matches, bytes, at, end);
  matches.count = 0;
  if (end - at < shortest) return;
  const most = Math.min(longestMatch, end - at);
  let best = shortest - 1;
  let left = depth;
  for (let place = heads[hashOf(bytes, at)]!; place >= 0 && left > 0; place = next[place]!, left -= 1) {
    if (at - place > dictionaryBytes) return;
    if (bytes[place + best] !== bytes[at + best]) continue;
    let length = 0;
    while (length < most && bytes[place + length] === bytes[at + length]) length += 1;
    if (length <= best) continue;
    best = length;
    lengths[matches.count] = length;
    distances[matches.count] = at - place - 1;
    matches.count += 1;
    if (best >= most) return;
  }
}

function indexTo(matches: SectionMatches, bytes: Uint8Array, to: number, end: number): void {
  const { heads, next } = matches;
  for (let at = matches.indexedTo; at < Math.min(to, end - shortest + 1); at += 1) {
    const slot = hashOf(bytes, at);
    next[at] = heads[slot]!;
    heads[slot] = at;
  }
  matches.indexedTo = Math.max(matches.indexedTo, to);
}

function hashOf(bytes: Uint8Array, at: number): number {
  return Math.imul(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16), 0x9e3779b1) >>> (32 - hashBits);
}
