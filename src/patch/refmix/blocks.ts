/** Whether a block of the target is just as the base has it. */
import { shiftAt, unknownShift } from './address-map.ts';
import { mixBit } from './coder/mixture.ts';
import { wordBits } from './model.ts';
import { hash, type Walk } from './walk.ts';

/**
 * Looks for what ought to change in the block: references from instructions (up to three of them), absolute addresses at
 * whole words (the same, times four), restless words (by the unrest of the worst, times sixteen). Leaves the shift of
 * each byte's relative reference in `relative`, and where the restless words are.
 */
export function lookAhead(walk: Walk, at: number, end: number): number {
  const { work, from, runEnd, map, relative, restlessSlots, address, shift, mapped } = walk;
  const { restless, unrest } = walk.memory;
  let worst = 0;
  let found = 0;
  let instructions = 0;
  let pointers = 0;
  let before1 = at > from ? work[at - 1]! : 0;
  let before2 = at > from + 1 ? work[at - 2]! : 0;
  let word = firstBytes(work, at, runEnd);
  for (let position = at; position < end; position += 1) {
    if (position + 3 < runEnd) word |= work[position + 3]! << 24;
    let change = 0;
    if (mapped === 1) {
      const moved = shiftAt(map, (address + position + 4 + word) | 0);
      if (moved !== unknownShift && moved !== shift) {
        change = (moved - shift) | 0;
        if (isBeforeReference(before1, before2)) instructions += 1;
      }
    }
    relative[position - at] = change;
    const slot = restlessSlot(word);
    if (restless[slot] === word && word !== 0) {
      restlessSlots[found] = slot;
      found += 1;
      worst = Math.max(worst, unrest[slot]!);
    }
    if ((position & 3) === 0 && word !== 0) {
      const moved = shiftAt(map, word);
      if (moved !== unknownShift && moved !== 0) pointers += 1;
    }
    before2 = before1;
    before1 = word & 255;
    word >>>= 8;
  }
  walk.restlessCount = found;
  walk.worstUnrest = worst;
  return (
    Math.min(instructions, 3) + 4 * Math.min(pointers, 3) + 16 * (worst === 0 ? 0 : worst < 3 ? 1 : worst < 7 ? 2 : 3)
  );
}

function restlessSlot(word: number): number {
  return hash(word, 4) >>> (32 - wordBits);
}

/** Whether something happened to a word: those that it did to come to be expected to change again. */
export function learnUnrest({ memory }: Walk, word: number, happened: number): void {
  if (word === 0) return;
  const { restless, unrest } = memory;
  const slot = restlessSlot(word);
  const level = unrest[slot]!;
  if (restless[slot] === word) {
    if (happened === 1) unrest[slot] = Math.min(15, level + 2);
    else if (level > 0) unrest[slot] = level - 1;
  } else if (happened === 1) {
    if (level > 2) unrest[slot] = level - 1;
    else {
      restless[slot] = word;
      unrest[slot] = 1;
    }
  }
}

/** Three bytes from there on, as far as they are in the run. */
function firstBytes(work: Uint8Array, at: number, end: number): number {
  let word = work[at]!;
  if (at + 1 < end) word |= work[at + 1]! << 8;
  if (at + 2 < end) word |= work[at + 2]! << 16;
  return word;
}

/** What comes before a 32-bit displacement on x86-64: CALL, JMP, Jcc, or an operand relative to the next instruction. */
export function isBeforeReference(last: number, secondLast: number): boolean {
  return last === 0xe8 || last === 0xe9 || (last & 0xc7) === 5 || (secondLast === 0x0f && (last & 0xf0) === 0x80);
}

/** Codes whether the block is unchanged, and if so, remembers it as passed. */
export function codeUnchanged(walk: Walk, at: number, end: number, outlook: number): boolean {
  const { blocks, coder, truth, work, blockChanges, quietBlocks } = walk;
  const { restlessCount, worstUnrest } = walk;
  const quiet = Math.min(quietBlocks, 255);
  const slots = blocks.at;
  slots[0] = (blockChanges & 255) | ((outlook & 15) << 8);
  slots[1] =
    0x1_00_00 +
    ((blockChanges & 15) | (quiet << 4) | ((outlook & 3) === 0 ? 0 : 0x10_00) | ((outlook & 12) === 0 ? 0 : 0x20_00));
  slots[2] =
    0x2_00_00 + (hash(Math.min(restlessCount, 3) | (worstUnrest << 2) | ((blockChanges & 255) << 6), 7) >>> 16);
  slots[3] = 0x3_00_00 + (outlook | ((blockChanges & 3) << 6) | (quietBlocks > 64 ? 0x1_00 : 0));
  const bit = truth !== undefined && !isSame(truth, work, at, end) ? 1 : 0;
  const changed = mixBit(coder, blocks, outlook * 2 + (blockChanges & 1), bit);
  walk.blockChanges = ((blockChanges << 1) | changed) & 0xff_ff;
  walk.quietBlocks = changed === 1 ? 0 : quietBlocks + 1;
  if (changed === 1) return false;
  for (let nth = 0; nth < restlessCount; nth += 1) {
    const slot = walk.restlessSlots[nth]!;
    if (walk.memory.unrest[slot]! > 0) walk.memory.unrest[slot] = walk.memory.unrest[slot]! - 1;
  }
  walk.changes = (walk.changes << 1) & 0xff_ff;
  walk.quiet += end - at;
  walk.bytes = 0;
  return true;
}

function isSame(truth: Uint8Array, work: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (truth[at] !== work[at]) return false;
  return true;
}
