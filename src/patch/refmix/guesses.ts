/**
 * What a word of the base may have become, by each way of guessing: what references to the same address did, the map
 * for a relative reference, the map (or earlier ones) for an absolute one, the map for one that counts from the
 * region's anchor, what words alike did, and what the last words did.
 */
import { shiftAt, unknownShift } from './address-map.ts';
import { mixSix } from './coder/mixture.ts';
import { guessKinds, memoryBits, wordBits } from './model.ts';
import { hash, type Place, type Walk } from './walk.ts';

/** Places in `guesses`. */
const seen = 0;
const relative = 1;
const absolute = 2;
const anchored = 3;
const alike = 4;
const latest = 5;

/** Fills `guesses` for the word at `at`; returns which of the first five say something, one bit each. */
export function findGuesses(walk: Walk, at: number, word: number, moved: number): number {
  const { guesses, map, memory } = walk;
  const { moves, words } = memory;
  const target = (walk.address + at + 4 + word) | 0;
  let slot = moveSlot(target);
  guesses[seen] = walk.mapped === 1 && moves[slot] === target ? (moves[slot + 1]! - walk.shift) | 0 : 0;
  guesses[relative] = moved;
  slot = moveSlot(word);
  const fixed = shiftAt(map, word);
  guesses[absolute] = word !== 0 && moves[slot] === word ? moves[slot + 1]! : fixed === unknownShift ? 0 : fixed;
  const counted = walk.anchor === 0 ? unknownShift : shiftAt(map, (walk.anchor + word) | 0);
  guesses[anchored] = counted === unknownShift ? 0 : (counted - walk.anchorShift) | 0;
  const upper = word >> 6;
  slot = wordSlot(upper);
  guesses[alike] = words[slot] === upper ? words[slot + 1]! : 0;
  guesses[latest] = walk.delta1;
  guesses[latest + 1] = walk.delta2;
  guesses[latest + 2] = walk.delta3;
  return (
    (guesses[relative] === 0 ? 0 : 1) |
    (guesses[absolute] === 0 ? 0 : 2) |
    (guesses[seen] === 0 ? 0 : 4) |
    (guesses[anchored] === 0 ? 0 : 8) |
    (guesses[alike] === 0 ? 0 : 16)
  );
}

export function noGuesses({ guesses }: Walk): number {
  guesses.fill(0);
  return 0;
}

/** Whether one of the guesses that rest on more than what came last is this change. */
export function isGuessed({ guesses }: Walk, change: number): boolean {
  for (let kind = 0; kind < latest; kind += 1) if (guesses[kind] === change) return true;
  return false;
}

/**
 * Codes which guess is right, the favourite after the bytes before first, and returns its kind; -1 when none is. A
 * change that was tried is not tried again.
 */
export function takeGuess(walk: Walk, wanted: number, place: Place): number {
  const { guesses, record, memory } = walk;
  const group = hash(place.before & 0xff_ff_ff, 3) >>> 16;
  const favourite = memory.favourites[group]!;
  let tries = 0;
  for (let turn = -1; turn < guessKinds; turn += 1) {
    const kind = turn < 0 ? favourite : turn;
    const guess = guesses[kind]!;
    if (guess === 0 || (turn >= 0 && wasTried(guesses, kind, favourite))) continue;
    const right = codeGuess(walk, kind, tries, group, place, guess === wanted ? 1 : 0);
    record[kind] = (record[kind]! << 1) | right;
    if (right === 1) {
      memory.favourites[group] = kind;
      return kind;
    }
    tries = Math.min(tries + 1, 3);
  }
  return -1;
}

function wasTried(guesses: Int32Array, kind: number, favourite: number): boolean {
  if (kind === favourite || guesses[kind] === guesses[favourite]) return true;
  for (let other = 0; other < kind; other += 1) if (guesses[other] === guesses[kind]) return true;
  return false;
}

function codeGuess(walk: Walk, kind: number, tries: number, group: number, place: Place, bit: number): number {
  const { choices, coder, record, guesses } = walk;
  const { before, pattern, phase } = place;
  const slots = choices.at;
  slots[0] = (kind << 8) | (record[kind]! & 255);
  slots[1] = 65_536 + (kind | (pattern << 3) | (tries << 8) | (phase << 10));
  slots[2] = 131_072 + (hash((before & 0xff_ff) | (kind << 16), 1) >>> 16);
  slots[3] = 196_608 + (hash(kind | (tries << 3), group) >>> 16);
  slots[4] = 262_144 + (hash(guesses[kind]!, kind) >>> 16);
  slots[5] = 327_680 + (hash((before & 255) | (kind << 8) | (phase << 12) | (pattern << 17), kind) >>> 16);
  return mixSix(coder, choices, kind * 16 + tries * 4 + (record[kind]! & 3), bit);
}

/** Keeps what the word became; `kind` of the guess that said so, -1 for none. */
export function learnWord(walk: Walk, at: number, word: number, change: number, kind: number): void {
  const { memory } = walk;
  if (change !== walk.delta1) {
    if (change !== walk.delta2) walk.delta3 = walk.delta2;
    walk.delta2 = walk.delta1;
    walk.delta1 = change;
  }
  if (walk.mapped === 1) {
    const target = (walk.address + at + 4 + word) | 0;
    const slot = moveSlot(target);
    memory.moves[slot] = target;
    memory.moves[slot + 1] = (change + walk.shift) | 0;
  }
  const upper = word >> 6;
  const slot = wordSlot(upper);
  memory.words[slot] = upper;
  memory.words[slot + 1] = change;
  if (kind !== absolute && kind < alike) return;
  const fixed = moveSlot(word);
  memory.moves[fixed] = word;
  memory.moves[fixed + 1] = change;
}

function moveSlot(address: number): number {
  return (hash(address, 1) >>> (32 - memoryBits)) * 2;
}

function wordSlot(upper: number): number {
  return (hash(upper, 2) >>> (32 - wordBits)) * 2;
}
