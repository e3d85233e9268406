/** From four equal bytes on, a run is those four and a byte that counts the others: what fills a block of bzip2. */
import { bzip2 } from './format.ts';

const { longRun } = bzip2;
const mostCounted = 255;

export interface ShortenedRuns {
  /** How much of the block is filled, and how far the bytes are read. */
  readonly filled: number;
  readonly end: number;
}

/** As much as fits, from `start` on; a run is never split from its count. */
export function shortenRuns(bytes: Uint8Array, start: number, block: Uint8Array): ShortenedRuns {
  let at = start;
  let filled = 0;
  while (at < bytes.length && filled + longRun < block.length) {
    const byte = bytes[at]!;
    const most = Math.min(bytes.length - at, mostCounted);
    let run = 1;
    while (run < most && bytes[at + run] === byte) run += 1;
    for (let copy = 0; copy < run && copy < longRun; copy += 1) {
      block[filled] = byte;
      filled += 1;
    }
    if (run >= longRun) {
      block[filled] = run - longRun;
      filled += 1;
    }
    at += run;
  }
  return { filled, end: at };
}
