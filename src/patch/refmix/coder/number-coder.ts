/**
 * Whole numbers as bits of a coder: how many bits a number has, then the bits below its first, the upper two of them
 * learnt too. For streams that are short beside the rest: one counter a bit, nothing mixed.
 */
import { type BitCoder, codeBit } from './bit-coder.ts';

/** Counters of 65536, apart for each kind of number. */
export type NumberModel = Uint16Array;

const even = 32_768;
const perKind = 1024;

export function startNumbers(kinds: number): NumberModel {
  return new Uint16Array(kinds * perKind).fill(even);
}

/** A number from 0 to 2^32 - 1. */
export function codeNumber(coder: BitCoder, model: NumberModel, kind: number, value: number): number {
  const first = kind * perKind;
  const size = codeTree(coder, model, first, 6, 32 - Math.clz32(value));
  if (size < 2) return size;
  if (size > 32) return 0;
  let number = 1;
  for (let left = size - 2; left >= 0; left -= 1) {
    const bit = (value >>> left) & 1;
    // Two bits after the first, in the light of the size and of each other.
    const learnt = size - 2 - left < 2 ? first + 64 + size * 4 + (number === 1 ? 0 : number - 1) : -1;
    number = number * 2 + (learnt >= 0 ? codeLearnt(coder, model, learnt, bit) : codeBit(coder, even, bit));
  }
  return number;
}

/** A number of so many bits, at most six, each bit learnt in the light of those above it. */
export function codeTree(coder: BitCoder, model: NumberModel, first: number, bits: number, value: number): number {
  let node = 1;
  for (let left = bits - 1; left >= 0; left -= 1) {
    node = node * 2 + codeLearnt(coder, model, first + node, (value >>> left) & 1);
  }
  return node - (1 << bits);
}

function codeLearnt(coder: BitCoder, model: NumberModel, at: number, bit: number): number {
  const was = model[at]!;
  const coded = codeBit(coder, was, bit);
  model[at] = coded === 1 ? was + ((65_536 - was) >> 5) : was - (was >> 5);
  return coded;
}
