import { expect, test } from 'vitest';
import type { RestorePointSummary } from '../../../src/model/observed.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { emptyRecord } from '../../../src/model/rollout-record.ts';
import { planExitCode } from '../../../src/plan/plan-exit-code.ts';
import { plan } from '../../../src/plan/plan.ts';
import type { RollbackInputs } from '../../../src/plan/rollback/plan-rollback.ts';
import { planRollback } from '../../../src/plan/rollback/plan-rollback.ts';
import {
  desiredNode,
  installed,
  observedNode,
  release,
  rollout,
  simpleFleet,
  testInstant,
  unreachableNode,
} from '../../support/fleet-fixture.ts';
import { applied, desiredMigration, observedDatabase, silentDatabase } from '../../support/schema-fixture.ts';
import { codes, outline } from '../../support/plan-facts.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');

function point(id: string, manifest: ReleaseManifest, createdAt = '2026-11-20T00:00:00Z'): RestorePointSummary {
  return { id, createdAt, packages: { themisdb: installed(manifest) }, sizeBytes: 10 };
}

const lastPlan = plan(
  simpleFleet(3, v14, v15, { rollout: rollout({ health: { timeoutMs: 5000, maxReplicationLagMs: 10_000 } }) }),
);
const updated = ['node-a', 'node-b', 'node-c'].map((name) =>
  observedNode(name, [v15], { role: name === 'node-a' ? 'leader' : 'follower', restorePoints: [point('before', v14)] }),
);

function rollback(facts: Partial<RollbackInputs> = {}) {
  return planRollback({
    what: { kind: 'all' },
    to: undefined,
    fleet: { name: 'orders', uid: 'uid' },
    nodes: ['node-a', 'node-b', 'node-c'].map((name) =>
      desiredNode(name, { tenants: name === 'node-c' ? ['acme'] : [] }),
    ),
    observed: { nodes: updated, databases: [] },
    catalogue: { releases: [], yanked: [] },
    record: emptyRecord,
    lastPlan,
    at: testInstant,
    source: lastPlan.source,
    themisVersion: '0.1.0',
    digests: { desiredDigest: lastPlan.desiredDigest, targetDigest: lastPlan.targetDigest },
    ...facts,
  });
}

test('everything goes back in the reverse of the last plan, the leader last, without stages', () => {
  const made = rollback();
  expect(outline(made)).toEqual(['1 node-rollback node-c', '1 node-rollback node-b', '1 node-rollback node-a']);
  expect(made.steps.every((step) => step.needs.length === 0)).toBe(true);
  expect(made.steps[0]).toMatchObject({
    after: { packages: { themisdb: installed(v14) } },
    params: { restorePoint: 'before', healthTimeoutMs: 5000 },
  });
  expect(made.constraints.map(({ kind }) => kind)).toEqual(['leaderLast', 'maxUnavailable', 'maxMinorSkew', 'quorum']);
  expect(made.applyable).toBe(true);
});

test('one node, or the nodes of a tenant', () => {
  expect(outline(rollback({ what: { kind: 'node', name: 'node-b' } }))).toEqual(['1 node-rollback node-b']);
  expect(outline(rollback({ what: { kind: 'tenant', name: 'acme' } }))).toEqual(['1 node-rollback node-c']);
  expect(codes(rollback({ what: { kind: 'tenant', name: 'nobody' } }))).toContain('THM3060');
});

test('a node that serves others too goes back for them as well, and the plan says so', () => {
  const nodes = ['node-a', 'node-b', 'node-c'].map((name) =>
    desiredNode(name, { tenants: name === 'node-b' ? ['acme', 'globex'] : name === 'node-c' ? ['acme'] : ['globex'] }),
  );
  const made = rollback({ what: { kind: 'tenant', name: 'acme' }, nodes });
  expect(outline(made)).toEqual(['1 node-rollback node-c', '1 node-rollback node-b']);
  const shared = made.findings.filter(({ code }) => code === 'THM3073').map(({ summary }) => summary);
  expect(shared).toEqual([expect.stringMatching(/^node-b also serves globex/u)]);
  expect(made.deferred).toEqual([]);
  expect(made.constraints.map(({ kind }) => kind)).not.toContain('window');
});

test('it works without a last plan, under the default limits', () => {
  const made = rollback({ lastPlan: undefined });
  expect(outline(made)).toEqual(['1 node-rollback node-c', '1 node-rollback node-b', '1 node-rollback node-a']);
  expect(made.constraints).toContainEqual({ kind: 'maxUnavailable', cluster: 'orders', value: 1 });
});

test('the point kept of the newer state is never the one to roll back to', () => {
  const again = [observedNode('node-a', [v14], { restorePoints: [point('kept', v15), point('before', v14)] })];
  const made = rollback({ observed: { nodes: again, databases: [] }, what: { kind: 'node', name: 'node-a' } });
  expect(made.steps).toEqual([]);
  expect(codes(made)).toContain('THM3070');
});

test('the point made before the first installation is returned to only by name', () => {
  const nothing: RestorePointSummary = { id: 'bare', createdAt: '2026-11-19T00:00:00Z', packages: {}, sizeBytes: 0 };
  const nodes = updated.map(({ name }) => observedNode(name, [v14], { restorePoints: [point('kept', v15), nothing] }));
  const made = rollback({ observed: { nodes, databases: [] } });
  expect(made.steps).toEqual([]);
  expect(codes(made)).toContain('THM3070');
  const named = rollback({ observed: { nodes, databases: [] }, to: 'bare', what: { kind: 'node', name: 'node-b' } });
  expect(named.steps[0]).toMatchObject({ after: { packages: {} }, params: { restorePoint: 'bare' } });
});

test('--to names a point; where nobody holds it the rollback is refused', () => {
  const made = rollback({ to: 'before', what: { kind: 'node', name: 'node-a' } });
  expect(made.steps[0]?.params).toMatchObject({ restorePoint: 'before' });
  const refused = rollback({ to: 'nothing' });
  expect(codes(refused)).toContain('THM3070');
  expect(planExitCode(refused, false)).toBe(4);
});

test('a node that does not answer stays, and the plan is incomplete', () => {
  const made = rollback({ observed: { nodes: [updated[0]!, updated[1]!, unreachableNode('node-c')], databases: [] } });
  expect(outline(made)).toEqual(['1 node-rollback node-b', '1 node-rollback node-a']);
  expect(made.complete).toBe(false);
});

test('skew is kept: a node does not go two minors behind the others', () => {
  const v13 = release('themisdb', '1.3.0');
  const nodes = updated.map(({ name }) => observedNode(name, [v15], { restorePoints: [point('old', v13)] }));
  const made = rollback({ observed: { nodes, databases: [] }, what: { kind: 'node', name: 'node-b' } });
  expect(made.steps).toEqual([]);
  expect(codes(made)).toContain('THM3030');
});

test.each([
  ['contract', ['THM7413']],
  ['migrate', []],
] as const)('back to a release from before a migration whose %s is done', (done, expected) => {
  const migration = desiredMigration('add-phone', 5);
  const databases = [observedDatabase(5, { applied: [applied(migration, done)] })];
  const record = {
    ...emptyRecord,
    schemas: { 'add-phone': { completeSince: testInstant, release: { themisdb: '>=1.5.0' } } },
  };
  const made = rollback({ observed: { nodes: updated, databases }, record });
  expect([codes(made), made.applyable]).toEqual([expected, expected.length === 0]);
  expect(planExitCode(made, false)).toBe(expected.length === 0 ? 0 : 4);
});

test.each([
  [{ contractedAt: testInstant }, ['THM7413']],
  [{}, []],
])('while the database does not answer, what was noted of its contracts counts: %j', (noted, expected) => {
  const progress = { completeSince: null, ...noted, release: { themisdb: '>=1.5.0' } };
  const record = { ...emptyRecord, schemas: { 'add-phone': progress } };
  expect(codes(rollback({ observed: { nodes: updated, databases: [silentDatabase()] }, record }))).toEqual(expected);
});
