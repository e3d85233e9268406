/**
 * The probabilities of LZMA in one array, by offset (LZMA specification, "The main loop of decoder"). Encoder and
 * decoder share the layout; positions count from the latest reset of the dictionary.
 */
export const states = 12;
const positionStates = 16;

export const isMatch = 0;
export const isRep = isMatch + states * positionStates;
export const isRepG0 = isRep + states;
export const isRepG1 = isRepG0 + states;
export const isRepG2 = isRepG1 + states;
export const isRep0Long = isRepG2 + states;
export const distanceSlot = isRep0Long + states * positionStates;
/** Four trees of 64 slots, by the length of the match. */
export const lengthStates = 4;
export const distanceSpecial = distanceSlot + lengthStates * 64;
export const distanceAlign = distanceSpecial + 128;
export const matchLength = distanceAlign + 16;
/** Of a length coder: two choices, low and mid by position state, high. */
export const lengthLow = 2;
export const lengthMid = lengthLow + positionStates * 8;
export const lengthHigh = lengthMid + positionStates * 8;
export const repLength = matchLength + lengthHigh + 256;
export const literals = repLength + lengthHigh + 256;
export const literalSize = 0x300;
/** LZMA2 allows no more literal context and position bits together. */
export const mostLiteralBits = 4;
export const probabilities = literals + (literalSize << mostLiteralBits);

export const firstProbability = 1024;
export const shortestMatch = 2;
export const longestMatch = 273;
/** Slots from here on have fixed middle bits. */
export const firstFixedSlot = 14;

export function stateAfterLiteral(state: number): number {
  return state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
}

export function stateAfterMatch(state: number): number {
  return state < 7 ? 7 : 10;
}

export function stateAfterRep(state: number): number {
  return state < 7 ? 8 : 11;
}

export function stateAfterShortRep(state: number): number {
  return state < 7 ? 9 : 11;
}
