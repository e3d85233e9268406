/**
 * What real nodes do that independent draws do not: each second of each node has a factor on its rates (mean about
 * 1) and a standard disturbance for gauges; each node has a level of its own.
 */
import type { Random } from './random.ts';

export const noiseKinds = [
  'independent',
  'autocorrelated 0.5',
  'autocorrelated 0.8',
  'bursty',
  'heterogeneous',
  'all of it, load doubling',
] as const;
export type NoiseKind = (typeof noiseKinds)[number];

export interface Noise {
  /** Of each node. */
  readonly levels: readonly { readonly rate: number; readonly traffic: number; readonly gauge: number }[];
  /** Second by second: factor on the probability of a failure (or on latency), per node. */
  readonly factors: readonly Float64Array[];
  /** Second by second: disturbance of gauges in standard deviations, per node. */
  readonly disturbances: readonly Float64Array[];
  /** Second by second: factor on traffic, of all nodes. */
  readonly load: Float64Array;
}

export function makeNoise(kind: NoiseKind, nodes: number, seconds: number, random: Random): Noise {
  const everything = kind === 'all of it, load doubling';
  const follow = kind === 'autocorrelated 0.5' ? 0.5 : kind === 'autocorrelated 0.8' || everything ? 0.8 : 0;
  const spread = kind === 'heterogeneous' || everything ? 0.5 : 0;
  const bursty = kind === 'bursty' || everything;
  const common = bursty ? bursts(seconds, 900, random) : undefined;
  const levels = Array.from({ length: nodes }, () => ({
    rate: Math.exp(spread * random.normal()),
    traffic: Math.exp(spread * random.normal()),
    gauge: Math.exp(spread * random.normal()),
  }));
  const factors: Float64Array[] = [];
  const disturbances: Float64Array[] = [];
  for (let node = 0; node < nodes; node += 1) {
    const own = bursty ? bursts(seconds, 600, random) : undefined;
    const factor = new Float64Array(seconds).fill(1);
    const disturbance = new Float64Array(seconds);
    let state = random.normal();
    let second = random.normal();
    for (let at = 0; at < seconds; at += 1) {
      state = follow * state + Math.sqrt(1 - follow * follow) * random.normal();
      second = follow * second + Math.sqrt(1 - follow * follow) * random.normal();
      const burst = (own?.[at] === 1 ? 20 : 1) * (common?.[at] === 1 ? 10 : 1);
      factor[at] = burst * (follow > 0 ? Math.exp(0.5 * second - 0.125) : 1);
      disturbance[at] = state + (own?.[at] === 1 ? 6 : 0) + (common?.[at] === 1 ? 4 : 0);
    }
    factors.push(factor);
    disturbances.push(disturbance);
  }
  const load = Float64Array.from({ length: seconds }, (_, at) => (everything ? 1 + at / seconds : 1));
  return { levels, factors, disturbances, load };
}

/** 1 in a burst: one starts every `every` seconds on average and lasts for ten. */
function bursts(seconds: number, every: number, random: Random): Uint8Array {
  const on = new Uint8Array(seconds);
  for (let at = 0; at < seconds; at += 1) if (random.next() < 1 / every) on.fill(1, at, Math.min(seconds, at + 10));
  return on;
}
