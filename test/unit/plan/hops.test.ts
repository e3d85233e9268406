import { expect, test } from 'vitest';
import { promoteParams } from '../../../src/actions/stage-promote.ts';
import type { Plan, PlanStep } from '../../../src/model/plan.ts';
import type { RolloutRecord, StageProgress } from '../../../src/model/rollout-record.ts';
import type { PlanInputs } from '../../../src/plan/plan-inputs.ts';
import { plan } from '../../../src/plan/plan.ts';
import { undoOrder } from '../../../src/plan/undo-order.ts';
import {
  desiredNode,
  observedNode,
  planInputs,
  release,
  rollout,
  simpleFleet,
  stage,
} from '../../support/fleet-fixture.ts';
import { gate } from '../../support/gate-fixture.ts';
import { codes } from '../../support/plan-facts.ts';

const [v13, v14, v15, v16] = ['1.3.0', '1.4.7', '1.5.0', '1.6.0'].map((version) => release('themisdb', version)) as [
  ReturnType<typeof release>,
  ReturnType<typeof release>,
  ReturnType<typeof release>,
  ReturnType<typeof release>,
];
const releases = [v13, v14, v15, v16];

/** `1/2 node-b 1.4.7`, `last/1 gate`: hop and stage, what acts, what it leads to. */
function outline(made: Plan): readonly string[] {
  return made.steps.map((step) => {
    const where = `${step.hop ?? 'last'}/${step.stage}`;
    if (step.kind === 'stage-promote') return `${where} gate`;
    return `${where} ${step.target.slice(5)} ${step.after.packages!['themisdb']!.version}`;
  });
}

function mixed(has: Readonly<Record<string, ReturnType<typeof release>>>, facts: Partial<PlanInputs> = {}): PlanInputs {
  const names = Object.keys(has);
  return planInputs({
    nodes: names.map((name) => desiredNode(name)),
    observed: names.map((name, index) =>
      observedNode(name, [has[name]!], { role: index === 0 ? 'leader' : 'follower' }),
    ),
    releases,
    wanted: [v15],
    inputs: facts,
  });
}

test('every hop goes through all stages, the leader last in each, and ends with a gate of its own', () => {
  const stages = [stage(40, { bakeMs: 1000, promotion: 'both' }), stage(100)];
  const made = plan(simpleFleet(3, v13, v15, { releases, rollout: rollout({ stages }) }));
  expect(outline(made)).toEqual([
    '1/1 node-b 1.4.7',
    '1/1 gate',
    '1/2 node-c 1.4.7',
    '1/2 node-a 1.4.7',
    '1/2 gate',
    'last/1 node-b 1.5.0',
    'last/1 gate',
    'last/2 node-c 1.5.0',
    'last/2 node-a 1.5.0',
  ]);
  const gates = made.steps.filter(({ kind }) => kind === 'stage-promote').map(promoteParams);
  expect(gates).toEqual([
    { bakeMs: 1000, approval: false, hop: 1, leadsTo: 'themisdb 1.4.7' },
    { bakeMs: 0, approval: false, hop: 1, leadsTo: 'themisdb 1.4.7', ends: 'hop' },
    { bakeMs: 1000, approval: true },
  ]);
  expect(made.summary).toMatchObject({ update: 3, deferred: 0 });
});

test('a step of a hop needs the last gate of the hop before and the own step of its node', () => {
  const made = plan(simpleFleet(3, v13, v15, { releases }));
  const first = made.steps.find(({ hop, kind }) => hop === undefined && kind === 'node-update');
  const own = made.steps.find(({ hop, target }) => hop === 1 && target === first!.target)!;
  const closing = made.steps.find(({ kind }) => kind === 'stage-promote')!;
  expect(first!.needs).toEqual([closing.id, own.id]);
  expect(closing.needs).toHaveLength(3);
  expect(first!.before).toEqual(own.after);
  expect(first!.undo!.restorePoint).not.toBe(own.undo!.restorePoint);
});

test('a node that is past a hop does not take it, and waits for those that do', () => {
  const made = plan(mixed({ a: v14, b: v13, c: v14 }));
  expect(outline(made)).toEqual(['1/1 b 1.4.7', '1/1 gate', 'last/1 b 1.5.0', 'last/1 c 1.5.0', 'last/1 a 1.5.0']);
});

test('a node two minors ahead of another does not keep it from catching up', () => {
  expect(outline(plan(mixed({ a: v15, b: v13, c: v15 })))).toEqual(['1/1 b 1.4.7', '1/1 gate', 'last/1 b 1.5.0']);
});

test('intermediate hops are promoted by their gates, which then must pass', () => {
  const stages = [stage(50, { promotion: 'approval' }), stage(100)];
  const gates = [gate('errorRate', { max: 0.1 })];
  const made = plan(simpleFleet(4, v13, v15, { releases, rollout: rollout({ stages, gates }) }));
  const asked = made.steps.filter(({ kind }) => kind === 'stage-promote').map(promoteParams);
  expect(asked.map(({ approval, gates: judged }) => [approval, judged?.mustPass])).toEqual([
    [false, true],
    [false, true],
    [true, false],
  ]);
});

test('minUpgradeFrom, a known bad way and a data schema lead through other releases', () => {
  const strict = release('themisdb', '1.5.0', { minUpgradeFrom: '1.4.5' });
  const old = release('themisdb', '1.4.0');
  expect(outline(plan(simpleFleet(1, old, strict, { releases: [old, v14, strict] })))).toEqual([
    '1/1 node-a 1.4.7',
    '1/1 gate',
    'last/1 node-a 1.5.0',
  ]);
  const inputs = simpleFleet(1, old, v15, { releases: [old, v14, v15] });
  const knownBad = [{ package: 'themisdb', from: '1.4.0', to: '1.5.0', reason: 'loses indexes' }];
  const around = { ...inputs, desired: { ...inputs.desired, fleet: { ...inputs.desired.fleet, knownBad } } };
  expect(outline(plan(inputs))).toEqual(['last/1 node-a 1.5.0']);
  expect(outline(plan(around))).toHaveLength(3);
  const third = release('themisdb', '1.5.0', { dataSchemaVersion: 3 });
  const second = release('themisdb', '1.4.9', { dataSchemaVersion: 2 });
  expect(outline(plan(simpleFleet(1, old, third, { releases: [old, second, third] })))[0]).toBe('1/1 node-a 1.4.9');
});

test('drift is mended by the first hop, whichever package drifted', () => {
  const query = release('themis-query', '1.0.0');
  const drift = [{ package: 'themis-query', path: 'bin/themis-query', problem: 'changed' as const }];
  const made = plan(
    planInputs({
      nodes: [desiredNode('a')],
      observed: [observedNode('a', [v13, query], { drift })],
      releases: [...releases, query],
      wanted: [query, v15],
    }),
  );
  const packages = (step: PlanStep) => step.params?.['packages'];
  expect(made.steps.filter(({ kind }) => kind !== 'stage-promote').map(packages)).toEqual([
    ['themisdb', 'themis-query'],
    ['themisdb'],
  ]);
});

test('what is undone goes back hop by hop, leaders last in each', () => {
  const made = plan(simpleFleet(3, v13, v15, { releases }));
  const steps = new Map(made.steps.map((step) => [step.id, step]));
  const order = undoOrder(made).map((id) => `${steps.get(id)!.hop ?? 'last'} ${steps.get(id)!.target.slice(5)}`);
  expect(order).toEqual(['last node-c', 'last node-b', 'last node-a', '1 node-c', '1 node-b', '1 node-a']);
});

function progress(inputs: PlanInputs, hops: Readonly<Record<string, readonly StageProgress[]>>): RolloutRecord {
  const none = { completedAt: null, promotedAt: null };
  const stages = [
    { nodes: ['node-b'], ...none },
    { nodes: ['node-a', 'node-c'], ...none },
  ];
  const startedAt = '2026-11-20T00:00:00Z';
  return { ...inputs.record, current: { target: inputs.digests.targetDigest, startedAt, stages, hops } };
}

const stages = [stage(40, { bakeMs: 1000 }), stage(100, { bakeMs: 5000 })];
const at = '2026-11-20T00:00:00Z';

test('what a hop has promoted is not gated again, and its key stays the one that was recorded', () => {
  const inputs = simpleFleet(3, v13, v15, { releases, rollout: rollout({ stages }) });
  const half = inputs.observed.nodes.map((node) => (node.name === 'node-b' ? observedNode('node-b', [v14]) : node));
  const key = 'other-tool 2.0.0, themisdb 1.4.7';
  const record = progress(inputs, {
    [key]: [
      { nodes: ['node-b'], completedAt: at, promotedAt: at },
      { nodes: ['node-a', 'node-c'], completedAt: null, promotedAt: null },
    ],
  });
  const made = plan({ ...inputs, observed: { nodes: half, databases: [] }, record });
  expect(outline(made).slice(0, 3)).toEqual(['1/2 node-c 1.4.7', '1/2 node-a 1.4.7', '1/2 gate']);
  expect(promoteParams(made.steps[2]!).leadsTo).toBe(key);
  expect(outline(plan({ ...inputs, observed: { nodes: half, databases: [] } }))[0]).toBe('1/1 gate');
});

test('a hop that everyone has taken still bakes before the next begins', () => {
  const inputs = simpleFleet(3, v14, v15, { releases, rollout: rollout({ stages }) });
  const baking = (promotedAt: string | null) =>
    plan({
      ...inputs,
      record: progress(inputs, {
        'themisdb 1.4.7': [
          { nodes: ['node-b'], completedAt: at, promotedAt: at },
          { nodes: ['node-a', 'node-c'], completedAt: at, promotedAt },
        ],
      }),
    });
  const made = baking(null);
  expect(outline(made).slice(0, 2)).toEqual(['1/2 gate', 'last/1 node-b 1.5.0']);
  expect(promoteParams(made.steps[0]!)).toMatchObject({ bakeMs: 5000, ends: 'hop', leadsTo: 'themisdb 1.4.7' });
  expect(made.steps[1]!.needs).toEqual([made.steps[0]!.id]);
  expect(outline(baking(at))[0]).toBe('last/1 node-b 1.5.0');
});

test('clusters on different releases share the hops they have in common', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name, index) => desiredNode(name, { cluster: index < 2 ? 'one' : 'two' }));
  const observed = nodes.map(({ name, cluster }) => observedNode(name, [cluster === 'one' ? v13 : v14]));
  const made = plan(planInputs({ nodes, observed, releases, wanted: [v16] }));
  expect(outline(made)).toEqual([
    '1/1 a 1.4.7',
    '1/1 b 1.4.7',
    '1/1 gate',
    '2/1 a 1.5.0',
    '2/1 b 1.5.0',
    '2/1 c 1.5.0',
    '2/1 d 1.5.0',
    '2/1 gate',
    'last/1 a 1.6.0',
    'last/1 b 1.6.0',
    'last/1 c 1.6.0',
    'last/1 d 1.6.0',
  ]);
  expect(codes(made)).toEqual(['THM3042']);
});
