/**
 * A quiet rollout and one through faults over simulated nodes in clusters of five, from its first look to its last
 * step: what `themis simulate --nodes N` does without reading files.
 */
import { runToEnd } from '../../src/apps/simulate/run-to-end.ts';
import { Simulation } from '../../src/apps/simulate/simulation.ts';
import { desiredNode, installed, planInputs, release, rollout, stage } from '../support/fleet-fixture.ts';
import type { Bench, BenchCase, BenchRow } from './bench.ts';
import { peakMiB, rounded } from './bench.ts';

const sizes = [1_000, 10_000, 100_000] as const;
const [old, now] = [release('themisdb', '1.4.2'), release('themisdb', '1.5.0')];

function simulateCase(count: number, seed: number | null): BenchCase {
  return {
    name: seed === null ? `${count} nodes` : `${count} nodes, faults`,
    run: () => measure(count, seed),
  };
}

async function measure(count: number, seed: number | null): Promise<readonly Omit<BenchRow, 'case'>[]> {
  const nodes = Array.from({ length: count }, (_, index) =>
    desiredNode(`node-${String(index).padStart(6, '0')}`, {
      cluster: `cluster-${Math.floor(index / 5)}`,
      labels: { zone: `zone-${index % 3}` },
    }),
  );
  const { desired, catalogue } = planInputs({
    nodes,
    observed: [],
    releases: [old, now],
    wanted: [now],
    rollout: rollout({ stages: [stage(1, { bakeMs: 1_800_000 }), stage(25, { bakeMs: 3_600_000 }), stage(100)] }),
  });
  const state = { packages: { themisdb: installed(old) }, drift: [] };
  const start = performance.now();
  const simulation = new Simulation({
    desired,
    catalogue,
    starts: new Map(nodes.map(({ name }) => [name, state])),
    startMs: Date.UTC(2026, 10, 2),
    seed,
    parallelism: 10,
    themisVersion: '0.0.0',
    // A release that fails at once would be over at once.
    weather: { release: 'good' },
  });
  const { result } = await runToEnd(simulation, new AbortController().signal);
  const seconds = (performance.now() - start) / 1000;
  if (result !== 'done' || simulation.watch.violations.length > 0) throw new Error(`the simulation ended ${result}`);
  return [
    { metric: 'seconds', value: rounded(seconds), unit: 's' },
    { metric: 'peakMiB', value: peakMiB(), unit: 'MiB' },
    { metric: 'events', value: simulation.clock.fired, unit: 'events' },
    { metric: 'events a second', value: Math.round(simulation.clock.fired / seconds), unit: 'events/s' },
  ];
}

export const simulateBench: Bench = {
  name: 'simulate',
  summary: 'roll out over 1,000, 10,000 and 100,000 simulated nodes, quietly and through faults',
  cases: [...sizes.map((count) => simulateCase(count, null)), ...sizes.map((count) => simulateCase(count, 2))],
  conclude(rows) {
    const seconds = (count: number): number =>
      rows.find((row) => row.case === `${count} nodes` && row.metric === 'seconds')!.value;
    return [10_000, 100_000].map((count): BenchRow => ({
      case: 'growth',
      metric: `${count / 10} to ${count} nodes`,
      value: rounded(seconds(count) / seconds(count / 10) / 10, 2),
      unit: 'x linear',
    }));
  },
};
