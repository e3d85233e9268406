/**
 * Canonical prefix codes: shorter codes first, symbols in order within a length. A code is used again for one section
 * after the other. Its table, with which most symbols are read in one step, is filled only where so many are to be read
 * that it pays: a patch can state codes in far fewer bits than a table has entries.
 */
import { refuse } from '../vcdiff/refusal.ts';
import { type BitReader, dropBits, fillBits } from './bit-reader.ts';

const fastBits = 9;
const worthTable = 1 << fastBits;

export interface PrefixCode {
  /** By the next bits: symbol and length of the code that begins with them, 0 for a longer one. Empty: no symbol is read so. */
  fast: Uint16Array;
  /** Symbols by code. */
  readonly ordered: Uint16Array;
  /** By length: the first code, how many there are, and the place of the first in `ordered`. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly place: Int32Array;
  longest: number;
}

/** What building codes cost. */
export interface CodeWork {
  entries: number;
}

const noTable = new Uint16Array(0);

export function createPrefixCode(symbols: number, mostLength: number): PrefixCode {
  const byLength = (): Int32Array => new Int32Array(mostLength + 1);
  const ordered = new Uint16Array(symbols);
  return { fast: noTable, ordered, first: byLength(), count: byLength(), place: byLength(), longest: 0 };
}

/** `lengths` by symbol, 0 for one that does not occur. Throws for more codes than there is room for. */
export function buildPrefixCode(code: PrefixCode, lengths: Uint8Array, work: CodeWork): void {
  const { ordered, first, count, place } = code;
  const mostLength = count.length - 1;
  count.fill(0);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) count[lengths[symbol]!]! += 1;
  count[0] = 0;
  code.fast = noTable;
  code.longest = 0;
  for (let length = 1; length <= mostLength; length += 1) {
    first[length] = (first[length - 1]! + count[length - 1]!) << 1;
    place[length] = place[length - 1]! + count[length - 1]!;
    if (first[length]! + count[length]! > 1 << length)
      refuse('SECTION_CORRUPT', 'A DJW section has a prefix code that cannot be.');
    if (count[length]! > 0) code.longest = length;
  }
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    ordered[place[length]!] = symbol;
    place[length]! += 1;
  }
  for (let length = 1; length <= mostLength; length += 1) place[length]! -= count[length]!;
  work.entries += lengths.length;
}

/** Where it pays for so many symbols. */
export function fillTable(code: PrefixCode, symbols: number, work: CodeWork): void {
  if (symbols < worthTable) return;
  const { ordered, first, count, place } = code;
  const fast = new Uint16Array(1 << fastBits);
  for (let length = 1; length <= Math.min(fastBits, code.longest); length += 1) {
    for (let index = 0; index < count[length]!; index += 1) {
      const entry = (ordered[place[length]! + index]! << 4) | length;
      const reversed = reverse(first[length]! + index, length);
      for (let bits = reversed; bits < 1 << fastBits; bits += 1 << length) fast[bits] = entry;
    }
  }
  code.fast = fast;
  work.entries += fast.length;
}

function reverse(code: number, length: number): number {
  let reversed = 0;
  for (let bit = 0; bit < length; bit += 1) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
  return reversed;
}

export function decodeSymbol(bits: BitReader, code: PrefixCode): number {
  if (bits.held < 25) fillBits(bits);
  const { fast } = code;
  const entry = fast.length === 0 ? 0 : fast[bits.hold & ((1 << fastBits) - 1)]!;
  if (entry !== 0) {
    dropBits(bits, entry & 15);
    return entry >> 4;
  }
  return decodeBitByBit(bits, code);
}

function decodeBitByBit(bits: BitReader, { ordered, first, count, place, longest }: PrefixCode): number {
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
