/**
 * What goes wrong in a simulation, drawn from its seed before it starts: how the release turns out, when coordinators
 * are killed, how much is lost on the way, and how often nodes and networks fail. Faults end, so that every run can.
 */
import type { Random } from '../../../adapters/transport/simulated/seeded-random.ts';

export interface Weather {
  readonly release: 'good' | 'unhealthy' | 'stuck' | 'bad-metrics';
  /** Where in the fleet, from 0 to 1, the node is that does not take the release. */
  readonly badAt: number;
  /** The journal write at which each coordinator is killed, as a share of all that are expected. */
  readonly kills: readonly { readonly atShare: number; readonly durable: boolean }[];
  readonly lostRequests: number;
  readonly lostAnswers: number;
  /** Share of node operations whose process dies in the middle. */
  readonly interrupted: number;
  /** Crashes, moves of leaders, slow nodes, partitions; spread over the time that the plan expects to take. */
  readonly disturbances: number;
}

export const calm: Weather = {
  release: 'good',
  badAt: 0,
  kills: [],
  lostRequests: 0,
  lostAnswers: 0,
  interrupted: 0,
  disturbances: 0,
};

/** Disturbances grow with the fleet: so many, and one more for so many nodes. */
const fewest = 6;
const nodesForOne = 100;

export function drawWeather(random: Random, nodes: number): Weather {
  const outcome = random();
  const kills = Math.floor(random() * 4);
  const lossy = random() < 0.5;
  return {
    release: outcome < 0.6 ? 'good' : outcome < 0.8 ? 'unhealthy' : outcome < 0.87 ? 'stuck' : 'bad-metrics',
    badAt: random(),
    kills: Array.from({ length: kills }, () => ({ atShare: random() ** 2, durable: random() < 0.5 })),
    lostRequests: lossy ? random() * 0.1 : 0,
    lostAnswers: lossy ? random() * 0.1 : 0,
    interrupted: random() < 0.3 ? random() * 0.2 : 0,
    disturbances: fewest + Math.floor(nodes / nodesForOne),
  };
}

/** Log-normal with this median; `spread` is the deviation of its logarithm (Box and Muller). */
export function logNormal(random: Random, median: number, spread: number): number {
  const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(spread * gauss);
}

export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}
