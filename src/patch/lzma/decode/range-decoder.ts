import { refuse } from '../../vcdiff/refusal.ts';

/** The arithmetic decoder of LZMA. Range and code are 32 bits, held as signed integers because those are cheap. */
export interface RangeDecoder {
  bytes: Uint8Array;
  at: number;
  end: number;
  range: number;
  code: number;
}

const headBytes = 5;

export function startRange(decoder: RangeDecoder, bytes: Uint8Array, at: number, end: number): void {
  if (end - at < headBytes || bytes[at] !== 0) corrupt('does not begin like one');
  decoder.bytes = bytes;
  decoder.at = at + headBytes;
  decoder.end = end;
  decoder.range = -1;
  decoder.code = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
}

/** All of the input is used, and the code is used up. */
export function endRange({ at, end, code }: RangeDecoder): void {
  if (at !== end || code !== 0) corrupt('does not end where it says');
}

export function decodeBit(decoder: RangeDecoder, model: Uint16Array, index: number): number {
  const probability = model[index]!;
  const { range, code } = decoder;
  const bound = Math.imul(range >>> 11, probability);
  if (code >>> 0 < bound >>> 0) {
    model[index] = probability + ((2048 - probability) >>> 5);
    if (bound >>> 0 < 0x1000000) refill(decoder, bound, code);
    else decoder.range = bound;
    return 0;
  }
  model[index] = probability - (probability >>> 5);
  const rest = (range - bound) | 0;
  const left = (code - bound) | 0;
  if (rest >>> 0 < 0x1000000) refill(decoder, rest, left);
  else {
    decoder.range = rest;
    decoder.code = left;
  }
  return 1;
}

/** Most significant bit first. */
export function decodeTree(decoder: RangeDecoder, model: Uint16Array, offset: number, bits: number): number {
  let node = 1;
  for (let bit = 0; bit < bits; bit += 1) node = (node << 1) | decodeBit(decoder, model, offset + node);
  return node - (1 << bits);
}

/** Least significant bit first. */
export function decodeReverseTree(decoder: RangeDecoder, model: Uint16Array, offset: number, bits: number): number {
  let node = 1;
  let value = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    const one = decodeBit(decoder, model, offset + node);
    node = (node << 1) | one;
    value |= one << bit;
  }
  return value;
}

export function decodeFixed(decoder: RangeDecoder, bits: number): number {
  let value = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    const range = decoder.range >>> 1;
    const { code } = decoder;
    const one = code >>> 0 >= range ? 1 : 0;
    value = (value << 1) | one;
    const left = one === 1 ? (code - range) | 0 : code;
    if (range < 0x1000000) refill(decoder, range, left);
    else {
      decoder.range = range;
      decoder.code = left;
    }
  }
  return value;
}

function refill(decoder: RangeDecoder, range: number, code: number): void {
  if (decoder.at >= decoder.end) corrupt('ends early');
  decoder.range = range << 8;
  decoder.code = (code << 8) | decoder.bytes[decoder.at]!;
  decoder.at += 1;
}

function corrupt(how: string): never {
  return refuse('SECTION_CORRUPT', `An LZMA chunk ${how}.`);
}
