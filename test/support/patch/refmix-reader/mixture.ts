/** `docs/refmix.md`, "Mixtures": bits whose probability several counters tell together. */
import type { BitReader } from './bits.ts';

const knots = [
  1, 2, 3, 5, 8, 13, 22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768,
  40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514, 65523,
  65528, 65531, 65533, 65534, 65535,
];

function squash(pull: number): number {
  const at = Math.max(-2815, Math.min(2815, pull)) + 2816;
  const [knot, part] = [Math.floor(at / 128), at % 128];
  return Math.floor((knots[knot]! * (128 - part) + knots[knot + 1]! * part + 64) / 128);
}

const squashed = Uint16Array.from({ length: 5632 }, (_, at) => squash(at - 2816));

const stretched = Int16Array.from({ length: 4096 }, (_, at) => {
  let pull = -2815;
  while (pull < 2815 && squashed[pull + 2816]! < 16 * at + 8) pull += 1;
  return pull;
});

export interface MixtureRow {
  readonly inputs: number;
  readonly counterBits: number;
  readonly sets: number;
  readonly weight: number;
  readonly limit: number;
  readonly inertia: number;
}

/** Reads a bit: `slots` is the counter of each input in its own table, `set` of weights. */
export type Mix = (slots: readonly number[], set: number) => number;

export function startMixture(bits: BitReader, { inputs, counterBits, sets, weight, limit, inertia }: MixtureRow): Mix {
  const probabilities = new Uint32Array(inputs << counterBits).fill(2 ** 21);
  const seen = new Uint8Array(inputs << counterBits);
  const weights = new Int32Array(inputs * sets).fill(weight);
  return (slots, set) => {
    const places = slots.map((slot, input) => (input << counterBits) + slot);
    const pulls = places.map((place) => stretched[probabilities[place]! >> 10]!);
    const sum = pulls.reduce((all, pull, input) => all + (Math.imul(weights[set * inputs + input]!, pull) >> 10), 0);
    const probability = squashed[Math.max(-2815, Math.min(2815, sum >> 6)) + 2816]!;
    const bit = bits.bit(probability);
    const error = 65_536 * bit - probability;
    for (const [input, place] of places.entries()) {
      const at = set * inputs + input;
      weights[at] = weights[at]! + ((error * pulls[input]! + 2 ** (inertia - 1)) >> inertia);
      const step = Math.floor(655_360 / (10 * seen[place]! + 16));
      const was = probabilities[place]!;
      const far = bit === 1 ? 2 ** 22 - was : was;
      const moved = ((far >> 7) * step) >> 9;
      probabilities[place] = bit === 1 ? was + moved : was - moved;
      if (seen[place]! < limit) seen[place] = seen[place]! + 1;
    }
    return bit;
  };
}
