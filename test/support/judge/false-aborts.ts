/** Twenty gates that compare, over an hour with a look every second, on nodes that all run the same. */
import type { GateMetric } from '../../../src/model/desired.ts';
import { startJudging } from '../../../src/judge/judge-gate.ts';
import { alphaShare } from '../../../src/judge/parameters-of.ts';
import type { GateEvidence } from '../../../src/model/verdict.ts';
import { mannWhitneyRule } from './mann-whitney.ts';
import type { NoiseKind } from './noise.ts';
import { gateOn, simulatedEvidence, usual } from './simulated-metrics.ts';

const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);

/** Each with noise of its own: the worst case for a family. */
export const family: readonly GateMetric[] = [
  ...times(3, 'errorRate' as const),
  'transactionFailureRate',
  'latencyP50',
  'latencyP95',
  'latencyP99',
  ...times(3, 'memory' as const),
  ...times(3, 'cpu' as const),
  ...times(3, 'diskIo' as const),
  ...times(4, 'custom' as const),
];
const gates = family.map((metric) => gateOn(metric, 0));

/** Second of the first look at which the gate fails; null: never. */
export function firstFailure(evidence: GateEvidence): number | null {
  const judging = startJudging(evidence);
  judging.add(evidence.series);
  const looks = (evidence.untilMs - evidence.sinceMs) / 1000;
  for (let look = 1; look <= looks; look += 1) if (judging.fails(evidence.sinceMs + look * 1000)) return look;
  return null;
}

export interface FamilyRun {
  readonly judge: boolean;
  readonly mannWhitneyAnyLook: boolean;
  readonly mannWhitneyAtEnd: boolean;
}

/** Whether a good release is stopped by any of the gates. */
export function familyRun(noise: NoiseKind, seed: number, seconds = 3600): FamilyRun {
  const run = { judge: false, mannWhitneyAnyLook: false, mannWhitneyAtEnd: false };
  for (const [index, metric] of family.entries()) {
    const evidence = simulatedEvidence({
      ...usual,
      metric,
      noise,
      seed: seed * 1009 + index * 7919,
      nodes: 8,
      historySeconds: Math.min(1800, seconds),
      seconds,
      comparisons: family.length,
      share: alphaShare(gates[index]!, gates),
    });
    run.judge ||= firstFailure(evidence) !== null;
    const peer = mannWhitneyRule(evidence);
    run.mannWhitneyAnyLook ||= peer.atAnyLook !== null;
    run.mannWhitneyAtEnd ||= peer.atEnd;
  }
  return run;
}

/** Upper end of the exact one-sided 95 % confidence interval of a share (Clopper and Pearson 1934), by bisection. */
export function upperBound(count: number, runs: number): number {
  if (count >= runs) return 1;
  let low = count / runs;
  let high = 1;
  for (let step = 0; step < 50; step += 1) {
    const share = (low + high) / 2;
    if (atMost(count, runs, share) > 0.05) low = share;
    else high = share;
  }
  return high;
}

function atMost(count: number, runs: number, share: number): number {
  let log = runs * Math.log(1 - share);
  let total = Math.exp(log);
  for (let index = 1; index <= count; index += 1) {
    log += Math.log((runs - index + 1) / index) + Math.log(share / (1 - share));
    total += Math.exp(log);
  }
  return total;
}

/** More stops than this of `runs` good releases happen less than once in a thousand times where 5 % are stopped. */
export function mostStops(runs: number): number {
  let count = 0;
  while (1 - atMost(count, runs, 0.05) >= 0.001) count += 1;
  return count;
}
