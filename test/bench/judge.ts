/**
 * The judge on raw series of simulated fleets, a look every second. First, how often twenty gates together stop a
 * good release within an hour (8 nodes, 2 of them new, no allowance: worseBy 0); beside it a Mann-Whitney rule with effect
 * size on the same data. Second, how long a bad one goes unnoticed: 40 nodes with 5 requests a second each, 2 of them
 * new. Everything is seeded: the numbers are the same on every machine. THEMIS_BENCH_RUNS changes the counts.
 */
import { startJudging } from '../../src/judge/judge-gate.ts';
import { family, familyRun, firstFailure, upperBound } from '../support/judge/false-aborts.ts';
import { mannWhitneyRule } from '../support/judge/mann-whitney.ts';
import { noiseKinds, type NoiseKind } from '../support/judge/noise.ts';
import { simulatedEvidence, usual, type Simulated } from '../support/judge/simulated-metrics.ts';
import { rounded, type Bench, type BenchCase, type BenchRow } from './bench.ts';

type Row = Omit<BenchRow, 'case'>;
const runs = Number(process.env['THEMIS_BENCH_RUNS'] ?? 200);
const longestSeconds = 1200;

function falseAborts(noise: NoiseKind): BenchCase {
  return {
    name: `good release, ${noise}`,
    run: async () => {
      const made = Array.from({ length: runs }, (_, index) => familyRun(noise, index + 1));
      const count = (of: (run: (typeof made)[number]) => boolean): number => made.filter(of).length;
      const judge = count((run) => run.judge);
      const percent = (value: number): number => rounded((100 * value) / runs, 2);
      const atEnd = percent(count((run) => run.mannWhitneyAtEnd));
      const anyLook = percent(count((run) => run.mannWhitneyAnyLook));
      return await Promise.resolve([
        {
          metric: `stopped, ${runs} runs`,
          value: percent(judge),
          unit: '%',
          peer: 'U test, each minute',
          peerValue: anyLook,
        },
        {
          metric: 'upper 95 % bound',
          value: rounded(100 * upperBound(judge, runs), 2),
          unit: '%',
          peer: 'U test, at the end',
          peerValue: atEnd,
        },
      ]);
    },
  };
}

function detection(name: string, noise: NoiseKind, changed: Partial<Simulated>): BenchCase {
  return {
    name: `${name}, ${noise}`,
    run: async () => {
      const alone: number[] = [];
      const among: number[] = [];
      const peer: number[] = [];
      const count = Math.ceil(runs / 2);
      for (let seed = 1; seed <= count; seed += 1) {
        const spec = { ...usual, nodes: 40, noise, seconds: longestSeconds, ...changed };
        const evidence = simulatedEvidence({ ...spec, seed: seed * 6007 });
        alone.push(firstFailure(evidence) ?? Infinity);
        among.push(
          firstFailure({
            ...evidence,
            parameters: { ...evidence.parameters, alpha: (evidence.parameters.alpha * shareOf(spec)) / family.length },
          }) ?? Infinity,
        );
        peer.push((mannWhitneyRule(evidence).atAnyLook ?? Infinity) * 60);
      }
      const rows: Row[] = [
        {
          metric: `median, only gate, ${count} runs`,
          value: at(alone, 0.5),
          unit: 's',
          peer: 'U test, each minute',
          peerValue: at(peer, 0.5),
        },
        {
          metric: '90 % found within',
          value: at(alone, 0.9),
          unit: 's',
          peer: 'U test, each minute',
          peerValue: at(peer, 0.9),
        },
        { metric: 'median, one of 20 gates', value: at(among, 0.5), unit: 's' },
        {
          metric: 'found within 20 minutes',
          value: rounded((100 * alone.filter((second) => second < Infinity).length) / count, 1),
          unit: '%',
        },
      ];
      return await Promise.resolve(rows);
    },
  };
}

/** Of 20 gates one counts failures, so it has half of alpha; any other shares the other half. */
function shareOf({ metric }: Pick<Simulated, 'metric'>): number {
  return metric === 'errorRate' ? family.length / 2 : family.length / 2 / (family.length - 1);
}

/** Infinite: not found within the time. */
function at(values: readonly number[], share: number): number {
  const found = [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;
  return found === Infinity ? longestSeconds : found;
}

function speed(): BenchCase {
  return {
    name: 'one look, 32 new nodes and 32 controls, one hour',
    run: async () => {
      const evidence = simulatedEvidence({ ...usual, nodes: 64, canaries: 32 });
      const judging = startJudging(evidence);
      judging.add(evidence.series);
      judging.look(evidence.untilMs - 1000);
      const start = performance.now();
      judging.look(evidence.untilMs);
      return await Promise.resolve([
        { metric: 'milliseconds', value: rounded(performance.now() - start, 1), unit: 'ms' },
      ]);
    },
  };
}

export const judgeBench: Bench = {
  name: 'judge',
  summary: 'false aborts of good releases and time to detection of bad ones, beside a Mann-Whitney rule',
  runs: 1,
  cases: [
    ...noiseKinds.map(falseAborts),
    ...noiseKinds.map((noise) => detection('errors 0.1 % x 5', noise, { effect: 5 })),
    ...noiseKinds.map((noise) => detection('memory + 20 %', noise, { metric: 'memory', effect: 1.2 })),
    ...noiseKinds.map((noise) => detection('latency x 2', noise, { metric: 'latencyP99', effect: 2, nodes: 20 })),
    speed(),
  ],
};
