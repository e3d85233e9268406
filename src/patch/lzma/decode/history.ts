/** What LZMA has made lately: the section at hand behind as much of the earlier ones as its dictionary reaches back. */
import type { MemoryAccount } from '../../vcdiff/decode/memory-account.ts';

export interface History {
  readonly bytes: Uint8Array;
  /** Distances reach no further back than this. */
  readonly reach: number;
  at: number;
  /** Of the latest reset of the dictionary; nothing before it is there. */
  start: number;
  /** Where positions count from: below zero when what lay there has been moved out. */
  origin: number;
}

/** `largest` and `total`: bytes of the sections that will be made. */
export function openHistory(reach: number, size: { largest: number; total: number }, account: MemoryAccount): History {
  // More room than the largest section, so that moving the dictionary stays rare.
  const capacity = Math.min(size.total, reach + Math.max(size.largest, reach >> 2));
  account.take(capacity, 'LZMA, whose dictionary is as large as it says');
  return { bytes: new Uint8Array(capacity), reach, at: 0, start: 0, origin: 0 };
}

/** Room for a section; returns where it will lie. */
export function makeRoom(history: History, size: number): number {
  if (size > history.bytes.length - history.at) {
    const from = Math.max(history.start, history.at - history.reach);
    history.bytes.copyWithin(0, from, history.at);
    history.at -= from;
    history.origin -= from;
    history.start = 0;
  }
  return history.at;
}

export function forget(history: History): void {
  history.start = history.at;
  history.origin = history.at;
}
