/**
 * Everything a segment's coding keeps: the target as it becomes true, the model, and what happened last. `work` holds,
 * from the segment's start to where the walk is, bytes of the target; beyond, those of the base beside it, and zeros
 * where none are. The writer has the target itself beside it and puts it into `work` byte by byte, so that writer and
 * reader see the same at every step.
 *
 * `work` may be a window of the target: positions count from its start, and nothing is looked at but the block at hand,
 * six bytes before it, and three behind it.
 */
import type { AddressMap } from './address-map.ts';
import type { BitCoder } from './coder/bit-coder.ts';
import { guessKinds, type Model } from './model.ts';

/** With all of the model but the interval, which is the coder's. */
export interface Walk extends History, Omit<Model, 'interval'> {
  readonly coder: BitCoder;
  readonly work: Uint8Array;
  /** Position in the target of the first byte of `work`; a multiple of `blockBytes`. */
  readonly origin: number;
  /** Only the writer knows it. */
  readonly truth: Uint8Array | undefined;
  /** The segment, in `work` or beyond its ends: nothing before or behind it is read. */
  readonly from: number;
  readonly to: number;
  readonly map: AddressMap;
  /** Shift of what each byte of the block at hand would refer to, if it began a relative reference; 0: none. */
  readonly relative: Int32Array;
  /** Where the block at hand has restless words: slots of them, so many. */
  readonly restlessSlots: Int32Array;
  restlessCount: number;
  worstUnrest: number;
  /** What the word at hand may have changed by, one for each way of guessing; 0: no guess. */
  readonly guesses: Int32Array;
  readonly place: Place;
  /** Hashes of the contexts of a byte. */
  readonly hashes: Int32Array;

  // The run of bytes at hand: one piece within one region.
  /** Address in the base of a byte minus its position. */
  address: number;
  shift: number;
  mapped: number;
  runEnd: number;
  stride: number;
  anchor: number;
  anchorShift: number;
  phase: number;

  /** About how many bytes of code literals took. */
  literalBytes: number;
}

/** What happened last. */
export interface History {
  /** One bit a byte: whether it changed. */
  changes: number;
  /** Bytes since the last change. */
  quiet: number;
  /** How the last four bytes changed, the last one lowest. */
  bytes: number;
  /** How the last words changed, different ones. */
  delta1: number;
  delta2: number;
  delta3: number;
  /** One bit a block: whether anything changed in it. */
  blockChanges: number;
  quietBlocks: number;
}

/** Where the word at hand stands. */
export interface Place {
  /** The four bytes before, the last one lowest. */
  before: number;
  /** Which guesses there are. */
  pattern: number;
  phase: number;
}

export const blockBytes = 128;

/** Of a segment at its start. */
export const noHistory: History = {
  changes: 0,
  quiet: 0,
  bytes: 0,
  delta1: 0,
  delta2: 0,
  delta3: 0,
  blockChanges: 0,
  quietBlocks: 0,
};

type Given = Pick<Walk, 'coder' | 'work' | 'origin' | 'truth' | 'from' | 'to' | 'map'>;

/** From where the history ended, with what was learnt by then. */
export function startWalk(given: Given, model: Model, history: History): Walk {
  const { blocks, events, choices, values, literals, memory, record } = model;
  return {
    ...given,
    blocks,
    events,
    choices,
    values,
    literals,
    memory,
    record,
    relative: new Int32Array(blockBytes),
    restlessSlots: new Int32Array(blockBytes),
    restlessCount: 0,
    worstUnrest: 0,
    guesses: new Int32Array(guessKinds),
    place: { before: 0, pattern: 0, phase: 0 },
    hashes: new Int32Array(10),
    address: 0,
    shift: 0,
    mapped: 0,
    runEnd: 0,
    stride: 4,
    anchor: 0,
    anchorShift: 0,
    phase: 0,
    ...history,
    literalBytes: 0,
  };
}

export function historyOf(walk: Walk): History {
  const { changes, quiet, bytes, delta1, delta2, delta3, blockChanges, quietBlocks } = walk;
  return { changes, quiet, bytes, delta1, delta2, delta3, blockChanges, quietBlocks };
}

/** Mixes two numbers to 32 bits, of which the upper ones are the better. */
export function hash(a: number, b: number): number {
  return Math.imul(Math.imul(a, 0x9e_37_79_b1) ^ Math.imul((b + 0x7f_4a_7c_15) | 0, 0x85_eb_ca_6b), 0xc2_b2_ae_35);
}
