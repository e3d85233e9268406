import { expect, test } from 'vitest';
import { dryRun, type DryRun } from '../support/dry-run.ts';
import type { NodeWindows } from '../../src/windows/window-answer.ts';
import { constraints, node, planOf, promote, update } from '../support/plans.ts';

/** Nodes in clusters of one size, four stages; the first node of every cluster leads. */
function simulate(count: number, clusterSize: number, parallelism: number, windows?: NodeWindows): DryRun {
  const tenants = windows === undefined ? [] : ['t'];
  const nodes = Array.from({ length: count }, (_, index) => ({
    ...node(`n${index}`, `c${Math.floor(index / clusterSize)}`),
    tenants,
  }));
  const sizes: Record<string, number> = {};
  for (const { cluster } of nodes) sizes[cluster] = (sizes[cluster] ?? 0) + 1;
  const steps = [];
  for (let stage = 1; stage <= 4; stage += 1) {
    const members = nodes.slice(((stage - 1) * count) / 4, (stage * count) / 4);
    const gate = stage === 1 ? [] : [`stage-${stage - 1}/promote`];
    for (const { name } of members) steps.push(update(name, { stage, needs: gate }));
    if (stage < 4) steps.push(promote(stage, [...members.map(({ name }) => `${name}/update/1.5.0`), ...gate]));
  }
  const leaders = new Set(nodes.filter((_, index) => index % clusterSize === 0).map(({ name }) => name));
  return dryRun(planOf(steps, constraints({ sizes })), nodes, leaders, parallelism, windows);
}

/** A hundred thousand nodes in `npm run soak`; a fifth of that is enough to see growth, and quick on a busy machine. */
const most = process.env['THEMIS_SOAK'] === '1' ? 100_000 : 20_000;

test('the work of the stepper for one node of a cluster of five does not grow with the fleet', () => {
  const small = simulate(most / 10, 5, 500);
  const large = simulate(most, 5, 500);
  expect(small.end).toBe('done');
  expect(large.end).toBe('done');
  expect(large.looks).toBe(small.looks * 10);
  expect(large.decisions).toBeLessThanOrEqual(small.decisions * 10);
  expect(large.widest).toBe(500);
});

test('the same for one cluster of 20,000 nodes, one at a time', () => {
  const small = simulate(2000, 2000, 8);
  const large = simulate(20_000, 20_000, 8);
  expect(large.end).toBe('done');
  expect(large.widest).toBe(1);
  expect(large.looks / small.looks).toBeLessThan(11);
  expect(large.decisions / small.decisions).toBeLessThan(11);
});

test('the same where every node waits for a window: each is asked a few times, not at every decision', () => {
  const run = (count: number) => {
    let asked = 0;
    const hourMs = 3_600_000;
    const answer: NodeWindows['answer'] = ({ fromMs }) => {
      asked += 1;
      const startMs = Math.ceil(fromMs / hourMs) * hourMs + hourMs / 2;
      const open = fromMs % hourMs >= hourMs / 2;
      return {
        kind: 'open',
        startMs: open ? fromMs : startMs - hourMs,
        opensAtMs: null,
        closesAtMs: null,
        because: null,
      };
    };
    const made = simulate(count, 5, 500, { answer });
    expect(made.end).toBe('done');
    return { ...made, asked };
  };
  const small = run(most / 10);
  const large = run(most);
  expect(large.asked / small.asked).toBeLessThan(11);
  expect(large.decisions / small.decisions).toBeLessThan(11);
});
