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

export function startMixture(shape: MixtureShape): Mixture {
  const { inputs, counterBits, sets, weight, steady, inertia } = shape;
  return {
    inputs,
    counters: new Int32Array(inputs << counterBits).fill(untaught),
    at: new Int32Array(inputs),
    pulls: new Int32Array(inputs),
    weights: new Int32Array(inputs * sets).fill(weight),
    steady,
    inertia,
  };
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
  sum >>= 6;
  if (sum > pullLimit) sum = pullLimit;
  else if (sum < -pullLimit) sum = -pullLimit;
  const probability = probabilityOf[sum + 2816]!;
  const coded = codeBit(coder, probability, bit);
  const error = (coded << 16) - probability;
  const half = 1 << (inertia - 1);
  for (let input = 0; input < inputs; input += 1) {
    const weight = first + input;
    weights[weight] = weights[weight]! + ((Math.imul(error, pulls[input]!) + half) >> inertia);
    const slot = at[input]!;
    const counter = counters[slot]!;
    const seen = counter & 1023;
    const was = counter >>> 10;
    const step = stepOf[seen]!;
    const now =
      coded === 1 ? was + (Math.imul((certain - was) >> 7, step) >> 9) : was - (Math.imul(was >> 7, step) >> 9);
    counters[slot] = (now << 10) | (seen < steady ? seen + 1 : seen);
  }
  return coded;
}
