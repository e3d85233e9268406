/**
 * DJW, xdelta3's "static Huffman": bytes under one to eight prefix codes, chosen anew every few bytes. Lengths of codes
 * and choices of groups are themselves moved to front, repeats counted in base two, and prefix coded. Every section
 * stands for itself.
 */
import { refuse } from '../vcdiff/refusal.ts';
import type { MemoryAccount } from '../vcdiff/decode/memory-account.ts';
import type { Expand } from '../vcdiff/decode/sections.ts';
import { type BitReader, endBits, openBits, readBits } from './bit-reader.ts';
import { buildPrefixCode, decodeSymbol, type PrefixCode } from './prefix-code.ts';

const symbols = 256;
const longestCode = 20;
/** Lengths of codes in the order their front starts in: 0, the five that always have a code, and the others. */
const lengthsByFrequency = [0, 4, 5, 6, 7, 8, 9, 10, 3, 11, 2, 12, 13, 1, 14, 15, 16, 17, 18, 19, 20];
/** The two symbols that count repeats, and one for every place but the front. */
const lengthSymbols = 2 + lengthsByFrequency.length - 1;
const alwaysStated = 7;
const longestLengthCode = 15;
const longestChoiceCode = 7;
const sectorUnit = 5;

export function openDjw({ largest }: { largest: number }, account: MemoryAccount): Expand {
  account.take(largest + Math.ceil(largest / sectorUnit), 'DJW');
  const bytes = new Uint8Array(largest);
  return (packed, size) => {
    const bits = openBits(packed);
    const groups = readBits(bits, 3) + 1;
    const sectorBytes = groups === 1 ? size : (readBits(bits, 5) + 1) * sectorUnit;
    const codes = readCodes(bits, groups);
    const sectors = Math.ceil(size / sectorBytes);
    const choices = groups === 1 ? new Uint8Array(1) : readChoices(bits, groups, sectors);
    for (let sector = 0; sector < sectors; sector += 1) {
      const code = codes[choices[sector]!]!;
      const end = Math.min(size, (sector + 1) * sectorBytes);
      for (let at = sector * sectorBytes; at < end; at += 1) bytes[at] = decodeSymbol(bits, code);
    }
    endBits(bits);
    return bytes.subarray(0, size);
  };
}

function readCodes(bits: BitReader, groups: number): readonly PrefixCode[] {
  const stated = readBits(bits, 4) + alwaysStated;
  const lengthsOfLengths = new Uint8Array(lengthSymbols);
  for (let symbol = 0; symbol < stated; symbol += 1) lengthsOfLengths[symbol] = readBits(bits, 4);
  const code = buildPrefixCode(lengthsOfLengths, longestLengthCode);
  const lengths = new Uint8Array(symbols * groups);
  readMovedToFront(bits, code, Uint8Array.from(lengthsByFrequency), lengths, symbols);
  return Array.from({ length: groups }, (_, group) =>
    buildPrefixCode(lengths.subarray(group * symbols, (group + 1) * symbols), longestCode),
  );
}

function readChoices(bits: BitReader, groups: number, sectors: number): Uint8Array {
  const lengths = new Uint8Array(groups + 1);
  for (let symbol = 0; symbol <= groups; symbol += 1) lengths[symbol] = readBits(bits, 3);
  const code = buildPrefixCode(lengths, longestChoiceCode);
  const front = Uint8Array.from({ length: groups }, (_, group) => group);
  const choices = new Uint8Array(sectors);
  readMovedToFront(bits, code, front, choices, 0);
  return choices;
}

/**
 * Fills `values`. A symbol from 2 on moves the value at that place, less one, to the front; 0 and 1 are digits, least
 * significant first, of how often the front repeats. A value is left out where that `period` before it is 0.
 */
function readMovedToFront(
  bits: BitReader,
  code: PrefixCode,
  front: Uint8Array,
  values: Uint8Array,
  period: number,
): void {
  let repeats = 0;
  let digit = 0;
  let place = 0;
  for (let at = 0; at < values.length; at += 1) {
    if (period > 0 && at >= period && values[at - period] === 0) continue;
    // A digit says nothing by itself; what follows may still belong to a place further on.
    if (repeats === 0) {
      const symbol = decodeSymbol(bits, code);
      if (symbol <= 1) {
        repeats = (symbol + 1) << digit;
        digit += 1;
      } else {
        place = symbol - 1;
        digit = 0;
      }
    }
    if (repeats > 0) repeats -= 1;
    else moveToFront(front, place);
    if (repeats > values.length) refuse('SECTION_CORRUPT', 'A DJW section repeats a value too often.');
    values[at] = front[0]!;
  }
  if (repeats > 0) refuse('SECTION_CORRUPT', 'A DJW section repeats a value too often.');
}

function moveToFront(front: Uint8Array, place: number): void {
  const value = front[place]!;
  front.copyWithin(1, 0, place);
  front[0] = value;
}
