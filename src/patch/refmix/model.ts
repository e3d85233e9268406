/**
 * What a segment's coding has learnt: counters and weights of the mixtures, what words became, and the interval of its
 * code. All of it lies in one buffer, which goes to whichever thread does the next part of the segment and comes back.
 */
import { type Mixture, type MixtureShape, mixtureIn, startMixture } from './coder/mixture.ts';

export interface Model {
  /** Ends of the coder's interval, and what it read. */
  readonly interval: Uint32Array;
  readonly blocks: Mixture;
  readonly events: Mixture;
  readonly choices: Mixture;
  readonly values: Mixture;
  /** Of nothing where no literals are mixed. */
  readonly literals: Mixture;
  readonly memory: Memory;
  /** Of each way of guessing, whether it was right lately: one bit a time. */
  readonly record: Int32Array;
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

const shapes = {
  blocks: { inputs: 4, counterBits: 16, sets: 128, weight: 20_000, steady: 30, inertia: 16 },
  events: { inputs: 6, counterBits: 16, sets: 1024, weight: 12_000, steady: 30, inertia: 13 },
  choices: { inputs: 6, counterBits: 16, sets: 128, weight: 16_000, steady: 20, inertia: 14 },
  values: { inputs: 8, counterBits: 18, sets: 4096, weight: 12_000, steady: 20, inertia: 13 },
  literals: { inputs: 7, counterBits: 20, sets: 256, weight: 16_000, steady: 30, inertia: 14 },
} as const satisfies Record<string, MixtureShape>;
const kinds = ['blocks', 'events', 'choices', 'values', 'literals'] as const;

/** What gives out the parts of a model one after another; words first, since bytes may end anywhere. */
interface Parts {
  readonly words: (count: number) => Int32Array;
  readonly bytes: (count: number) => Uint8Array;
}

/** Literals are most of a model; where none are mixed it does without. */
export function modelBytes(mixesLiterals: boolean): number {
  let size = 0;
  arrange(
    {
      words: (count) => {
        size += 4 * count;
        return new Int32Array();
      },
      bytes: (count) => {
        size += count;
        return new Uint8Array();
      },
    },
    mixesLiterals,
  );
  return size;
}

/** The model in a buffer of `modelBytes` that it was started in. */
export function modelIn(buffer: ArrayBuffer, mixesLiterals: boolean): Model {
  let at = 0;
  return arrange(
    {
      words: (count) => {
        at += 4 * count;
        return new Int32Array(buffer, at - 4 * count, count);
      },
      bytes: (count) => {
        at += count;
        return new Uint8Array(buffer, at - count, count);
      },
    },
    mixesLiterals,
  );
}

/** A model that has learnt nothing, in a buffer of zeros. */
export function startModel(buffer: ArrayBuffer, mixesLiterals: boolean): Model {
  const model = modelIn(buffer, mixesLiterals);
  for (const kind of kinds) startMixture(model[kind], shapes[kind]);
  return model;
}

function arrange({ words, bytes }: Parts, mixesLiterals: boolean): Model {
  return {
    interval: unsigned(words(3)),
    record: words(guessKinds),
    blocks: mixtureIn(words, shapes.blocks),
    events: mixtureIn(words, shapes.events),
    choices: mixtureIn(words, shapes.choices),
    values: mixtureIn(words, shapes.values),
    literals: mixtureIn(words, mixesLiterals ? shapes.literals : { ...shapes.literals, inputs: 0 }),
    memory: {
      moves: words(2 << memoryBits),
      words: words(2 << wordBits),
      restless: words(1 << wordBits),
      unrest: bytes(1 << wordBits),
      favourites: bytes(1 << 16),
    },
  };
}

function unsigned({ buffer, byteOffset, length }: Int32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
