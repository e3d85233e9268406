/**
 * Raw series of a simulated fleet: counters, gauges and histograms read once a second, before the step of the new nodes and
 * after it. The first nodes are the new ones. `effect`: what their revision multiplies (failures, latency, memory).
 */
import type { DesiredGate, GateMetric } from '../../../src/model/desired.ts';
import type { Series } from '../../../src/model/metrics.ts';
import type { GateEvidence, Subject } from '../../../src/model/verdict.ts';
import { parametersOf } from '../../../src/judge/parameters-of.ts';
import { makeNoise, type Noise, type NoiseKind } from './noise.ts';
import { seededRandom, type Random } from './random.ts';
import { gate } from '../gate-fixture.ts';

export interface Simulated {
  readonly metric: GateMetric;
  readonly noise: NoiseKind;
  readonly seed: number;
  readonly nodes: number;
  readonly canaries: number;
  readonly historySeconds: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly failures: number;
  readonly effect: number;
  readonly worseBy: number;
  readonly comparisons: number;
  /** Even shares of alpha. */
  readonly share: number;
}

export const usual: Simulated = {
  metric: 'errorRate',
  noise: 'independent',
  seed: 1,
  nodes: 12,
  canaries: 2,
  historySeconds: 3600,
  seconds: 3600,
  requestsPerSecond: 5,
  failures: 0.001,
  effect: 1,
  worseBy: 0,
  comparisons: 1,
  share: 1,
};

/** Any instant will do. */
const sinceMs = 1_800_000_000_000;

export function gateOn(metric: GateMetric, worseBy: number | null, limits: Partial<DesiredGate> = {}): DesiredGate {
  const query = metric === 'custom' ? 'depth{node="{{node}}"}' : null;
  return gate(metric, { query, worseBy, ...limits });
}

export function simulatedEvidence(spec: Simulated): GateEvidence {
  const random = seededRandom(spec.seed);
  const seconds = spec.historySeconds + spec.seconds;
  const noise = makeNoise(spec.noise, spec.nodes, seconds, random);
  const subjects = Array.from({ length: spec.nodes }, (_, index): Subject => ({
    node: `node-${String(index).padStart(3, '0')}`,
    role: 'follower',
    sinceMs,
  }));
  return {
    gate: gateOn(spec.metric, spec.worseBy),
    signals: [],
    parameters: parametersOf({ comparisons: spec.comparisons, lookMs: 1000, share: spec.share }),
    canaries: subjects.slice(0, spec.canaries),
    controls: subjects.slice(spec.canaries),
    sinceMs,
    untilMs: sinceMs + spec.seconds * 1000,
    series: subjects.flatMap(({ node }, index) => nodeSeries(spec, node, index, noise, random)),
  };
}

function nodeSeries(spec: Simulated, node: string, index: number, noise: Noise, random: Random): readonly Series[] {
  const made: Made = { spec, node, index, noise, random };
  switch (spec.metric) {
    case 'errorRate':
      return ratio(made, 'requests', 'failedRequests');
    case 'transactionFailureRate':
      return ratio(made, 'transactions', 'failedTransactions');
    case 'latencyP50':
    case 'latencyP95':
    case 'latencyP99':
      return histogram(made);
    case 'memory':
      return [{ node, signal: 'memory', points: each(made, (at) => 2 ** 30 * gaugeAt(made, at, 0.05)) }];
    case 'custom':
      return [{ node, signal: 'custom', points: each(made, (at) => 40 * gaugeAt(made, at, 0.2)) }];
    case 'diskIo':
      return [
        { node, signal: 'diskIo', points: running(made, (at) => 1e6 * loadAt(made, at) * gaugeAt(made, at, 0.2)) },
      ];
    case 'cpu':
      return [
        { node, signal: 'cpu', points: running(made, (at) => 0.5 * gaugeAt(made, at, 0.1)) },
        { node, signal: 'cpus', points: each(made, () => 4) },
      ];
  }
}

interface Made {
  readonly spec: Simulated;
  readonly node: string;
  readonly index: number;
  readonly noise: Noise;
  readonly random: Random;
}

function effectAt({ spec, index }: Made, at: number): number {
  return index < spec.canaries && at >= spec.historySeconds ? spec.effect : 1;
}

function loadAt({ noise, index }: Made, at: number): number {
  return noise.levels[index]!.traffic * noise.load[at]!;
}

function gaugeAt(made: Made, at: number, deviation: number): number {
  const { levels, disturbances } = made.noise;
  const around = 1 + deviation * disturbances[made.index]![at]!;
  return levels[made.index]!.gauge * effectAt(made, at) * Math.max(0, around);
}

/** What reading `at` says is what happened until then. */
function each({ spec }: Made, value: (at: number) => number): Series['points'] {
  const count = spec.historySeconds + spec.seconds;
  const points: [number, number][] = [];
  for (let at = 0; at < count; at += 1) points.push([sinceMs + (at + 1 - spec.historySeconds) * 1000, value(at)]);
  return points;
}

function running(made: Made, increase: (at: number) => number): Series['points'] {
  let total = 1000;
  return each(made, (at) => (total += increase(at)));
}

function ratio(made: Made, whole: string, part: string): readonly Series[] {
  const { spec, node, noise, random, index } = made;
  const level = noise.levels[index]!;
  let requests = 10_000;
  let failed = 100;
  const failedPoints: [number, number][] = [];
  const points = each(made, (at) => {
    const now = random.poisson(spec.requestsPerSecond * loadAt(made, at));
    const share = Math.min(1, spec.failures * level.rate * noise.factors[index]![at]! * effectAt(made, at));
    requests += now;
    failed += Math.min(now, random.poisson(now * share));
    failedPoints.push([sinceMs + (at + 1 - spec.historySeconds) * 1000, failed]);
    return requests;
  });
  return [
    { node, signal: whole, points },
    { node, signal: part, points: failedPoints },
  ];
}

/** Log-logistic latency with a median of 20 ms: its distribution function has a closed form. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] as const;

function histogram(made: Made): readonly Series[] {
  const { spec, node, noise, random, index } = made;
  const counts = [...bounds, Infinity].map(() => 0);
  const rows = counts.map((): [number, number][] => []);
  for (let at = 0; at < spec.historySeconds + spec.seconds; at += 1) {
    const slow = noise.factors[index]![at]! ** 0.5 * noise.levels[index]!.rate ** 0.5 * effectAt(made, at);
    const now = random.poisson(spec.requestsPerSecond * loadAt(made, at));
    for (let request = 0; request < now; request += 1) {
      const draw = random.next();
      const seconds = 0.02 * slow * (draw / (1 - draw)) ** 0.5;
      for (let bucket = counts.length - 1; bucket >= 0 && seconds <= (bounds[bucket] ?? Infinity); bucket -= 1)
        counts[bucket]! += 1;
    }
    for (const [bucket, row] of rows.entries())
      row.push([sinceMs + (at + 1 - spec.historySeconds) * 1000, counts[bucket]!]);
  }
  return rows.map((points, bucket) => ({ node, signal: 'duration', le: String(bounds[bucket] ?? '+Inf'), points }));
}
