import { expect, test } from 'vitest';
import type { DesiredApproval, DesiredNode, DesiredTenant } from '../../../src/model/desired.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { emptyRecord } from '../../../src/model/rollout-record.ts';
import { plan } from '../../../src/plan/plan.ts';
import {
  approval,
  desiredNode,
  observedNode,
  planInputs,
  release,
  rollout,
  stage,
  tenant,
} from '../../support/fleet-fixture.ts';
import { codes } from '../../support/plan-facts.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const critical = release('themisdb', '1.5.0', { isCritical: true });
/** A Saturday. */
const at = '2026-11-21T18:00:00Z';
const sunday: DesiredTenant = tenant('sunday', {
  windows: [{ days: ['Sunday'], from: '02:00', to: '02:10', timezone: 'UTC' }],
});

const measured = { ...emptyRecord, estimates: { updateMs: 15_000, rollbackMs: 15_000 } };

interface Facts {
  readonly tenants: readonly DesiredTenant[];
  readonly approvals?: readonly DesiredApproval[];
  readonly at?: string;
  readonly to?: typeof v15;
  readonly stages?: Parameters<typeof rollout>[0];
}

/** Three nodes of one cluster, `a` leads; `of` says whom each serves. */
function planned(of: Readonly<Record<string, readonly string[]>>, facts: Facts): Plan {
  const nodes = ['a', 'b', 'c'].map((name): DesiredNode => desiredNode(name, { tenants: of[name] ?? [] }));
  const observed = nodes.map(({ name }) => observedNode(name, [v14], { role: name === 'a' ? 'leader' : 'follower' }));
  return plan(
    planInputs({
      nodes,
      observed,
      releases: [v14, facts.to ?? v15],
      wanted: [facts.to ?? v15],
      rollout: rollout(facts.stages),
      desired: { tenants: facts.tenants, approvals: facts.approvals ?? [] },
      inputs: { at: facts.at ?? at, record: measured },
    }),
  );
}

function starts(made: Plan): Record<string, string | null> {
  const targets = new Map(made.steps.map((step) => [step.id, step.target]));
  return Object.fromEntries(made.schedule.map((entry) => [targets.get(entry.step)!, entry.startsAt]));
}

function deferred(made: Plan): Record<string, string | null> {
  const targets = new Map(made.steps.map((step) => [step.id, step.target]));
  return Object.fromEntries(made.deferred.map(({ step, until }) => [targets.get(step)!, until]));
}

test('a node waits for its window while others of the cluster go on, and the leader waits for it', () => {
  const made = planned({ b: ['sunday'] }, { tenants: [sunday] });
  expect(starts(made)).toEqual({
    'node/c': at,
    'node/b': '2026-11-22T02:00:00Z',
    'node/a': '2026-11-22T02:00:15Z',
  });
  const entry = made.schedule.find(({ step }) => step.startsWith('b/'))!;
  expect(entry).toMatchObject({ opensAt: '2026-11-22T02:00:00Z', closesAt: '2026-11-22T02:10:00Z' });
  expect(entry.because).toContain('sunday');
  expect(made.constraints).toContainEqual({ kind: 'window', cluster: 'orders', node: 'b', tenants: ['sunday'] });
});

test('a switch starts only where its rollback fits before the window closes', () => {
  const narrow = tenant('narrow', {
    windows: [{ days: ['Sunday'], from: '02:00', to: '02:01', timezone: 'UTC' }],
  });
  const open = planned({ b: ['narrow'] }, { tenants: [narrow], at: '2026-11-22T02:00:31Z' });
  expect(starts(open)['node/b']).toBe('2026-11-29T02:00:00Z');
  const fits = planned({ b: ['narrow'] }, { tenants: [narrow], at: '2026-11-22T02:00:30Z' });
  expect(starts(fits)['node/b']).toBe('2026-11-22T02:00:30Z');
});

test('what cannot start before the plan expires is deferred until it can, with all that waits for it', () => {
  const closed = tenant('closed', {
    ...sunday,
    name: 'closed',
    blackouts: [{ from: '2026-11-01', to: '2026-12-01', timezone: 'UTC', reason: undefined }],
  });
  const stages = { stages: [stage(67), stage(100)] };
  const made = planned({ b: ['closed'] }, { tenants: [closed], stages });
  const until = '2026-12-06T02:00:00Z';
  expect(deferred(made)).toEqual({ 'node/b': until, 'stage/1': until, 'node/a': until });
  expect(starts(made)).toEqual({ 'node/c': at });
  expect(made.summary).toMatchObject({ update: 1, deferred: 2 });
});

test('a bake longer than the life of a plan defers the next stage', () => {
  const stages = { stages: [stage(67, { bakeMs: 8 * 86_400_000 }), stage(100)] };
  const made = planned({}, { tenants: [], stages });
  expect(deferred(made)).toEqual({ 'node/a': '2026-11-29T18:00:15Z' });
});

test('absent consent defers and names the command; given consent does not', () => {
  const asking = tenant('asking', { policy: { consent: 'required' } });
  const without = planned({ c: ['asking'] }, { tenants: [asking] });
  expect(deferred(without)).toEqual({ 'node/c': null, 'node/a': null });
  const finding = without.findings.find(({ code }) => code === 'THM3052')!;
  expect([finding.summary, finding.fix]).toEqual([
    expect.stringContaining('asking needs consent'),
    '`themis approve tenant/asking`',
  ]);
  const approvals = [approval({ kind: 'tenant', tenant: 'asking' }, without.targetDigest)];
  const given = planned({ c: ['asking'] }, { tenants: [asking], approvals });
  expect(given.deferred).toEqual([]);
  expect(given.planDigest).toBe(without.planDigest);
});

test('what no window ever fits is deferred without end, and the proof names the tenants', () => {
  const monday = tenant('monday', {
    windows: [{ days: ['Monday'], from: '02:00', to: '03:00', timezone: 'UTC' }],
  });
  const made = planned({ c: ['monday', 'sunday'] }, { tenants: [monday, sunday] });
  expect(deferred(made)).toEqual({ 'node/c': null, 'node/a': null });
  const never = made.findings.find(({ code }) => code === 'THM3053')!;
  expect(never.summary).toMatch(/monday.*sunday/u);
});

test('a critical release passes consent where the tenant says so, and no window', () => {
  const asking = tenant('asking', { windows: sunday.windows, policy: { autoUpdate: false } });
  const strict = tenant('strict', { policy: { autoUpdate: false, criticalAutoUpdate: false } });
  const made = planned({ b: ['asking'], c: ['strict'] }, { tenants: [asking, strict], to: critical });
  expect(made.steps.every(({ params }) => params?.['critical'] === true)).toBe(true);
  expect(starts(made)).toEqual({ 'node/b': '2026-11-22T02:00:00Z' });
  expect(deferred(made)).toEqual({ 'node/c': null, 'node/a': null });
  expect(codes(made)).toContain('THM3056');
  expect(planned({}, { tenants: [] }).steps[0]!.params).not.toHaveProperty('critical');
});

test('notice counts from the start of the rollout, or from now', () => {
  const told = tenant('told', { policy: { noticeLeadTimeMs: 3_600_000 } });
  const made = planned({ b: ['told'] }, { tenants: [told] });
  expect(starts(made)['node/b']).toBe('2026-11-21T19:00:00Z');
});

test('an emergency approval opens windows and consent, is said, and changes nothing of what was reviewed', () => {
  const asking = tenant('asking', { windows: sunday.windows, policy: { consent: 'required' } });
  const of = { b: ['asking'] };
  const calm = planned(of, { tenants: [asking] });
  const emergency = (expiresAt: string | undefined): Plan =>
    planned(of, {
      tenants: [asking],
      approvals: [approval({ kind: 'emergency' }, calm.targetDigest, expiresAt)],
    });
  const open = emergency('2026-11-21T20:00:00Z');
  expect(starts(open)).toMatchObject({ 'node/b': at });
  expect(codes(open)).toContain('THM3054');
  expect(open.planDigest).toBe(calm.planDigest);
  for (const expiresAt of [undefined, '2026-11-21T17:00:00Z']) {
    expect(deferred(emergency(expiresAt))).toEqual({ 'node/b': null, 'node/a': null });
    expect(codes(emergency(expiresAt))).toContain('THM3055');
  }
});

test('the plan digest does not depend on when the plan is made', () => {
  const of = { a: ['sunday'], b: ['sunday'] };
  const now = planned(of, { tenants: [sunday] });
  const later = planned(of, { tenants: [sunday], at: '2026-12-24T00:00:00Z' });
  expect(later.planDigest).toBe(now.planDigest);
  expect(later.schedule).not.toEqual(now.schedule);
});

test('critical tenants go first and low ones last; a node has the tier of its most critical tenant', () => {
  const tenants = [tenant('gold', { priority: 'critical' }), tenant('tin', { priority: 'low' })];
  const names = ['a', 'b', 'c', 'd', 'e'];
  const serves: Record<string, readonly string[]> = { b: ['tin'], d: ['gold'], e: ['gold', 'tin'] };
  const nodes = names.map((name) => desiredNode(name, { tenants: serves[name] ?? [] }));
  const observed = names.map((name) => observedNode(name, [v14], { role: name === 'e' ? 'leader' : 'follower' }));
  const made = plan(planInputs({ nodes, observed, releases: [v14, v15], wanted: [v15], desired: { tenants } }));
  expect(made.steps.map(({ target }) => target.slice(5))).toEqual(['d', 'a', 'c', 'b', 'e']);
});

test('stages spread over the label that the rollout names', () => {
  const names = ['a', 'b', 'c', 'd'];
  const nodes = names.map((name, index) =>
    desiredNode(name, { labels: { zone: `z${index}`, rack: index < 2 ? 'r1' : 'r2' } }),
  );
  const observed = names.map((name) => observedNode(name, [v14]));
  const first = (spreadBy: string | undefined): readonly string[] => {
    const facts = { stages: [stage(50), stage(100)], ...(spreadBy === undefined ? {} : { spreadBy }) };
    const inputs = planInputs({ nodes, observed, releases: [v14, v15], wanted: [v15], rollout: rollout(facts) });
    return plan(inputs)
      .steps.filter((step) => step.stage === 1 && step.kind === 'node-update')
      .map(({ target }) => target.slice(5));
  };
  expect(first(undefined)).toEqual(['a', 'b']);
  expect(first('rack')).toEqual(['a', 'c']);
});
