import { refuse } from '../refusal.ts';

/** Bytes of a patch, read forwards and never beyond `end`. */
export interface Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
}

/** Addresses and sizes stay integers of 31 bits, so that sums of two are exact and comparisons cheap. */
export const largestInteger = 2 ** 31 - 1;
const mostDigits = 5;

export function readByte(reader: Reader, what: string): number {
  if (reader.at >= reader.end) refuse('TRUNCATED', `The patch ends within ${what}.`);
  const byte = reader.bytes[reader.at]!;
  reader.at += 1;
  return byte;
}

/** RFC 3284 section 2: base 128, most significant digit first, the high bit says that another follows. */
export function readInteger(reader: Reader, what: string): number {
  const { bytes, end } = reader;
  let { at } = reader;
  let value = 0;
  for (;;) {
    if (at >= end) refuse('TRUNCATED', `The patch ends within ${what}.`);
    const byte = bytes[at]!;
    at += 1;
    if (value > largestInteger >> 7) refuse('INTEGER_TOO_LARGE', `${what} has more than 31 bits.`);
    value = (value << 7) | (byte & 0x7f);
    if (byte < 0x80) break;
    // Zeros may lead, for writers that keep room for a length; they may not go on for ever.
    if (at - reader.at >= mostDigits) refuse('INTEGER_TOO_LARGE', `${what} has more than ${mostDigits} digits.`);
  }
  reader.at = at;
  return value;
}

/** The next `size` bytes as a reader of their own. */
export function readPart(reader: Reader, size: number, what: string): Reader {
  if (size > reader.end - reader.at) refuse('TRUNCATED', `The patch ends within ${what}.`);
  const part = { bytes: reader.bytes, at: reader.at, end: reader.at + size };
  reader.at += size;
  return part;
}
