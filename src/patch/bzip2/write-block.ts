/** One block of a bzip2 stream behind its checksum. */
import { type BitWriter, putBits } from './bit-writer.ts';
import { chooseTables } from './choose-tables.ts';
import { bzip2 } from './format.ts';
import { moveToFront } from './move-to-front.ts';
import { sortRotations } from './sort-rotations.ts';

export function writeBlock(writer: BitWriter, block: Uint8Array): void {
  const { lastColumn, origin } = sortRotations(block);
  const moved = moveToFront(lastColumn);
  const { tables, selectors } = chooseTables(moved);
  // Not randomised.
  putBits(writer, 1, 0);
  putBits(writer, 24, origin);
  writeUsed(writer, moved.used);
  putBits(writer, 3, tables.length);
  writeSelectors(writer, selectors);
  for (const lengths of tables) writeLengths(writer, lengths);
  writeSymbols(writer, moved.symbols, tables, selectors);
}

function writeUsed(writer: BitWriter, used: Uint8Array): void {
  const ranges = new Uint16Array(16);
  for (const byte of used) ranges[byte >>> 4]! |= 0x8000 >>> (byte & 15);
  let inUse = 0;
  for (const [range, members] of ranges.entries()) if (members !== 0) inUse |= 0x8000 >>> range;
  putBits(writer, 16, inUse);
  for (const members of ranges) if (members !== 0) putBits(writer, 16, members);
}

function writeSelectors(writer: BitWriter, selectors: Uint8Array): void {
  putBits(writer, 15, selectors.length);
  const recent = [0, 1, 2, 3, 4, 5];
  for (const table of selectors) {
    const rank = recent.indexOf(table);
    for (let one = 0; one < rank; one += 1) putBits(writer, 1, 1);
    putBits(writer, 1, 0);
    recent.splice(rank, 1);
    recent.unshift(table);
  }
}

function writeLengths(writer: BitWriter, lengths: Uint8Array): void {
  let current = lengths[0]!;
  putBits(writer, 5, current);
  for (const length of lengths) {
    for (; current < length; current += 1) putBits(writer, 2, 0b10);
    for (; current > length; current -= 1) putBits(writer, 2, 0b11);
    putBits(writer, 1, 0);
  }
}

function writeSymbols(
  writer: BitWriter,
  symbols: Uint16Array,
  tables: readonly Uint8Array[],
  selectors: Uint8Array,
): void {
  const codes = tables.map((lengths) => codesOf(lengths));
  for (let group = 0; group < selectors.length; group += 1) {
    const table = selectors[group]!;
    const lengths = tables[table]!;
    const code = codes[table]!;
    const end = Math.min(symbols.length, (group + 1) * bzip2.groupSymbols);
    for (let at = group * bzip2.groupSymbols; at < end; at += 1) {
      const symbol = symbols[at]!;
      putBits(writer, lengths[symbol]!, code[symbol]!);
    }
  }
}

/** Canonical: by length, then by symbol. */
function codesOf(lengths: Uint8Array): Int32Array {
  const codes = new Int32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= bzip2.mostCodeBits; length += 1) {
    code <<= 1;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      codes[symbol] = code;
      code += 1;
    }
  }
  return codes;
}
