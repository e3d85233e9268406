import { expect, test } from 'vitest';
import { runToEnd } from '../../src/apps/simulate/run-to-end.ts';
import { Simulation } from '../../src/apps/simulate/simulation.ts';
import { invariants } from '../../src/apps/simulate/watch/invariants.ts';
import { formatViolation } from '../../src/apps/simulate/watch/watch.ts';
import { randomSimulation } from '../support/random-simulation.ts';
import { isSoak } from '../support/runs.ts';

const seeds = isSoak ? 10_000 : 200;
const limitMs = isSoak ? 4 * 3_600_000 : 600_000;
const never = new AbortController().signal;

test(
  `every promise is kept through ${seeds} seeds of faults, kills and resumes`,
  async () => {
    const checks = new Map<string, number>();
    const results = new Map<string, number>();
    const broken: string[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const simulation = new Simulation(randomSimulation(seed, { hops: true }));
      const { result, detail } = await runToEnd(simulation, never);
      results.set(result, (results.get(result) ?? 0) + 1);
      if (result === 'unfinished' || result === 'refused') broken.push(`seed ${seed}: ${result}: ${detail}`);
      for (const one of simulation.watch.violations) broken.push(`seed ${seed}: ${formatViolation(one)}`);
      for (const [name, count] of simulation.watch.checks) checks.set(name, (checks.get(name) ?? 0) + count);
    }
    expect(broken).toEqual([]);
    for (const { name } of invariants) expect(checks.get(name), `checks of ${name}`).toBeGreaterThan(0);
    for (const result of ['done', 'rolled-back', 'paused']) expect(results.get(result), result).toBeGreaterThan(0);
  },
  limitMs,
);
