import { expect, test } from 'vitest';
import { actionOf } from '../../../src/actions/index.ts';
import { promoteParams } from '../../../src/actions/stage-promote.ts';
import type { DesiredGate, DesiredStage } from '../../../src/model/desired.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { parsePlan } from '../../../src/plan/parse-plan.ts';
import { plan } from '../../../src/plan/plan.ts';
import { planJson } from '../../../src/report/plan/plan-json.ts';
import { release, rollout, simpleFleet, stage } from '../../support/fleet-fixture.ts';
import { gate } from '../../support/gate-fixture.ts';
import { codes } from '../../support/plan-facts.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const hour = 3_600_000;

function planned(stages: readonly DesiredStage[], gates: readonly DesiredGate[], nodes = 10) {
  return plan(simpleFleet(nodes, v14, v15, { rollout: rollout({ stages, gates }) }));
}

function promotions(made: Plan) {
  return made.steps.filter(({ kind }) => kind === 'stage-promote').map((step) => ({ step, ...promoteParams(step) }));
}

const limited = gate('errorRate', { max: 0.05 });
const comparing = gate('latencyP99', { worseBy: 0.1 });
const both = gate('cpu', { max: 0.9, worseBy: 0.2 });

test('a gated stage carries its gates, the bake limit and what happens without evidence', () => {
  const made = planned([stage(20, { bakeMs: hour, onInsufficient: 'promote' }), stage(100)], [limited, comparing]);
  expect(promotions(made)).toMatchObject([
    {
      bakeMs: hour,
      approval: false,
      gates: {
        gates: [limited, comparing],
        notCompared: [],
        bakeLimitMs: 2 * hour,
        onInsufficient: 'promote',
        mustPass: true,
      },
    },
  ]);
});

test.each([
  ['gate', false, true],
  ['approval', true, false],
  ['both', true, true],
] as const)('promotion by %s: approval %s, gates must pass %s', (promotion, approval, mustPass) => {
  const [first] = promotions(planned([stage(20, { promotion }), stage(100)], [limited]));
  expect([first!.approval, first!.gates!.mustPass]).toEqual([approval, mustPass]);
});

test('an own query that looks back has so much longer to say something of the stage', () => {
  const own = gate('custom', { query: 'rate(a{node="{{node}}"}[30m])', max: 1 });
  const [first] = promotions(planned([stage(20, { bakeMs: hour }), stage(100)], [limited, own]));
  expect(first!.gates!.bakeLimitMs).toBe(2.5 * hour);
});

test.each([
  [{ bakeMs: 60_000 }, 360_000],
  [{ bakeMs: 0 }, 300_000],
  [{ bakeMs: hour, bakeLimitMs: 5 * hour }, 5 * hour],
  [{ bakeMs: hour, bakeLimitMs: 1 }, hour],
])('the bake limit of %o is %d ms', (facts, expected) => {
  const [first] = promotions(planned([stage(20, facts), stage(100)], [limited]));
  expect(first!.gates!.bakeLimitMs).toBe(expected);
});

test('the last stage ends with a gate of its own where it bakes and limits can decide', () => {
  const last = promotions(planned([stage(20), stage(100, { bakeMs: hour, promotion: 'both' })], [both, comparing]))[1]!;
  expect(last).toMatchObject({ ends: 'rollout', approval: false, bakeMs: hour });
  expect(last.gates).toMatchObject({ gates: [both], notCompared: ['cpu'] });
  expect(promotions(planned([stage(20), stage(100)], [limited]))).toHaveLength(1);
  expect(promotions(planned([stage(20), stage(100, { bakeMs: hour })], []))).toHaveLength(1);
  expect(promotions(planned([stage(20), stage(100, { bakeMs: hour })], [comparing]))).toHaveLength(1);
});

test('where only the leader is left to compare followers with, only limits count and a finding says so', () => {
  const made = planned([stage(90), stage(100)], [both, comparing]);
  expect(promotions(made)[0]!.gates).toMatchObject({ gates: [both], notCompared: ['cpu'] });
  expect(codes(made)).toContain('THM3044');
});

test('a comparison of fewer than two new nodes is said to be insufficient beforehand', () => {
  expect(codes(planned([stage(10), stage(100)], [comparing]))).toEqual(['THM3045']);
  expect(codes(planned([stage(20), stage(100)], [comparing]))).toEqual([]);
  expect(codes(planned([stage(10), stage(100)], [limited]))).toEqual([]);
});

test('whoever is asked, the order is bake, judge, approval, promote', () => {
  const [first] = promotions(planned([stage(20, { bakeMs: hour, promotion: 'both' }), stage(100)], [limited]));
  expect(actionOf(first!.step).instructions(first!.step)).toEqual([
    { kind: 'bake', stage: 1, durationMs: hour },
    { kind: 'judge', stage: 1, gates: first!.gates },
    { kind: 'await-approval', stage: 1 },
    { kind: 'promote', stage: 1 },
  ]);
});

test('a final bake that was cut off is planned again until the record says that it is over', () => {
  const stages = [stage(20), stage(100, { bakeMs: hour })];
  const inputs = simpleFleet(10, v15, v15, { rollout: rollout({ stages, gates: [limited] }) });
  const names = inputs.desired.fleet.nodes.map(({ name }) => name);
  const progress = (promotedAt: string | null) => ({
    target: inputs.digests.targetDigest,
    startedAt: '2026-01-01T00:00:00Z',
    stages: [
      { nodes: names.slice(0, 2), completedAt: '2026-01-01T01:00:00Z', promotedAt: '2026-01-01T01:00:00Z' },
      { nodes: names.slice(2), completedAt: '2026-01-01T02:00:00Z', promotedAt },
    ],
  });
  const made = (promotedAt: string | null) =>
    plan({ ...inputs, record: { ...inputs.record, current: progress(promotedAt) } });
  expect(made(null).steps.map(({ id }) => id.split('/').slice(0, 2).join('/'))).toEqual(['stage-2/promote']);
  expect(made('2026-01-01T03:00:00Z').steps).toEqual([]);
  expect(plan(inputs).steps).toEqual([]);
});

test('gates in a plan file are checked when it is read', () => {
  const made = planned([stage(20), stage(100)], [limited, comparing]);
  expect(parsePlan(planJson(made))).toEqual({ plan: made });
  const odd = planJson(made).replaceAll('"metric":"errorRate"', '"metric":"mood"');
  expect(parsePlan(odd)).toMatchObject({ findings: [{ code: 'THM3083' }] });
});
