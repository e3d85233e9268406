/** Writes LZMA symbols and keeps the models, the mirror of `decode-chunk.ts`; and says beforehand what they would cost. */
import {
  distanceAlign,
  distanceSlot,
  distanceSpecial,
  firstFixedSlot,
  firstProbability,
  isMatch,
  isRep,
  isRep0Long,
  isRepG0,
  isRepG1,
  isRepG2,
  lengthHigh,
  lengthLow,
  lengthMid,
  lengthStates,
  literals,
  literalSize,
  matchLength,
  probabilities,
  repLength,
  shortestMatch,
  stateAfterLiteral,
  stateAfterMatch,
  stateAfterRep,
  stateAfterShortRep,
} from '../model.ts';
import { bitPrice, fixedPrice, reverseTreePrice, treePrice } from './prices.ts';
import { encodeBit, encodeFixed, encodeReverseTree, encodeTree, type RangeEncoder } from './range-encoder.ts';

/** Positions do not matter in what is written here, and every bit of the byte before does at most by its upper half. */
const literalContext = 4;
/** (pb * 5 + lp) * 9 + lc. */
export const properties = literalContext;

export interface Coder {
  readonly range: RangeEncoder;
  readonly model: Uint16Array;
  state: number;
  /** Latest first, each less one. */
  readonly reps: Uint32Array;
}

export const repCount = 4;

export function createCoder(range: RangeEncoder): Coder {
  return { range, model: new Uint16Array(probabilities), state: 0, reps: new Uint32Array(repCount) };
}

export function resetCoder(coder: Coder): void {
  coder.model.fill(firstProbability);
  coder.state = 0;
  coder.reps.fill(0);
}

function literalOffset(bytes: Uint8Array, at: number): number {
  const before = at === 0 ? 0 : bytes[at - 1]!;
  return literals + literalSize * (before >> (8 - literalContext));
}

export function encodeLiteral(coder: Coder, bytes: Uint8Array, at: number): void {
  const { range, model, state } = coder;
  encodeBit(range, model, isMatch + (state << 4), 0);
  const offset = literalOffset(bytes, at);
  const byte = bytes[at]!;
  if (state < 7) encodeTree(range, model, offset, 8, byte);
  else {
    const match = bytes[at - coder.reps[0]! - 1]!;
    let node = 1;
    let same = 0x100;
    for (let bit = 7; bit >= 0; bit -= 1) {
      const one = (byte >> bit) & 1;
      const matchBit = (match >> bit) & 1;
      encodeBit(range, model, offset + (same === 0 ? 0 : (1 + matchBit) << 8) + node, one);
      if (one !== matchBit) same = 0;
      node = (node << 1) | one;
    }
  }
  coder.state = stateAfterLiteral(state);
}

/** As if no match had just ended, which is only sometimes so. */
export function literalPrice({ model }: Coder, bytes: Uint8Array, at: number): number {
  return treePrice(model, literalOffset(bytes, at), 8, bytes[at]!);
}

export function encodeMatch(coder: Coder, distance: number, length: number): void {
  const { range, model, state, reps } = coder;
  encodeBit(range, model, isMatch + (state << 4), 1);
  encodeBit(range, model, isRep + state, 0);
  encodeLength(range, model, matchLength, length);
  const slot = slotOf(distance);
  encodeTree(range, model, distanceSlot + (lengthStateOf(length) << 6), 6, slot);
  if (slot >= 4) {
    const bits = (slot >> 1) - 1;
    const first = (2 | (slot & 1)) << bits;
    const rest = distance - first;
    if (slot < firstFixedSlot) encodeReverseTree(range, model, distanceSpecial + first - slot, bits, rest);
    else {
      encodeFixed(range, bits - 4, rest >>> 4);
      encodeReverseTree(range, model, distanceAlign, 4, rest & 15);
    }
  }
  reps.copyWithin(1, 0, repCount - 1);
  reps[0] = distance;
  coder.state = stateAfterMatch(state);
}

export function matchPrice({ model, state }: Coder, distance: number, length: number): number {
  const slot = slotOf(distance);
  let price =
    bitPrice(model[isMatch + (state << 4)]!, 1) +
    bitPrice(model[isRep + state]!, 0) +
    lengthPrice(model, matchLength, length) +
    treePrice(model, distanceSlot + (lengthStateOf(length) << 6), 6, slot);
  if (slot < 4) return price;
  const bits = (slot >> 1) - 1;
  const first = (2 | (slot & 1)) << bits;
  const rest = distance - first;
  if (slot < firstFixedSlot) return price + reverseTreePrice(model, distanceSpecial + first - slot, bits, rest);
  price += fixedPrice * (bits - 4);
  return price + reverseTreePrice(model, distanceAlign, 4, rest & 15);
}

/** A length of 1 is only there for the latest distance. */
export function encodeRep(coder: Coder, rep: number, length: number): void {
  const { range, model, state, reps } = coder;
  encodeBit(range, model, isMatch + (state << 4), 1);
  encodeBit(range, model, isRep + state, 1);
  encodeBit(range, model, isRepG0 + state, rep === 0 ? 0 : 1);
  if (rep === 0) encodeBit(range, model, isRep0Long + (state << 4), length === 1 ? 0 : 1);
  else {
    encodeBit(range, model, isRepG1 + state, rep === 1 ? 0 : 1);
    if (rep > 1) encodeBit(range, model, isRepG2 + state, rep - 2);
    const distance = reps[rep]!;
    reps.copyWithin(1, 0, rep);
    reps[0] = distance;
  }
  if (length === 1) {
    coder.state = stateAfterShortRep(state);
    return;
  }
  encodeLength(range, model, repLength, length);
  coder.state = stateAfterRep(state);
}

export function repPrice({ model, state }: Coder, rep: number, length: number): number {
  let price = bitPrice(model[isMatch + (state << 4)]!, 1) + bitPrice(model[isRep + state]!, 1);
  price += bitPrice(model[isRepG0 + state]!, rep === 0 ? 0 : 1);
  if (rep === 0) price += bitPrice(model[isRep0Long + (state << 4)]!, length === 1 ? 0 : 1);
  else {
    price += bitPrice(model[isRepG1 + state]!, rep === 1 ? 0 : 1);
    if (rep > 1) price += bitPrice(model[isRepG2 + state]!, rep - 2);
  }
  return length === 1 ? price : price + lengthPrice(model, repLength, length);
}

export function literalFlagPrice({ model, state }: Coder): number {
  return bitPrice(model[isMatch + (state << 4)]!, 0);
}

function encodeLength(range: RangeEncoder, model: Uint16Array, offset: number, length: number): void {
  const value = length - shortestMatch;
  encodeBit(range, model, offset, value < 8 ? 0 : 1);
  if (value < 8) {
    encodeTree(range, model, offset + lengthLow, 3, value);
    return;
  }
  encodeBit(range, model, offset + 1, value < 16 ? 0 : 1);
  if (value < 16) encodeTree(range, model, offset + lengthMid, 3, value - 8);
  else encodeTree(range, model, offset + lengthHigh, 8, value - 16);
}

function lengthPrice(model: Uint16Array, offset: number, length: number): number {
  const value = length - shortestMatch;
  if (value < 8) return bitPrice(model[offset]!, 0) + treePrice(model, offset + lengthLow, 3, value);
  const price = bitPrice(model[offset]!, 1);
  if (value < 16) return price + bitPrice(model[offset + 1]!, 0) + treePrice(model, offset + lengthMid, 3, value - 8);
  return price + bitPrice(model[offset + 1]!, 1) + treePrice(model, offset + lengthHigh, 8, value - 16);
}

function lengthStateOf(length: number): number {
  return Math.min(length - shortestMatch, lengthStates - 1);
}

/** Of a distance less one. */
function slotOf(distance: number): number {
  if (distance < 4) return distance;
  const bits = 31 - Math.clz32(distance);
  return (bits << 1) | ((distance >>> (bits - 1)) & 1);
}
