/** Finds bytes again that a window already has: its places in chains by a hash of four bytes and by one of eight, latest first. */
import { hashAt, hashedBytes } from './base-index.ts';

export interface WindowIndex {
  readonly shortHeads: Int32Array;
  readonly shortNext: Int32Array;
  readonly longHeads: Int32Array;
  readonly longNext: Int32Array;
  /** Of a hash: what is left of it is a chain. */
  readonly shortShift: number;
  readonly longShift: number;
  /** Of the target: the window begins here, and up to there it can be found. */
  start: number;
  end: number;
  indexedTo: number;
}

const mostShortBits = 18;
const mostLongBits = 20;
const fewestBits = 8;

export function createWindowIndex(windowBytes: number): WindowIndex {
  const bits = Math.max(fewestBits, 32 - Math.clz32(windowBytes));
  const shortBits = Math.min(mostShortBits, bits);
  const longBits = Math.min(mostLongBits, bits);
  return {
    shortShift: 32 - shortBits,
    longShift: 32 - longBits,
    shortHeads: new Int32Array(1 << shortBits),
    shortNext: new Int32Array(windowBytes),
    longHeads: new Int32Array(1 << longBits),
    longNext: new Int32Array(windowBytes),
    start: 0,
    end: 0,
    indexedTo: 0,
  };
}

export function enterWindow(index: WindowIndex, start: number, end: number): void {
  index.shortHeads.fill(-1);
  index.longHeads.fill(-1);
  index.start = start;
  index.end = end;
  index.indexedTo = start;
}

export function indexWindow(index: WindowIndex, target: Uint8Array, to: number): void {
  const { start, shortHeads, shortNext, shortShift, longHeads, longNext, longShift } = index;
  const end = Math.min(to, index.end - hashedBytes);
  for (let at = index.indexedTo; at < end; at += 1) {
    const place = at - start;
    const short = shortHash(target, at) >>> shortShift;
    shortNext[place] = shortHeads[short]!;
    shortHeads[short] = place;
    const long = hashAt(target, at) >>> longShift;
    longNext[place] = longHeads[long]!;
    longHeads[long] = place;
  }
  index.indexedTo = Math.max(index.indexedTo, end);
}

/** What lies before `to` and is not yet indexed stays unfound. */
export function skipIndexing(index: WindowIndex, to: number): void {
  index.indexedTo = Math.max(index.indexedTo, to);
}

/** Of the four bytes from `at` on; its upper bits are the good ones. */
export function shortHash(bytes: Uint8Array, at: number): number {
  const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  return Math.imul(word, 0x9e3779b1);
}
