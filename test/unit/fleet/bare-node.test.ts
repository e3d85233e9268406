/** What a node that has nothing installed means for the others of its cluster. */
import { expect, test } from 'vitest';
import { Stepper } from '../../../src/fleet/execute/step.ts';
import type { PlanStep } from '../../../src/model/plan.ts';
import { emptyRecord } from '../../../src/model/rollout-record.ts';
import { alwaysOpen, constraints, node, planOf, promote, seen, testActions, update } from '../../support/plans.ts';

const stopped = { status: 'stopped', runningVersion: null, detail: null } as const;

/** All run 1.4.0, the first leads; `bare` has nothing. Names of the nodes that would be taken in hand, time and again. */
function looks(names: readonly string[], steps: readonly PlanStep[], bare: string): string[][] {
  const nodes = names.map((name) => node(name));
  const stepper = new Stepper({
    plan: planOf(steps, constraints({ sizes: { c: names.length } })),
    nodes,
    actions: testActions,
    policy: { parallelism: 4, onFailure: 'rollback', patienceMs: 10_000, wait: true, maxReplicationLagMs: 10_000 },
    record: emptyRecord,
    windows: alwaysOpen,
    journal: [],
  });
  for (const name of names) {
    const change = name === bare ? ({ packages: {}, role: 'unknown', health: stopped } as const) : {};
    stepper.see(seen(name, '1.4.0', name === names[0] ? { role: 'leader', ...change } : change));
  }
  return [1, 2].map(() => {
    const decision = stepper.next({ nowMs: 0, steadyMs: 0 });
    return decision.kind === 'go' ? decision.look.map((id) => id.split('/')[0]!) : [];
  });
}

test('it is not away: others need not wait for it, though its turn comes in a later stage', () => {
  const first = update('b');
  const last = update('e', { before: { packages: {} }, stage: 2, needs: ['stage-1/promote'] });
  expect(looks(['a', 'b', 'c', 'd', 'e'], [first, promote(1, [first.id]), last], 'e')).toEqual([['b'], []]);
});

test('it has no vote: where a majority needs the others, it comes first and alone', () => {
  const steps = [update('a'), update('b'), update('c', { before: { packages: {} } })];
  expect(looks(['a', 'b', 'c'], steps, 'c')).toEqual([['c'], []]);
});
