/**
 * Windows that wait for those before them to be emitted: what of them is not as the base has it. In a program that was
 * linked anew that is a small part.
 */
import { type BaseBeside, fillFromBase } from '../fill-from-base.ts';
import { blockBytes } from '../walk.ts';
import { type Window, windowBytes } from './window.ts';

export interface KeptWindow {
  readonly start: number;
  readonly from: number;
  readonly to: number;
  /** Blocks that differ, counted from the start, and their bytes. */
  readonly blocks: Uint16Array;
  readonly bytes: Uint8Array;
}

const blockWords = blockBytes / 4;

/** `room`: `windowBytes` of anything, aligned to words. */
export function keepWindow(beside: BaseBeside, { start, from, to, bytes }: Window, room: Uint8Array): KeptWindow {
  room.fill(0);
  fillFromBase(beside, room, start, from, to);
  const before = wordsOf(room);
  const after = wordsOf(bytes);
  const blocks: number[] = [];
  for (let block = 0; block * blockBytes < windowBytes; block += 1) {
    let at = block * blockWords;
    const end = at + blockWords;
    while (at < end && before[at] === after[at]) at += 1;
    if (at < end) blocks.push(block);
  }
  const kept = new Uint8Array(blocks.length * blockBytes);
  for (const [nth, block] of blocks.entries())
    kept.set(bytes.subarray(block * blockBytes, (block + 1) * blockBytes), nth * blockBytes);
  return { start, from, to, blocks: Uint16Array.from(blocks), bytes: kept };
}

/** The bytes from `from` to `to`, put together in the room. */
export function emptyWindow(
  beside: BaseBeside,
  { start, from, to, blocks, bytes }: KeptWindow,
  room: Uint8Array,
): Uint8Array {
  fillFromBase(beside, room, start, from, to);
  for (const [nth, block] of blocks.entries())
    room.set(bytes.subarray(nth * blockBytes, (nth + 1) * blockBytes), block * blockBytes);
  return room.subarray(from - start, to - start);
}

export function keptBytes({ blocks, bytes }: KeptWindow): number {
  return blocks.byteLength + bytes.length;
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}
