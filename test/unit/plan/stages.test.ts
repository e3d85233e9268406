import { expect, test } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import { assignStages, share } from '../../../src/plan/rollout/stage-membership.ts';
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
import { codes, outline } from '../../support/plan-facts.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');

function members(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    name: `n${String(index).padStart(3, '0')}`,
    cluster: `c${Math.floor(index / 5)}`,
    place: '',
    leads: index % 5 === 0,
  }));
}

test.each([
  [1, 5, 0],
  [1, 100, 1],
  [25, 7, 1],
  [100, 7, 7],
  [0.57, 10_000, 57],
  [29, 100, 29],
])('%d %% of %d nodes are %d', (percentage, nodes, expected) => {
  expect(share(percentage, nodes)).toBe(expected);
});

test('shares are cumulative and everyone is in exactly one stage', () => {
  const { sizes, stageOf } = assignStages([stage(1), stage(5), stage(25), stage(100)], members(200), null);
  expect(sizes).toEqual([2, 8, 40, 150]);
  expect(stageOf.size).toBe(200);
});

test('the first stages spread over clusters and touch no leader', () => {
  const { stageOf } = assignStages([stage(10), stage(100)], members(50), null);
  const first = members(50).filter(({ name }) => stageOf.get(name) === 1);
  expect(new Set(first.map(({ cluster }) => cluster)).size).toBe(5);
  expect(first.every(({ leads }) => !leads)).toBe(true);
});

test('atLeast fills a stage that its share leaves empty; explicit nodes are taken as named', () => {
  expect(assignStages([stage(1, { atLeast: 1 }), stage(100)], members(5), null).sizes).toEqual([1, 4]);
  const named = stage(0, { share: { kind: 'nodes', nodes: ['n003', 'n999'] } });
  const { sizes, stageOf } = assignStages([named, stage(100)], members(5), null);
  expect(sizes).toEqual([1, 4]);
  expect(stageOf.get('n003')).toBe(1);
});

test('what a rollout to the same target fixed stays, and the rest fills up around it', () => {
  const done = { completedAt: null, promotedAt: null };
  const progress = {
    target: `sha256:${'0'.repeat(64)}` as const,
    startedAt: '2026-01-01T00:00:00Z',
    stages: [
      { nodes: ['n007', 'n008'], ...done },
      { nodes: [], ...done },
    ],
  };
  const { stageOf, sizes } = assignStages([stage(20), stage(100)], members(10), progress);
  expect([stageOf.get('n007'), stageOf.get('n008')]).toEqual([1, 1]);
  expect(sizes).toEqual([2, 8]);
});

test('a stage that selects nobody is skipped and said', () => {
  const made = plan(simpleFleet(5, v14, v15, { rollout: rollout({ stages: [stage(1), stage(100)] }) }));
  expect(codes(made)).toContain('THM3040');
  expect(outline(made).every((line) => line.startsWith('2 node-update'))).toBe(true);
});

test('the leader goes last in its cluster; a gate stands between stages and carries bake and approval', () => {
  const stages = [stage(1, { atLeast: 1, bakeMs: 1000, promotion: 'both' }), stage(100)];
  const made = plan(simpleFleet(4, v14, v15, { rollout: rollout({ stages }) }));
  expect(outline(made)).toEqual([
    '1 node-update node-b',
    '1 stage-promote stage/1',
    '2 node-update node-c',
    '2 node-update node-d',
    '2 node-update node-a',
  ]);
  const gate = made.steps[1]!;
  expect(gate.params).toEqual({ bakeMs: 1000, approval: true });
  expect(gate.needs).toEqual([made.steps[0]!.id]);
  expect(made.steps.slice(2).every((step) => step.needs.join() === gate.id)).toBe(true);
});

test('label groups go one after the other, and a leader in an early group takes the last turn anyway', () => {
  const nodes = ['a', 'b', 'c'].map((name, index) =>
    desiredNode(name, { labels: { zone: index < 2 ? 'one' : 'two' } }),
  );
  const observed = nodes.map(({ name }) => observedNode(name, [v14], { role: name === 'a' ? 'leader' : 'follower' }));
  const made = plan(
    planInputs({ nodes, observed, releases: [v14, v15], wanted: [v15], rollout: rollout({ order: ['zone=one'] }) }),
  );
  expect(outline(made)).toEqual([
    '1 node-update b',
    '1 stage-promote stage/1 group 1',
    '1 node-update c',
    '1 node-update a',
  ]);
});

test('a gate waits for every group of its stage, and the one that ends a hop or the rollout for every stage', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name, index) =>
    desiredNode(name, { labels: { zone: index % 2 === 0 ? 'one' : 'two' } }),
  );
  const observed = nodes.map(({ name }) => observedNode(name, [v14]));
  const stages = [
    stage(50, { share: { kind: 'nodes', nodes: ['a', 'b'] }, bakeMs: 1000 }),
    stage(100, { bakeMs: 1000 }),
  ];
  const gates = [gate('errorRate', { max: 0.05 })];
  const wanted = { releases: [v14, v15], wanted: [v15] };
  const made = plan(
    planInputs({ nodes, observed, ...wanted, rollout: rollout({ order: ['zone=one'], stages, gates }) }),
  );
  const awaited = made.steps
    .filter(({ params }) => params?.['bakeMs'] === 1000)
    .map(({ needs }) => needs.map((id) => id.split('/')[0]).join(' '));
  expect(awaited).toEqual(['a b', 'a b c d']);
});

test('a promoted stage is not gated again, and a node that joins late does not make the fleet bake', () => {
  const stages = [stage(50, { bakeMs: 1000 }), stage(100)];
  const inputs = simpleFleet(4, v14, v15, { rollout: rollout({ stages }) });
  const gates = (made: ReturnType<typeof plan>): number =>
    made.steps.filter(({ kind }) => kind === 'stage-promote').length;
  expect(gates(plan(inputs))).toBe(1);
  const current = {
    target: inputs.digests.targetDigest,
    startedAt: '2026-01-01T00:00:00Z',
    stages: [
      { nodes: ['node-b', 'node-c'], completedAt: '2026-01-01T00:00:00Z', promotedAt: '2026-01-01T01:00:00Z' },
      { nodes: ['node-a', 'node-d'], completedAt: null, promotedAt: null },
    ],
  };
  const half = inputs.observed.nodes.map(({ name }) =>
    observedNode(name, ['node-b', 'node-c'].includes(name) ? [v15] : [v14]),
  );
  const record = { ...inputs.record, current };
  expect(gates(plan({ ...inputs, observed: { nodes: half, databases: [] } }))).toBe(1);
  expect(gates(plan({ ...inputs, observed: { nodes: half, databases: [] }, record }))).toBe(0);
  // Whatever was promoted before: what moves now is watched before others follow.
  expect(gates(plan({ ...inputs, record }))).toBe(1);
  const smaller = {
    ...current,
    stages: current.stages.map(({ completedAt, promotedAt }) => ({ nodes: [], completedAt, promotedAt })),
  };
  expect(
    gates(
      plan({ ...inputs, observed: { nodes: half, databases: [] }, record: { ...inputs.record, current: smaller } }),
    ),
  ).toBe(1);
  const late = inputs.observed.nodes.map(({ name }) => observedNode(name, name === 'node-d' ? [v14] : [v15]));
  const joined = plan({ ...inputs, observed: { nodes: late, databases: [] } });
  expect(outline(joined)).toEqual(['2 node-update node-d']);
});

test('what a rollout of one node opened stays shut for the nodes that were not selected then', () => {
  const inputs = simpleFleet(4, v14, v15, {
    rollout: rollout({
      stages: [stage(1, { share: { kind: 'nodes', nodes: ['node-b'] }, promotion: 'approval' }), stage(100)],
    }),
  });
  const at = '2026-11-21T17:00:00Z';
  const alone = { nodes: ['node-b'], completedAt: at, promotedAt: at };
  const record = {
    ...inputs.record,
    current: {
      target: inputs.digests.targetDigest,
      startedAt: at,
      stages: [alone, { nodes: [], completedAt: at, promotedAt: at }],
    },
  };
  const nodes = inputs.observed.nodes.map(({ name }) => observedNode(name, name === 'node-b' ? [v15] : [v14]));
  const made = plan({ ...inputs, observed: { nodes, databases: [] }, record });
  expect(outline(made)[0]).toBe('1 stage-promote stage/1');
});

test('a repair waits for no stage when nothing else moves', () => {
  const inputs = simpleFleet(4, v15, v15, { rollout: rollout({ stages: [stage(50, { bakeMs: 1000 }), stage(100)] }) });
  const drift = [{ package: 'themisdb', path: 'bin/themisdb', problem: 'changed' as const }];
  const nodes = inputs.observed.nodes.map(({ name }) => observedNode(name, [v15], { drift }));
  const made = plan({ ...inputs, observed: { nodes, databases: [] } });
  expect(made.steps.map(({ kind }) => kind)).toEqual(Array.from({ length: 4 }, () => 'node-repair'));
});
