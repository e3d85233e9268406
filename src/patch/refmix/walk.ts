/**
 * Everything a segment's coding keeps: the target as it becomes true, the model, and what happened last. `work` holds,
 * from the segment's start to where the walk is, bytes of the target; beyond, those of the base beside it, and zeros
 * where none are. The writer has the target itself beside it and puts it into `work` byte by byte, so that writer and
 * reader see the same at every step.
 */
import type { AddressMap } from './address-map.ts';
import type { BitCoder } from './coder/bit-coder.ts';
import { type Mixture, startMixture } from './coder/mixture.ts';

export interface Walk {
  readonly coder: BitCoder;
  readonly work: Uint8Array;
  /** Only the writer knows it. */
  readonly truth: Uint8Array | undefined;
  /** The segment: nothing before or behind it is read. */
  readonly from: number;
  readonly to: number;
  readonly map: AddressMap;
  readonly blocks: Mixture;
  readonly events: Mixture;
  readonly choices: Mixture;
  readonly values: Mixture;
  readonly literals: Mixture;
  readonly memory: Memory;
  /** Shift of what each byte of the block at hand would refer to, if it began a relative reference; 0: none. */
  readonly relative: Int32Array;
  /** Where the block at hand has restless words: slots of them, so many. */
  readonly restlessSlots: Int32Array;
  restlessCount: number;
  worstUnrest: number;
  /** What the word at hand may have changed by, one for each way of guessing; 0: no guess. */
  readonly guesses: Int32Array;
  /** Of each way of guessing, whether it was right lately: one bit a time. */
  readonly record: Int32Array;
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

  // What happened last.
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
  /** About how many bytes of code literals took. */
  literalBytes: number;
}

/** Where the word at hand stands. */
export interface Place {
  /** The four bytes before, the last one lowest. */
  before: number;
  /** Which guesses there are. */
  pattern: number;
  phase: number;
}

/** What words were seen to become. */
export interface Memory {
  /** Pairs of an address and how far what lies there moved, told by references to it. */
  readonly moves: Int32Array;
  /** Pairs of the upper bits of a word and how the last such word changed. */
  readonly words: Int32Array;
  /** Words that change again and again, by themselves. */
  readonly restless: Int32Array;
  /** How much each of them does, up to 15. */
  readonly unrest: Uint8Array;
  /** By the bytes before a word: which guess was right. */
  readonly favourites: Uint8Array;
}

export const memoryBits = 14;
export const wordBits = 13;
export const guessKinds = 8;
export const blockBytes = 128;

export function startWalk(given: Pick<Walk, 'coder' | 'work' | 'truth' | 'from' | 'to' | 'map'>): Walk {
  return {
    ...given,
    blocks: startMixture({ inputs: 4, counterBits: 16, sets: 128, weight: 20_000, steady: 30, inertia: 16 }),
    events: startMixture({ inputs: 6, counterBits: 16, sets: 1024, weight: 12_000, steady: 30, inertia: 13 }),
    choices: startMixture({ inputs: 6, counterBits: 16, sets: 128, weight: 16_000, steady: 20, inertia: 14 }),
    values: startMixture({ inputs: 8, counterBits: 18, sets: 4096, weight: 12_000, steady: 20, inertia: 13 }),
    literals: startMixture({ inputs: 7, counterBits: 20, sets: 256, weight: 16_000, steady: 30, inertia: 14 }),
    memory: {
      moves: new Int32Array(2 << memoryBits),
      words: new Int32Array(2 << wordBits),
      restless: new Int32Array(1 << wordBits),
      unrest: new Uint8Array(1 << wordBits),
      favourites: new Uint8Array(1 << 16),
    },
    relative: new Int32Array(blockBytes),
    restlessSlots: new Int32Array(blockBytes),
    restlessCount: 0,
    worstUnrest: 0,
    guesses: new Int32Array(guessKinds),
    record: new Int32Array(guessKinds),
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
    changes: 0,
    quiet: 0,
    bytes: 0,
    delta1: 0,
    delta2: 0,
    delta3: 0,
    blockChanges: 0,
    quietBlocks: 0,
    literalBytes: 0,
  };
}

/** Mixes two numbers to 32 bits, of which the upper ones are the better. */
export function hash(a: number, b: number): number {
  return Math.imul(Math.imul(a, 0x9e_37_79_b1) ^ Math.imul((b + 0x7f_4a_7c_15) | 0, 0x85_eb_ca_6b), 0xc2_b2_ae_35);
}
