import { refuse } from '../vcdiff/refusal.ts';
import type { Reader } from '../vcdiff/format/reader.ts';

/** Bits of a DJW section: least significant first within a byte. */
export interface BitReader {
  readonly from: Reader;
  hold: number;
  held: number;
}

export function openBits(from: Reader): BitReader {
  return { from, hold: 0, held: 0 };
}

/** At least 25 bits are held, unless the section ends. */
export function fillBits(bits: BitReader): void {
  const { from } = bits;
  while (bits.held <= 24 && from.at < from.end) {
    bits.hold |= from.bytes[from.at]! << bits.held;
    bits.held += 8;
    from.at += 1;
  }
}

export function dropBits(bits: BitReader, count: number): void {
  if (count > bits.held) refuse('TRUNCATED', 'A DJW section ends early.');
  bits.hold >>>= count;
  bits.held -= count;
}

/** A number, whose most significant bit comes first. */
export function readBits(bits: BitReader, count: number): number {
  fillBits(bits);
  let value = 0;
  for (let bit = 0; bit < count; bit += 1) value = (value << 1) | ((bits.hold >>> bit) & 1);
  dropBits(bits, count);
  return value;
}

/** Nothing is left but zeros up to the end of a byte; whole bytes go back. */
export function endBits(bits: BitReader): void {
  bits.from.at -= bits.held >> 3;
  if ((bits.hold & ((1 << (bits.held & 7)) - 1)) !== 0)
    refuse('SECTION_CORRUPT', 'A DJW section ends in bits that are set.');
}
