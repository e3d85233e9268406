/** Which symbol to write at a place: the one that saves most against literals under the models as they are. */
import { longestMatch, shortestMatch } from '../model.ts';
import { findSectionMatches, type SectionMatches } from './section-matches.ts';
import { type Coder, literalFlagPrice, literalPrice, matchPrice, repCount, repPrice } from './symbols.ts';

/** Length 0: a literal. `rep` -1: a match at this distance less one. */
export interface Choice {
  length: number;
  rep: number;
  distance: number;
  saved: number;
}

/** Prices of literals from a place on, summed as far as they were asked for. */
export interface LiteralPrices {
  readonly sums: Int32Array;
  known: number;
}

export function createLiteralPrices(): LiteralPrices {
  return { sums: new Int32Array(longestMatch + 1), known: 0 };
}

export function choose(
  coder: Coder,
  matches: SectionMatches,
  prices: LiteralPrices,
  bytes: Uint8Array,
  at: number,
  end: number,
  choice: Choice,
): void {
  choice.length = 0;
  choice.saved = 0;
  prices.known = 0;
  const most = Math.min(longestMatch, end - at);
  const literal = literalFlagPrice(coder);
  const offer = (price: number, length: number, rep: number, distance: number): void => {
    const saved = literal + literalsPrice(coder, prices, bytes, at, length) - price;
    if (saved <= choice.saved) return;
    choice.saved = saved;
    choice.length = length;
    choice.rep = rep;
    choice.distance = distance;
  };
  for (let rep = 0; rep < repCount; rep += 1) {
    const length = repeatedLength(bytes, at, coder.reps[rep]!, most);
    if (length >= shortestMatch) offer(repPrice(coder, rep, length), length, rep, 0);
    if (rep === 0 && length >= 1) offer(repPrice(coder, 0, 1), 1, 0, 0);
  }
  findSectionMatches(matches, bytes, at, end);
  for (let match = 0; match < matches.count; match += 1) {
    const length = matches.lengths[match]!;
    const distance = matches.distances[match]!;
    offer(matchPrice(coder, distance, length), length, -1, distance);
  }
}

function repeatedLength(bytes: Uint8Array, at: number, distance: number, most: number): number {
  const from = at - distance - 1;
  if (from < 0) return 0;
  let length = 0;
  while (length < most && bytes[from + length] === bytes[at + length]) length += 1;
  return length;
}

function literalsPrice(coder: Coder, prices: LiteralPrices, bytes: Uint8Array, at: number, length: number): number {
  const { sums } = prices;
  for (; prices.known < length; prices.known += 1)
    sums[prices.known + 1] = sums[prices.known]! + literalPrice(coder, bytes, at + prices.known);
  return sums[length]!;
}
