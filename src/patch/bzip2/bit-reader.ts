/** Bits of a bzip2 stream, the highest of each byte first. */
import { refuseBzip2 } from './refuse.ts';

export interface Bits {
  readonly bytes: Uint8Array;
  /** Of the next byte that is not held. */
  at: number;
  /** The lower `count` bits are still to come. */
  held: number;
  count: number;
}

export function startBits(bytes: Uint8Array): Bits {
  return { bytes, at: 0, held: 0, count: 0 };
}

/** Up to 24. */
export function takeBits(bits: Bits, wanted: number): number {
  while (bits.count < wanted) {
    if (bits.at >= bits.bytes.length) throw refuseBzip2('it ends early');
    bits.held = (bits.held << 8) | bits.bytes[bits.at]!;
    bits.at += 1;
    bits.count += 8;
  }
  bits.count -= wanted;
  return (bits.held >>> bits.count) & ((1 << wanted) - 1);
}

export function takeWord(bits: Bits): number {
  return takeBits(bits, 16) * 65_536 + takeBits(bits, 16);
}

/** Up to 20, without taking them; zeros beyond the end. */
export function peekBits(bits: Bits, wanted: number): number {
  while (bits.count < wanted) {
    bits.held = (bits.held << 8) | (bits.bytes[bits.at] ?? 0);
    bits.at += 1;
    bits.count += 8;
  }
  return (bits.held >>> (bits.count - wanted)) & ((1 << wanted) - 1);
}

/** Of what was peeked at. */
export function dropBits(bits: Bits, dropped: number): void {
  bits.count -= dropped;
  if (bits.at - (bits.count >>> 3) > bits.bytes.length) throw refuseBzip2('it ends early');
}

/** Whole bytes that were peeked at are given back, what is left of a byte is skipped. */
export function alignBits(bits: Bits): void {
  bits.at -= bits.count >>> 3;
  bits.held = 0;
  bits.count = 0;
}
