/** Reads symbols under a canonical prefix code of at most 20 bits, short ones by a look into a table. */
import { type Bits, dropBits, peekBits } from './bit-reader.ts';
import { bzip2 } from './format.ts';
import { refuseBzip2 } from './refuse.ts';

export interface PrefixDecoder {
  /** By the next bits: symbol * 32 + length, 0 where the code is longer. */
  readonly short: Int32Array;
  /** Of each length: the first code that is longer, as if of 20 bits. */
  readonly limits: Int32Array;
  /** Of each length: what makes of a code the index of its symbol. */
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
}

const shortBits = 10;
const { mostCodeBits } = bzip2;

/** A length for each symbol, from 1 to 20. Codes may be missing, but not collide. */
export function prefixDecoder(lengths: Uint8Array): PrefixDecoder {
  const short = new Int32Array(1 << shortBits);
  const limits = new Int32Array(mostCodeBits + 1);
  const offsets = new Int32Array(mostCodeBits + 1);
  const symbols = new Uint16Array(lengths.length);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= mostCodeBits; length += 1) {
    code <<= 1;
    offsets[length] = index - code;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      symbols[index] = symbol;
      if (length <= shortBits) {
        const from = code << (shortBits - length);
        short.fill((symbol << 5) | length, from, from + (1 << (shortBits - length)));
      }
      index += 1;
      code += 1;
    }
    if (code > 1 << length) throw refuseBzip2('codes of a table collide');
    limits[length] = code << (mostCodeBits - length);
  }
  return { short, limits, offsets, symbols };
}

export function takeSymbol(bits: Bits, { short, limits, offsets, symbols }: PrefixDecoder): number {
  const next = peekBits(bits, mostCodeBits);
  const known = short[next >>> (mostCodeBits - shortBits)]!;
  if (known !== 0) {
    dropBits(bits, known & 31);
    return known >>> 5;
  }
  for (let length = shortBits + 1; length <= mostCodeBits; length += 1) {
    if (next >= limits[length]!) continue;
    dropBits(bits, length);
    return symbols[(next >>> (mostCodeBits - length)) + offsets[length]!]!;
  }
  throw refuseBzip2('a code stands for nothing');
}
