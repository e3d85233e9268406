/** Numbers below 2^35, seven bits a byte, the lowest first; the highest bit says that more follow. */
import { refuseBsdiff } from './refuse.ts';

const mostBytes = 5;

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

export function readVarint(next: () => number): number {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < mostBytes; count += 1) {
    const byte = next();
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  throw refuseBsdiff('a number in it is too large');
}

/** 0, -1, 1, -2 ... as 0, 1, 2, 3 ... */
export function foldSign(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unfoldSign(folded: number): number {
  return folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
}
