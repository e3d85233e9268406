import { expect, test } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import { defaultBytesPerMs, defaultSwitchMs, estimateMs } from '../../../src/plan/rollout/estimate.ts';
import {
  desiredNode,
  observedNode,
  planInputs,
  release,
  rollout,
  simpleFleet,
  stage,
} from '../../support/fleet-fixture.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const measured = {
  quarantine: [],
  suspended: null,
  verdicts: [],
  current: null,
  estimates: { updateMs: 1000, rollbackMs: 500 },
  schemas: {},
};

function starts(made: ReturnType<typeof plan>): Record<string, number> {
  const targets = new Map(made.steps.map((step) => [step.id, step.target]));
  return Object.fromEntries(made.schedule.map((entry) => [targets.get(entry.step)!, entry.startsAfterMs]));
}

test('history counts before the declared default', () => {
  expect(estimateMs('node-update', 10, measured.estimates)).toBe(1000);
  expect(estimateMs('node-rollback', 10, measured.estimates)).toBe(500);
  expect(estimateMs('node-update', defaultBytesPerMs * 7, { updateMs: null, rollbackMs: null })).toBe(
    defaultSwitchMs + 7,
  );
});

test('nodes of a cluster go one after the other, the leader when nothing is left', () => {
  const made = plan({ ...simpleFleet(3, v14, v15), record: measured });
  expect(starts(made)).toEqual({ 'node/node-b': 0, 'node/node-c': 1000, 'node/node-a': 2000 });
});

test('more may be away at once, but never so many that the majority is lost', () => {
  const made = plan({ ...simpleFleet(5, v14, v15, { rollout: rollout({ maxUnavailable: 4 }) }), record: measured });
  expect(starts(made)).toEqual({
    'node/node-b': 0,
    'node/node-c': 0,
    'node/node-d': 1000,
    'node/node-e': 1000,
    'node/node-a': 2000,
  });
});

test('clusters go beside each other, a stage after the bake of the one before', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name, index) => desiredNode(name, { cluster: index < 2 ? 'one' : 'two' }));
  const observed = nodes.map(({ name }) => observedNode(name, [v14]));
  const stages = [stage(50, { bakeMs: 60_000 }), stage(100)];
  const made = plan({
    ...planInputs({ nodes, observed, releases: [v14, v15], wanted: [v15], rollout: rollout({ stages }) }),
    record: measured,
  });
  expect(starts(made)).toEqual({ 'node/a': 0, 'node/c': 0, 'stage/1': 1000, 'node/b': 61_000, 'node/d': 61_000 });
});

test('instants stand only where one was asked for', () => {
  const inputs = { ...simpleFleet(1, v14, v15), record: measured };
  expect(plan(inputs).schedule[0]).toMatchObject({ startsAt: null, endsAt: null, endsAfterMs: 1000 });
  const anchored = plan({ ...inputs, anchored: true, at: '2026-11-21T18:00:00Z' });
  expect(anchored.schedule[0]).toMatchObject({ startsAt: '2026-11-21T18:00:00Z', endsAt: '2026-11-21T18:00:01Z' });
});
