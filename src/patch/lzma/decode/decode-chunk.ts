/** Decodes LZMA symbols into the history (LZMA specification). Models and distances stay from chunk to chunk. */
import { refuse } from '../../vcdiff/refusal.ts';
import type { History } from './history.ts';
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
  mostLiteralBits,
  probabilities,
  repLength,
  shortestMatch,
  stateAfterLiteral,
  stateAfterMatch,
  stateAfterRep,
  stateAfterShortRep,
} from '../model.ts';
import { decodeBit, decodeFixed, decodeReverseTree, decodeTree, type RangeDecoder } from './range-decoder.ts';

export interface LzmaDecoder {
  readonly range: RangeDecoder;
  readonly model: Uint16Array;
  literalContext: number;
  literalMask: number;
  positionMask: number;
  state: number;
  /** Latest distance first, each less one. */
  rep0: number;
  rep1: number;
  rep2: number;
  rep3: number;
}

export function createLzmaDecoder(): LzmaDecoder {
  return {
    range: { bytes: new Uint8Array(), at: 0, end: 0, range: 0, code: 0 },
    model: new Uint16Array(probabilities),
    literalContext: 0,
    literalMask: 0,
    positionMask: 0,
    state: 0,
    rep0: 0,
    rep1: 0,
    rep2: 0,
    rep3: 0,
  };
}

/** `byte`: (pb * 5 + lp) * 9 + lc. */
export function setProperties(decoder: LzmaDecoder, byte: number): void {
  const literalContext = byte % 9;
  const literalPosition = Math.floor(byte / 9) % 5;
  const position = Math.floor(byte / 45);
  if (position > 4 || literalContext + literalPosition > mostLiteralBits)
    refuse('SECTION_CORRUPT', 'An LZMA chunk has properties that LZMA2 does not allow.');
  decoder.literalContext = literalContext;
  decoder.literalMask = (1 << literalPosition) - 1;
  decoder.positionMask = (1 << position) - 1;
}

export function resetState(decoder: LzmaDecoder): void {
  decoder.model.fill(firstProbability);
  decoder.state = 0;
  decoder.rep0 = 0;
  decoder.rep1 = 0;
  decoder.rep2 = 0;
  decoder.rep3 = 0;
}

/** Makes exactly `size` bytes. */
export function decodeChunk(decoder: LzmaDecoder, history: History, size: number): void {
  const { range, model, positionMask } = decoder;
  const end = history.at + size;
  while (history.at < end) {
    const position = (history.at - history.origin) & positionMask;
    if (decodeBit(range, model, isMatch + (decoder.state << 4) + position) === 0) decodeLiteral(decoder, history);
    else copyMatch(history, decodeMatch(decoder, position), decoder.rep0, end);
  }
}

function decodeLiteral(decoder: LzmaDecoder, history: History): void {
  const { range, model, literalContext, state } = decoder;
  const { bytes, at } = history;
  const previous = at === history.start ? 0 : bytes[at - 1]!;
  const context =
    (((at - history.origin) & decoder.literalMask) << literalContext) | (previous >> (8 - literalContext));
  const offset = literals + literalSize * context;
  let symbol = 1;
  if (state >= 7) {
    checkDistance(history, decoder.rep0);
    let match = bytes[at - decoder.rep0 - 1]!;
    while (symbol < 0x100) {
      const matchBit = (match >> 7) & 1;
      match <<= 1;
      const bit = decodeBit(range, model, offset + ((1 + matchBit) << 8) + symbol);
      symbol = (symbol << 1) | bit;
      if (bit !== matchBit) break;
    }
  }
  while (symbol < 0x100) symbol = (symbol << 1) | decodeBit(range, model, offset + symbol);
  bytes[at] = symbol;
  history.at = at + 1;
  decoder.state = stateAfterLiteral(state);
}

/** The length; the distance is `rep0`. */
function decodeMatch(decoder: LzmaDecoder, position: number): number {
  const { range, model, state } = decoder;
  if (decodeBit(range, model, isRep + state) === 0) {
    const length = decodeLength(range, model, matchLength, position);
    decoder.rep3 = decoder.rep2;
    decoder.rep2 = decoder.rep1;
    decoder.rep1 = decoder.rep0;
    decoder.rep0 = decodeDistance(range, model, Math.min(length - shortestMatch, lengthStates - 1));
    decoder.state = stateAfterMatch(state);
    return length;
  }
  if (decodeBit(range, model, isRepG0 + state) === 0) {
    if (decodeBit(range, model, isRep0Long + (state << 4) + position) === 0) {
      decoder.state = stateAfterShortRep(state);
      return 1;
    }
  } else takeRep(decoder);
  decoder.state = stateAfterRep(state);
  return decodeLength(range, model, repLength, position);
}

function takeRep(decoder: LzmaDecoder): void {
  const { range, model, state, rep0, rep1, rep2 } = decoder;
  if (decodeBit(range, model, isRepG1 + state) === 0) {
    decoder.rep0 = rep1;
  } else if (decodeBit(range, model, isRepG2 + state) === 0) {
    decoder.rep0 = rep2;
    decoder.rep2 = rep1;
  } else {
    decoder.rep0 = decoder.rep3;
    decoder.rep3 = rep2;
    decoder.rep2 = rep1;
  }
  decoder.rep1 = rep0;
}

function decodeLength(range: RangeDecoder, model: Uint16Array, offset: number, position: number): number {
  if (decodeBit(range, model, offset) === 0)
    return shortestMatch + decodeTree(range, model, offset + lengthLow + (position << 3), 3);
  if (decodeBit(range, model, offset + 1) === 0)
    return shortestMatch + 8 + decodeTree(range, model, offset + lengthMid + (position << 3), 3);
  return shortestMatch + 16 + decodeTree(range, model, offset + lengthHigh, 8);
}

/** Less one. */
function decodeDistance(range: RangeDecoder, model: Uint16Array, lengthState: number): number {
  const slot = decodeTree(range, model, distanceSlot + (lengthState << 6), 6);
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  const first = (2 | (slot & 1)) << bits;
  if (slot < firstFixedSlot) return first + decodeReverseTree(range, model, distanceSpecial + first - slot, bits);
  const middle = decodeFixed(range, bits - 4) << 4;
  return (first + middle + decodeReverseTree(range, model, distanceAlign, 4)) >>> 0;
}

function checkDistance(history: History, distance: number): void {
  if (distance >= history.at - history.start || distance >= history.reach)
    refuse('SECTION_CORRUPT', 'An LZMA chunk copies from before its beginning.');
}

function copyMatch(history: History, length: number, distance: number, end: number): void {
  const { bytes, at } = history;
  checkDistance(history, distance);
  if (length > end - at) refuse('SECTION_CORRUPT', 'An LZMA chunk copies beyond its end.');
  const from = at - distance - 1;
  for (let index = 0; index < length; index += 1) bytes[at + index] = bytes[from + index]!;
  history.at = at + length;
}
