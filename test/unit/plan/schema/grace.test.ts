import { expect, test } from 'vitest';
import type { RolloutRecord } from '../../../../src/model/rollout-record.ts';
import { emptyRecord } from '../../../../src/model/rollout-record.ts';
import { plan } from '../../../../src/plan/plan.ts';
import { simpleFleet, release, testInstant, unreachableNode } from '../../../support/fleet-fixture.ts';
import {
  applied,
  deferredOf,
  desiredMigration,
  observedDatabase,
  orderOf,
  wholeMigration,
  withSchemas,
} from '../../../support/schema-fixture.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const migration = desiredMigration('add-phone', 5);
const settled = simpleFleet(2, v15, v15, { releases: [v14, v15] });
const migrated = [observedDatabase(5, { applied: [applied(migration, 'migrate')] })];

function since(completeSince: string | null): RolloutRecord {
  return { ...emptyRecord, schemas: { 'add-phone': { completeSince, release: migration.release } } };
}

test('while grace runs the contract is deferred until it ends', () => {
  const made = plan({ ...withSchemas(settled, [migration], migrated), record: since('2026-11-21T10:00:00Z') });
  expect(deferredOf(made)).toEqual([
    'add-phone contract until 2026-11-22T10:00:00Z: waits until 1d of grace have passed',
  ]);
  expect([made.summary.migrate, made.summary.deferred]).toEqual([0, 1]);
});

test('to the instant: grace that ends now has passed', () => {
  const made = plan({ ...withSchemas(settled, [migration], migrated), record: since('2026-11-20T18:00:00Z') });
  expect(deferredOf(made)).toEqual([]);
  expect(made.schedule.map(({ startsAfterMs }) => startsAfterMs)).toEqual([0]);
  expect([made.summary.migrate, made.summary.deferred]).toEqual([1, 0]);
});

test('whatever the time, the plan that was reviewed is the same', () => {
  const inputs = { ...withSchemas(settled, [migration], migrated), record: since('2026-11-20T18:00:00Z') };
  const earlier = plan({ ...inputs, at: '2026-11-20T19:00:00Z' });
  expect(deferredOf(earlier).length).toBe(1);
  expect(earlier.planDigest).toBe(plan(inputs).planDigest);
});

test('where nobody has noted it yet grace begins now', () => {
  const made = plan(withSchemas(settled, [migration], migrated));
  expect(made.deferred[0]!.until).toBe('2026-11-22T18:00:00Z');
});

test('a node that returns to an older version takes the clock back', () => {
  const mixed = simpleFleet(2, v14, v15);
  const made = plan({
    ...withSchemas(mixed, [migration], migrated),
    record: {
      ...since('2026-11-01T00:00:00Z'),
      estimates: { updateMs: 1000, rollbackMs: 1000, schemaMs: { migrate: 5 } },
    },
  });
  // At the earliest: nothing is put off because nodes take turns.
  expect(made.deferred.map(({ until }) => until)).toEqual(['2026-11-22T18:00:01.005Z']);
  expect(orderOf(made).slice(-2)).toEqual(['add-phone migrate', 'add-phone contract']);
});

test('what an earlier version wrote after the data were migrated is filled once more, before the contract', () => {
  const had = (earlierAt: string): RolloutRecord => {
    const { schemas } = since('2026-11-21T10:00:00Z');
    return { ...emptyRecord, schemas: { 'add-phone': { ...schemas['add-phone']!, earlierAt } } };
  };
  const planned = (earlierAt: string) =>
    plan({ ...withSchemas(settled, [migration], migrated), record: had(earlierAt) });
  const made = planned('2026-11-20T12:00:00Z');
  expect(orderOf(made)).toEqual(['add-phone migrate', 'add-phone contract']);
  const params = { operations: [{ does: 'fills phone_number of users' }], again: '2026-11-20T10:00:00Z' };
  expect(made.steps[0]).toMatchObject({ before: { schema: { done: 'expand' } }, params });
  expect(orderOf(planned('2026-11-20T09:00:00Z'))).toEqual(['add-phone contract']);
});

test('what is not done again is told while a contract is to come', () => {
  const operations = [{ custom: { plugin: 'normalise' } }, wholeMigration[2]!];
  const once = desiredMigration('add-phone', 5, { operations });
  const databases = [observedDatabase(5, { applied: [applied(once, 'migrate')] })];
  const made = plan(withSchemas(simpleFleet(2, v14, v15), [once], databases));
  expect(made.findings.find(({ code }) => code === 'THM7414')?.details).toEqual(['runs plug-in normalise']);
  expect(orderOf(made).filter((label) => label.includes('migrate'))).toEqual([]);
});

test('a node that does not answer holds the contract back, whatever was noted', () => {
  const observed = [settled.observed.nodes[0]!, unreachableNode('node-b')];
  const inputs = withSchemas({ ...settled, observed: { nodes: observed, databases: [] } }, [migration], migrated);
  const made = plan({ ...inputs, record: since('2026-11-01T00:00:00Z') });
  expect(deferredOf(made)).toEqual([
    'add-phone contract until nobody knows: waits for node-b, which could not be observed',
  ]);
});

test('the longest grace of its operations counts', () => {
  const operations = [
    ...wholeMigration,
    { dropTable: { table: 'old', gracePeriod: '172800000ms' } },
    { dropIndex: { table: 'users', name: 'idx', gracePeriod: '1000ms' } },
  ];
  const slow = desiredMigration('add-phone', 5, { operations });
  const databases = [observedDatabase(5, { applied: [applied(slow, 'migrate')] })];
  const made = plan({ ...withSchemas(settled, [slow], databases), record: since('2026-11-21T18:00:00Z') });
  expect(made.deferred[0]!.until).toBe('2026-11-23T18:00:00Z');
});

test('without grace the contract follows in the same plan', () => {
  const operations = [{ dropColumn: { table: 'users', column: 'phone', gracePeriod: '0ms' } }];
  const made = plan(withSchemas(simpleFleet(1, v14, v15), [desiredMigration('drop', 5, { operations })]));
  expect(orderOf(made)).toEqual(['drop expand', 'node-a update', 'drop contract']);
  expect(made.deferred).toEqual([]);
});

test('without a release grace counts from what the database says', () => {
  const alone = desiredMigration('add-phone', 5, { release: null });
  const databases = [observedDatabase(5, { applied: [applied(alone, 'migrate', '2026-11-21T12:00:00Z')] })];
  const made = plan(withSchemas(simpleFleet(1, v14, v14, { releases: [v14] }), [alone], databases));
  expect(made.deferred[0]!.until).toBe('2026-11-22T12:00:00Z');
  expect(testInstant < made.deferred[0]!.until!).toBe(true);
});

test('measured phases count before the declared default, and nodes wait for the expand', () => {
  const record = {
    ...emptyRecord,
    estimates: { updateMs: 1000, rollbackMs: 1000, schemaMs: { expand: 3000, migrate: 7000 } },
  };
  const made = plan({ ...withSchemas(simpleFleet(2, v14, v15), [migration]), record });
  expect(made.schedule.map(({ startsAfterMs, endsAfterMs }) => [startsAfterMs, endsAfterMs])).toEqual([
    [0, 3000],
    [3000, 4000],
    [4000, 5000],
    [5000, 12_000],
  ]);
});
