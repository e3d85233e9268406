/** Canonical prefix codes: shorter codes first, symbols in order within a length. Decoding reads most codes in one step. */
import { refuse } from '../vcdiff/refusal.ts';
import { type BitReader, dropBits, fillBits } from './bit-reader.ts';

const fastBits = 9;

export interface PrefixCode {
  /** By the next bits: symbol and length of the code that begins with them, 0 for a longer one. */
  readonly fast: Uint16Array;
  /** Symbols by code. */
  readonly ordered: Uint16Array;
  /** By length: the first code, how many there are, and the place of the first in `ordered`. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly place: Int32Array;
  readonly longest: number;
}

/** `lengths` by symbol, 0 for one that does not occur. Throws for more codes than there is room for. */
export function buildPrefixCode(lengths: Uint8Array, mostLength: number): PrefixCode {
  const count = new Int32Array(mostLength + 1);
  for (const length of lengths) count[length]! += 1;
  count[0] = 0;
  const first = new Int32Array(mostLength + 1);
  const place = new Int32Array(mostLength + 1);
  let longest = 0;
  for (let length = 1; length <= mostLength; length += 1) {
    first[length] = (first[length - 1]! + count[length - 1]!) << 1;
    place[length] = place[length - 1]! + count[length - 1]!;
    if (first[length]! + count[length]! > 1 << length)
      refuse('SECTION_CORRUPT', 'A DJW section has a prefix code that cannot be.');
    if (count[length]! > 0) longest = length;
  }
  const next = place.slice();
  const ordered = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    ordered[next[length]!] = symbol;
    next[length]! += 1;
  }
  const code = { fast: new Uint16Array(1 << fastBits), ordered, first, count, place, longest };
  fillFast(code);
  return code;
}

function fillFast({ fast, ordered, first, count, place }: PrefixCode): void {
  for (let length = 1; length <= Math.min(fastBits, first.length - 1); length += 1) {
    for (let index = 0; index < count[length]!; index += 1) {
      const entry = (ordered[place[length]! + index]! << 4) | length;
      const reversed = reverse(first[length]! + index, length);
      for (let bits = reversed; bits < 1 << fastBits; bits += 1 << length) fast[bits] = entry;
    }
  }
}

function reverse(code: number, length: number): number {
  let reversed = 0;
  for (let bit = 0; bit < length; bit += 1) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
  return reversed;
}

export function decodeSymbol(bits: BitReader, code: PrefixCode): number {
  if (bits.held < 25) fillBits(bits);
  const entry = code.fast[bits.hold & ((1 << fastBits) - 1)]!;
  if (entry !== 0) {
    dropBits(bits, entry & 15);
    return entry >> 4;
  }
  return decodeLong(bits, code);
}

function decodeLong(bits: BitReader, { ordered, first, count, place, longest }: PrefixCode): number {
  let value = 0;
  for (let length = 1; length <= longest; length += 1) {
    value = (value << 1) | ((bits.hold >>> (length - 1)) & 1);
    const index = value - first[length]!;
    if (index >= 0 && index < count[length]!) {
      dropBits(bits, length);
      return ordered[place[length]! + index]!;
    }
  }
  return refuse('SECTION_CORRUPT', 'A DJW section has a code that stands for nothing.');
}
