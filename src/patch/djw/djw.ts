/**
 * DJW, xdelta3's "static Huffman": bytes under one to eight prefix codes, chosen anew every few bytes. Lengths of codes
 * and choices of groups are themselves moved to front, repeats counted in base two, and prefix coded. Every section
 * stands for itself.
 */
import { refuse } from '../vcdiff/refusal.ts';
import type { MemoryAccount } from '../vcdiff/decode/memory-account.ts';
import type { Expand } from '../vcdiff/decode/sections.ts';
import type { Reader } from '../vcdiff/format/reader.ts';
import { type BitReader, endBits, openBits, readBits } from './bit-reader.ts';
import {
  buildPrefixCode,
  type CodeWork,
  createPrefixCode,
  decodeSymbol,
  fillTable,
  type PrefixCode,
} from './prefix-code.ts';

const symbols = 256;
const mostGroups = 8;
const longestCode = 20;
/** Lengths of codes in the order their front starts in: 0, the five that always have a code, and the others. */
const lengthsByFrequency = [0, 4, 5, 6, 7, 8, 9, 10, 3, 11, 2, 12, 13, 1, 14, 15, 16, 17, 18, 19, 20];
/** The two symbols that count repeats, and one for every place but the front. */
const lengthSymbols = 2 + lengthsByFrequency.length - 1;
const alwaysStated = 7;
const longestLengthCode = 15;
const longestChoiceCode = 7;
const sectorUnit = 5;
/** xdelta3 does not try with less. */
const leastExpanded = 10;

/** What a section is expanded with; there is one for all sections of a kind. */
interface Decoder {
  readonly bytes: Uint8Array;
  readonly choices: Uint8Array;
  readonly lengths: Uint8Array;
  readonly front: Uint8Array;
  readonly codeOfLengths: PrefixCode;
  readonly codes: readonly PrefixCode[];
  readonly work: CodeWork;
}

/** `work` counts what codes cost to build; it is linear in the sections and in what they expand to. */
export function openDjw(
  { largest }: { largest: number },
  account: MemoryAccount,
  work: CodeWork = { entries: 0 },
): Expand {
  const sectors = Math.ceil(largest / sectorUnit);
  account.take(largest + sectors, 'DJW');
  const decoder: Decoder = {
    bytes: new Uint8Array(largest),
    choices: new Uint8Array(sectors),
    lengths: new Uint8Array(mostGroups * symbols),
    front: new Uint8Array(lengthsByFrequency.length),
    codeOfLengths: createPrefixCode(lengthSymbols, longestLengthCode),
    codes: Array.from({ length: mostGroups }, () => createPrefixCode(symbols, longestCode)),
    work,
  };
  return (packed, size) => {
    // A section is left as it is where it does not become smaller (xdelta3 keeps two bytes apart); one that says
    // otherwise is there to be costly.
    if (size < leastExpanded || packed.end - packed.at >= size)
      refuse('SECTION_CORRUPT', 'A DJW section is no smaller than what it expands to.');
    return expandSection(decoder, packed, size);
  };
}

function expandSection(decoder: Decoder, packed: Reader, size: number): Uint8Array {
  const { bytes, codes, work } = decoder;
  const bits = openBits(packed);
  const groups = readBits(bits, 3) + 1;
  const sectorBytes = groups === 1 ? size : (readBits(bits, 5) + 1) * sectorUnit;
  readLengths(bits, decoder, groups);
  const choices = decoder.choices.subarray(0, Math.ceil(size / sectorBytes));
  if (groups === 1) choices[0] = 0;
  else readChoices(bits, decoder, groups, choices);
  const symbolsOf = new Int32Array(groups);
  for (let sector = 0; sector < choices.length; sector += 1) symbolsOf[choices[sector]!]! += sectorBytes;
  for (let group = 0; group < groups; group += 1) {
    // What no sector has chosen is never looked at.
    if (symbolsOf[group] === 0) continue;
    buildPrefixCode(codes[group]!, decoder.lengths.subarray(group * symbols, (group + 1) * symbols), work);
    fillTable(codes[group]!, symbolsOf[group]!, work);
  }
  for (let sector = 0; sector < choices.length; sector += 1) {
    const code = codes[choices[sector]!]!;
    const end = Math.min(size, (sector + 1) * sectorBytes);
    for (let at = sector * sectorBytes; at < end; at += 1) bytes[at] = decodeSymbol(bits, code);
  }
  endBits(bits);
  return bytes.subarray(0, size);
}

function readLengths(bits: BitReader, { lengths, front, codeOfLengths, work }: Decoder, groups: number): void {
  const stated = readBits(bits, 4) + alwaysStated;
  const lengthsOfLengths = new Uint8Array(lengthSymbols);
  for (let symbol = 0; symbol < stated; symbol += 1) lengthsOfLengths[symbol] = readBits(bits, 4);
  buildPrefixCode(codeOfLengths, lengthsOfLengths, work);
  front.set(lengthsByFrequency);
  readMovedToFront(bits, codeOfLengths, front, lengths.subarray(0, groups * symbols), symbols);
  work.entries += groups * symbols;
}

function readChoices(bits: BitReader, { work }: Decoder, groups: number, choices: Uint8Array): void {
  const lengths = new Uint8Array(groups + 1);
  for (let symbol = 0; symbol <= groups; symbol += 1) lengths[symbol] = readBits(bits, 3);
  const code = createPrefixCode(groups + 1, longestChoiceCode);
  buildPrefixCode(code, lengths, work);
  const front = Uint8Array.from({ length: groups }, (_, group) => group);
  readMovedToFront(bits, code, front, choices, 0);
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
  let at = 0;
  while (at < values.length) {
    if (period > 0 && at >= period && values[at - period] === 0) {
      values[at] = 0;
      at += 1;
      continue;
    }
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
    if (repeats > values.length - at) refuse('SECTION_CORRUPT', 'A DJW section repeats a value too often.');
    if (repeats === 0) moveToFront(front, place);
    const value = front[0]!;
    do {
      values[at] = value;
      at += 1;
      repeats = Math.max(0, repeats - 1);
    } while (repeats > 0 && (period === 0 || at < period || values[at - period] !== 0));
  }
  if (repeats > 0) refuse('SECTION_CORRUPT', 'A DJW section repeats a value too often.');
}

function moveToFront(front: Uint8Array, place: number): void {
  const value = front[place]!;
  front.copyWithin(1, 0, place);
  front[0] = value;
}
