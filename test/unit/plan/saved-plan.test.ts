import { expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { comparePlans } from '../../../src/plan/compare-plans.ts';
import { parsePlan, refusedPlanExitCode } from '../../../src/plan/parse-plan.ts';
import { plan } from '../../../src/plan/plan.ts';
import { sealPlan, verifySeal } from '../../../src/plan/seal.ts';
import { undoOrder } from '../../../src/plan/undo-order.ts';
import { planJson } from '../../../src/report/plan/plan-json.ts';
import { release, rollout, simpleFleet, stage } from '../../support/fleet-fixture.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const stages = rollout({ stages: [stage(50, { bakeMs: 1000 }), stage(100)] });
const made = plan(simpleFleet(4, v14, v15, { rollout: stages }));

function codeOf(value: unknown): string | undefined {
  const parsed = parsePlan(JSON.stringify(value));
  return 'findings' in parsed ? parsed.findings[0]?.code : undefined;
}

/** A plan with a valid seal whatever is wrong with it: the reader must not rely on the seal alone. */
function resealed(change: (plan: Plan) => object): object {
  return sealPlan({ ...made, ...change(made) });
}

test('what is written is read back whole, unknown fields too', () => {
  const parsed = parsePlan(planJson(made));
  expect('plan' in parsed && parsed.plan).toEqual(made);
  const later = sealPlan({ ...made, weather: 'fine' } as Plan);
  const kept = parsePlan(planJson(later));
  expect('plan' in kept && kept.plan).toMatchObject({ weather: 'fine' });
});

test.each([
  [
    'the target of a step',
    { steps: made.steps.map((step, index) => (index === 0 ? { ...step, target: 'node/other' } : step)) },
  ],
  ['a limit', { constraints: [] }],
  ['whether it may be applied', { applyable: !made.applyable }],
  ['the source', { source: { ...made.source, revision: 'x' } }],
  ['an added field', { extra: true }],
])('a plan with %s altered is refused', (_, change) => {
  expect(codeOf({ ...made, ...change })).toBe('THM3084');
  const parsed = parsePlan(JSON.stringify({ ...made, ...change }));
  expect('findings' in parsed && refusedPlanExitCode(parsed.findings)).toBe(8);
});

test('times, schedule and explanations are outside of the seal', () => {
  const later = {
    ...made,
    createdAt: '2027-01-01T00:00:00Z',
    expiresAt: '2027-01-02T00:00:00Z',
    schedule: [],
    findings: [],
    deferred: [],
  };
  expect(verifySeal(later)).toBe(true);
});

test.each([
  ['no JSON', '{', 'THM3081'],
  ['no plan', '{}', 'THM3082'],
  ['another major version', JSON.stringify({ ...made, formatVersion: '2.0' }), 'THM3082'],
])('%s is refused', (_, text, code) => {
  const parsed = parsePlan(text);
  expect('findings' in parsed && parsed.findings[0]?.code).toBe(code);
});

const first = made.steps[0]!;
test.each([
  ['a field of the wrong type', () => ({ steps: [{ ...first, stage: 'one' }] })],
  ['an unknown kind', () => ({ steps: [{ ...first, kind: 'node-explode' }] })],
  ['params that the kind does not allow', () => ({ steps: [{ ...first, params: { packages: 'all' } }] })],
  ['a need that is no step', () => ({ steps: [{ ...first, needs: ['nobody'] }] })],
  ['a step twice', () => ({ steps: [first, first] })],
  ['needs in a circle', () => ({ steps: [{ ...first, needs: [first.id] }] })],
  ['a node step on a stage', () => ({ steps: [{ ...first, target: 'stage/1' }] })],
  ['a switched package without a wanted state', () => ({ steps: [{ ...first, after: { packages: {} } }] })],
  ['an unknown constraint', () => ({ constraints: [{ kind: 'moonPhase', cluster: 'orders' }] })],
])('%s is refused even under a valid seal', (_, change) => {
  expect(codeOf(resealed(change))).toBe('THM3083');
});

test('steps are undone newest first, leaders after all others, gates not at all', () => {
  const targets = undoOrder(made).map((id) => made.steps.find((step) => step.id === id)!.target);
  expect(targets).toEqual(['node/node-d', 'node/node-c', 'node/node-b', 'node/node-a']);
});

test('a comparison says what is added, removed and changed', () => {
  const v16 = release('themisdb', '1.4.9');
  const base = plan(simpleFleet(3, v14, v15));
  const head = plan({ ...simpleFleet(4, v14, v16), scope: { targets: [], excludes: ['node/node-b', 'node/node-a'] } });
  const compared = comparePlans(base, head);
  expect(compared.added.map(({ target }) => target)).toEqual(['node/node-d']);
  expect(compared.removed.map(({ target }) => target)).toEqual(['node/node-b', 'node/node-a']);
  expect(compared.changed.map(({ head: step }) => step.target)).toEqual(['node/node-c']);
  expect(comparePlans(base, base)).toMatchObject({ added: [], removed: [], changed: [], unchanged: 3 });
});
