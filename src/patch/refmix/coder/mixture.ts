/**
 * A guess at the next bit, mixed of several: each context keeps a counter, the pulls of the counters are weighed, and
 * both learn from the bit that came (Mahoney's logistic mixing, in integers). Which set of weights is used is itself a
 * small context.
 *
 * A counter is 32 bits: 22 of probability, then 10 of how many bits it saw. Weights are of 65536.
 */
import { type BitCoder, codeBit } from './bit-coder.ts';
import { probabilityOf, pullLimit, pullOf, stepOf } from './numbers.ts';

export interface Mixture {
  readonly inputs: number;
  /** The counters of all inputs, one table after another. */
  readonly counters: Int32Array;
  /** Where the counter of each input lies now: set before each bit. */
  readonly at: Int32Array;
  readonly pulls: Int32Array;
  readonly weights: Int32Array;
  /** Counters stop counting here: the higher, the steadier. */
  readonly steady: number;
  /** The higher, the slower weights learn. */
  readonly inertia: number;
}

export interface MixtureShape {
  readonly inputs: number;
  /** Each input has two to this power counters. */
  readonly counterBits: number;
  readonly sets: number;
  readonly weight: number;
  readonly steady: number;
  readonly inertia: number;
}

const untaught = -0x80_00_00_00;
const certain = 1 << 22;

/** One whose counters and weights are in words that somebody else keeps. */
export function mixtureIn(words: (count: number) => Int32Array, shape: MixtureShape): Mixture {
  const { inputs, counterBits, sets, steady, inertia } = shape;
  return {
    inputs,
    counters: words(inputs << counterBits),
    at: new Int32Array(inputs),
    pulls: new Int32Array(inputs),
    weights: words(inputs * sets),
    steady,
    inertia,
  };
}

export function startMixture({ counters, weights }: Mixture, { weight }: MixtureShape): void {
  counters.fill(untaught);
  weights.fill(weight);
}

/** Codes `bit` (or reads one) with the guess of the counters at `at`, weighed by set `set`; all of them learn it. */
export function mixBit(coder: BitCoder, mixture: Mixture, set: number, bit: number): number {
  const { inputs, counters, at, pulls, weights, steady, inertia } = mixture;
  const first = set * inputs;
  let sum = 0;
  for (let input = 0; input < inputs; input += 1) {
    const pull = pullOf[counters[at[input]!]! >>> 20]!;
    pulls[input] = pull;
    sum += Math.imul(weights[first + input]!, pull) >> 10;
  }
  const probability = probabilityAt(sum >> 6);
  const coded = codeBit(coder, probability, bit);
  const error = (coded << 16) - probability;
  for (let input = 0; input < inputs; input += 1) {
    teachWeight(weights, first + input, error, pulls[input]!, inertia);
    teachCounter(counters, at[input]!, coded, steady);
  }
  return coded;
}

/** The same for six inputs, where the time goes: nothing is kept between both halves but in registers. */
export function mixSix(coder: BitCoder, mixture: Mixture, set: number, bit: number): number {
  const { counters, at, weights, steady, inertia } = mixture;
  const first = set * 6;
  const pull0 = pullOf[counters[at[0]!]! >>> 20]!;
  const pull1 = pullOf[counters[at[1]!]! >>> 20]!;
  const pull2 = pullOf[counters[at[2]!]! >>> 20]!;
  const pull3 = pullOf[counters[at[3]!]! >>> 20]!;
  const pull4 = pullOf[counters[at[4]!]! >>> 20]!;
  const pull5 = pullOf[counters[at[5]!]! >>> 20]!;
  const sum =
    (Math.imul(weights[first]!, pull0) >> 10) +
    (Math.imul(weights[first + 1]!, pull1) >> 10) +
    (Math.imul(weights[first + 2]!, pull2) >> 10) +
    (Math.imul(weights[first + 3]!, pull3) >> 10) +
    (Math.imul(weights[first + 4]!, pull4) >> 10) +
    (Math.imul(weights[first + 5]!, pull5) >> 10);
  const probability = probabilityAt(sum >> 6);
  const coded = codeBit(coder, probability, bit);
  const error = (coded << 16) - probability;
  teachWeight(weights, first, error, pull0, inertia);
  teachWeight(weights, first + 1, error, pull1, inertia);
  teachWeight(weights, first + 2, error, pull2, inertia);
  teachWeight(weights, first + 3, error, pull3, inertia);
  teachWeight(weights, first + 4, error, pull4, inertia);
  teachWeight(weights, first + 5, error, pull5, inertia);
  teachCounter(counters, at[0]!, coded, steady);
  teachCounter(counters, at[1]!, coded, steady);
  teachCounter(counters, at[2]!, coded, steady);
  teachCounter(counters, at[3]!, coded, steady);
  teachCounter(counters, at[4]!, coded, steady);
  teachCounter(counters, at[5]!, coded, steady);
  return coded;
}

function probabilityAt(pull: number): number {
  return probabilityOf[(pull > pullLimit ? pullLimit : pull < -pullLimit ? -pullLimit : pull) + 2816]!;
}

function teachWeight(weights: Int32Array, at: number, error: number, pull: number, inertia: number): void {
  weights[at] = weights[at]! + ((Math.imul(error, pull) + (1 << (inertia - 1))) >> inertia);
}

function teachCounter(counters: Int32Array, at: number, coded: number, steady: number): void {
  const counter = counters[at]!;
  const seen = counter & 1023;
  const was = counter >>> 10;
  const step = stepOf[seen]!;
  const now = coded === 1 ? was + (Math.imul((certain - was) >> 7, step) >> 9) : was - (Math.imul(was >> 7, step) >> 9);
  counters[at] = (now << 10) | (seen < steady ? seen + 1 : seen);
}
