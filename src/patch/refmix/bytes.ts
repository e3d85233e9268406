/**
 * A block in which something changed, byte by byte: whether something happens here at all, and if so, whether the word
 * that begins here changed as one of the guesses says, or bytes from here on changed in their own ways.
 */
import { learnUnrest } from './blocks.ts';
import { findGuesses, isGuessed, learnWord, noGuesses, takeGuess } from './guesses.ts';
import { mixSix } from './coder/mixture.ts';
import { codeChangedBytes } from './values.ts';
import { hash, type Place, type Walk } from './walk.ts';

/** Returns where it ended: at `end`, or up to three bytes behind it when a word did not end before. */
export function codeBytes(walk: Walk, from: number, end: number): number {
  const { work, runEnd, relative, place } = walk;
  place.before = bytesBefore(walk, from);
  place.phase = walk.phase;
  let at = from;
  while (at < end) {
    const isWhole = at + 4 <= runEnd;
    const word = wordIn(work, at, runEnd);
    place.pattern = isWhole ? findGuesses(walk, at, word, relative[at - from]!) : noGuesses(walk);
    const happened = codeEvent(walk, at, word, place);
    learnUnrest(walk, word, happened);
    const passed = happened === 0 ? passOver(walk) : codeChange(walk, at, word, isWhole);
    for (let passing = at; passing < at + passed; passing += 1) place.before = (place.before << 8) | work[passing]!;
    place.phase = (place.phase + passed) % walk.stride;
    at += passed;
  }
  return at;
}

function passOver(walk: Walk): number {
  walk.changes = (walk.changes << 1) & 0xff_ff;
  walk.quiet += 1;
  walk.bytes <<= 8;
  return 1;
}

/** Returns how many bytes it coded. */
function codeChange(walk: Walk, at: number, word: number, isWhole: boolean): number {
  const { work, truth, guesses, place } = walk;
  const wanted = truth !== undefined && isWhole ? (wordIn(truth, at, at + 4) - word) | 0 : 0;
  const kind = isWhole ? takeGuess(walk, wanted, place) : -1;
  if (kind < 0) {
    const passed = codeChangedBytes(walk, at, word);
    if (passed === 4) learnWord(walk, at, word, (wordIn(work, at, at + 4) - word) | 0, kind);
    return passed;
  }
  const change = guesses[kind]!;
  putWord(work, at, (word + change) | 0);
  learnWord(walk, at, word, change, kind);
  walk.changes = ((walk.changes << 4) | 8) & 0xff_ff;
  walk.quiet = 0;
  walk.bytes = (change << 24) | ((change & 0xff_00) << 8) | ((change >>> 8) & 0xff_00) | (change >>> 24);
  return 4;
}

function codeEvent(walk: Walk, at: number, word: number, { before, pattern, phase }: Place): number {
  const { events, coder, changes, quiet } = walk;
  const slots = events.at;
  const hints = ((pattern & 1) | ((pattern >> 1) & 2)) << 24;
  slots[0] = hash((before & 0xff_ff_ff) | hints, 2) >>> 16;
  slots[1] = 0x1_00_00 + ((Math.min(quiet, 255) << 8) | (changes & 255));
  slots[2] = 0x2_00_00 + (hash((before & 255) | (pattern << 8) | (phase << 16), 5) >>> 16);
  slots[3] = 0x3_00_00 + (hash(pattern | ((changes & 255) << 8) | (phase << 16), 6) >>> 16);
  slots[4] = 0x4_00_00 + (hash((before & 0xff_ff) | (pattern << 16), 7) >>> 16);
  slots[5] = 0x5_00_00 + (hash(word, 8 + (pattern & 1)) >>> 16);
  const set = pattern | ((phase & 3) << 5) | ((changes & 1) << 7) | (quiet < 4 ? 256 : 0);
  return mixSix(coder, events, set, walk.truth === undefined ? 0 : happens(walk, walk.truth, at, word));
}

/** For the writer: a byte changed, or a word that a guess would get right although its first byte is the same. */
function happens(walk: Walk, truth: Uint8Array, at: number, word: number): number {
  if (truth[at] !== (word & 255)) return 1;
  if (at + 4 > walk.runEnd) return 0;
  const change = (wordIn(truth, at, at + 4) - word) | 0;
  return change !== 0 && isGuessed(walk, change) ? 1 : 0;
}

function bytesBefore({ work, from }: Walk, at: number): number {
  let before = 0;
  for (let back = Math.min(4, at - from); back > 0; back -= 1) before = (before << 8) | work[at - back]!;
  return before;
}

/** Four bytes, the first lowest; zeros from `end` on. */
function wordIn(bytes: Uint8Array, at: number, end: number): number {
  let word = bytes[at]!;
  if (at + 1 < end) word |= bytes[at + 1]! << 8;
  if (at + 2 < end) word |= bytes[at + 2]! << 16;
  if (at + 3 < end) word |= bytes[at + 3]! << 24;
  return word;
}

function putWord(work: Uint8Array, at: number, word: number): void {
  work[at] = word;
  work[at + 1] = word >>> 8;
  work[at + 2] = word >>> 16;
  work[at + 3] = word >>> 24;
}
