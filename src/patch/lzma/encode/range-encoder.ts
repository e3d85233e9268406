import { type ByteWriter, writeByte } from '../../vcdiff/format/byte-writer.ts';

/** The arithmetic encoder of LZMA. */
export interface RangeEncoder {
  readonly out: ByteWriter;
  /** Of 33 bits: the last is a carry. */
  low: number;
  range: number;
  /** A byte that a carry may still change, and how many follow it, it counted, that would pass one on. */
  held: number;
  heldCount: number;
}

/** What `finishRange` writes more, at most, and a symbol before it. */
export const rangeTail = 64;

export function createRangeEncoder(out: ByteWriter): RangeEncoder {
  return { out, low: 0, range: 2 ** 32 - 1, held: 0, heldCount: 1 };
}

export function restartRange(encoder: RangeEncoder): void {
  encoder.out.size = 0;
  encoder.low = 0;
  encoder.range = 2 ** 32 - 1;
  encoder.held = 0;
  encoder.heldCount = 1;
}

export function encodeBit(encoder: RangeEncoder, model: Uint16Array, index: number, bit: number): void {
  const probability = model[index]!;
  const bound = (encoder.range >>> 11) * probability;
  if (bit === 0) {
    encoder.range = bound;
    model[index] = probability + ((2048 - probability) >>> 5);
  } else {
    encoder.low += bound;
    encoder.range -= bound;
    model[index] = probability - (probability >>> 5);
  }
  if (encoder.range < 2 ** 24) {
    encoder.range = (encoder.range << 8) >>> 0;
    shiftLow(encoder);
  }
}

export function encodeTree(
  encoder: RangeEncoder,
  model: Uint16Array,
  offset: number,
  bits: number,
  value: number,
): void {
  let node = 1;
  for (let bit = bits - 1; bit >= 0; bit -= 1) {
    const one = (value >> bit) & 1;
    encodeBit(encoder, model, offset + node, one);
    node = (node << 1) | one;
  }
}

export function encodeReverseTree(
  encoder: RangeEncoder,
  model: Uint16Array,
  offset: number,
  bits: number,
  value: number,
): void {
  let node = 1;
  for (let bit = 0; bit < bits; bit += 1) {
    const one = (value >> bit) & 1;
    encodeBit(encoder, model, offset + node, one);
    node = (node << 1) | one;
  }
}

export function encodeFixed(encoder: RangeEncoder, bits: number, value: number): void {
  for (let bit = bits - 1; bit >= 0; bit -= 1) {
    encoder.range >>>= 1;
    if (((value >> bit) & 1) === 1) encoder.low += encoder.range;
    if (encoder.range < 2 ** 24) {
      encoder.range = (encoder.range << 8) >>> 0;
      shiftLow(encoder);
    }
  }
}

export function finishRange(encoder: RangeEncoder): void {
  for (let byte = 0; byte < 5; byte += 1) shiftLow(encoder);
}

function shiftLow(encoder: RangeEncoder): void {
  const { low, out } = encoder;
  if (low < 0xff000000 || low >= 2 ** 32) {
    const carry = low >= 2 ** 32 ? 1 : 0;
    writeByte(out, (encoder.held + carry) & 0xff);
    for (; encoder.heldCount > 1; encoder.heldCount -= 1) writeByte(out, (0xff + carry) & 0xff);
    encoder.heldCount = 0;
    encoder.held = (low >>> 24) & 0xff;
  }
  encoder.heldCount += 1;
  encoder.low = (low & 0x00ffffff) * 256;
}
