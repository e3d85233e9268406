import { expect, test } from 'vitest';
import type { ObservedDatabase } from '../../../../src/model/schema/database.ts';
import type { ObservedNode } from '../../../../src/model/observed.ts';
import { emptyRecord, type RolloutRecord } from '../../../../src/model/rollout-record.ts';
import { noteSchemaProgress } from '../../../../src/plan/schema/schema-progress.ts';
import { observedNode, release, simpleFleet, unreachableNode } from '../../../support/fleet-fixture.ts';
import {
  applied,
  desiredMigration,
  observedDatabase,
  open,
  silentDatabase,
  withSchemas,
} from '../../../support/schema-fixture.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const v16 = release('themisdb', '1.6.0');
const migration = desiredMigration('add-phone', 5, { release: { themisdb: '>=1.5.0 <1.6' } });
const { desired } = withSchemas(simpleFleet(2, v14, v15), [migration]);
const expanded = observedDatabase(5, { applied: [applied(migration, 'expand')] });
const [first, second, third] = ['2026-11-21T01:00:00Z', '2026-11-21T02:00:00Z', '2026-11-21T03:00:00Z'] as const;

function note(
  record: RolloutRecord,
  at: string,
  nodes: readonly ObservedNode[],
  databases: readonly ObservedDatabase[] = [expanded],
): RolloutRecord {
  return noteSchemaProgress(record, desired, { nodes, databases }, at);
}

const nodes = (...releases: readonly (typeof v14)[]) =>
  releases.map((one, index) => observedNode(index === 0 ? 'node-a' : 'node-b', [one]));
const sinceOf = ({ schemas }: RolloutRecord) => schemas['add-phone']?.completeSince;

test('the clock starts once every node has the release, and goes on', () => {
  const half = note(emptyRecord, first, nodes(v15, v14));
  expect(half.schemas).toEqual({ 'add-phone': { completeSince: null, release: migration.release } });
  const all = note(half, second, nodes(v15, v15));
  expect(sinceOf(all)).toBe(second);
  expect(note(all, third, nodes(v15, v15))).toBe(all);
});

test('a node that has an earlier version after the data were migrated is remembered, once for each time', () => {
  const migrated = (finishedAt: string) => [
    observedDatabase(5, { applied: [applied(migration, 'migrate', finishedAt)] }),
  ];
  const earlierOf = ({ schemas }: RolloutRecord) => schemas['add-phone']?.earlierAt;
  expect(earlierOf(note(emptyRecord, second, nodes(v15, v14)))).toBeUndefined();
  const empty = [nodes(v15)[0]!, observedNode('node-b', [])];
  expect(earlierOf(note(emptyRecord, second, empty, migrated(first)))).toBeUndefined();
  const back = note(emptyRecord, second, nodes(v15, v14), migrated(first));
  expect(earlierOf(back)).toBe(second);
  expect(note(back, third, nodes(v15, v14), migrated(first))).toBe(back);
  const gone = note(back, third, nodes(v15, v15), migrated(first));
  expect(earlierOf(gone)).toBe(second);
  expect(earlierOf(note(gone, '2026-11-21T05:00:00Z', nodes(v15, v14), migrated(third)))).toBe('2026-11-21T05:00:00Z');
});

test('a contract is noted, and known while the database does not answer', () => {
  const done = note(emptyRecord, second, nodes(v15, v15), [
    observedDatabase(5, { applied: [applied(migration, 'contract', first)] }),
  ]);
  const contractOf = ({ schemas }: RolloutRecord) => schemas['add-phone']?.contractedAt;
  expect(contractOf(done)).toBe(first);
  expect(contractOf(note(done, third, nodes(v15, v15), [silentDatabase()]))).toBe(first);
  expect(contractOf(note(done, third, nodes(v15, v15), [expanded]))).toBeUndefined();
  const begun = observedDatabase(5, {
    applied: [applied(migration, 'migrate')],
    open: open(migration, 'contract', second),
  });
  expect(contractOf(note(emptyRecord, third, nodes(v15, v15), [begun]))).toBe(second);
});

test('a later release than the range is the release too', () => {
  expect(sinceOf(note(emptyRecord, first, nodes(v15, v16)))).toBe(first);
});

test.each([
  ['with an older version', nodes(v15, v14)],
  ['with nothing installed', [nodes(v15)[0]!, observedNode('node-b', [])]],
])('a node %s takes the clock back, and it starts anew', (_, seen) => {
  const all = note(emptyRecord, first, nodes(v15, v15));
  const back = note(all, second, seen);
  expect(sinceOf(back)).toBeNull();
  expect(sinceOf(note(back, third, nodes(v15, v15)))).toBe(third);
});

test.each([
  ['does not answer', [nodes(v15)[0]!, unreachableNode('node-b')]],
  ['was not asked', nodes(v15)],
])('a node that %s keeps the clock from starting, and does not stop it', (_, seen) => {
  expect(sinceOf(note(emptyRecord, first, seen))).toBeNull();
  const all = note(emptyRecord, first, nodes(v15, v15));
  expect(note(all, second, seen)).toBe(all);
  expect(sinceOf(note(all, second, [unreachableNode('node-a'), nodes(v15, v14)[1]!]))).toBeNull();
});

test('it does not start before the migration is expanded', () => {
  expect(sinceOf(note(emptyRecord, first, nodes(v15, v15), [observedDatabase(4)]))).toBeNull();
});

test('a database that does not answer keeps what was noted', () => {
  const all = note(emptyRecord, first, nodes(v15, v15));
  expect(note(all, second, nodes(v15, v15), [silentDatabase()])).toBe(all);
  expect(sinceOf(note(all, second, nodes(v15, v14), [silentDatabase()]))).toBeNull();
  expect(sinceOf(note(emptyRecord, first, nodes(v15, v15), [silentDatabase()]))).toBeNull();
});

test('without a release it starts when the database says that it was expanded', () => {
  const alone = desiredMigration('add-phone', 5, { release: null });
  const having = observedDatabase(5, { applied: [applied(alone, 'expand', first)] });
  const own = withSchemas(simpleFleet(2, v14, v15), [alone]).desired;
  const noted = noteSchemaProgress(emptyRecord, own, { nodes: nodes(v14), databases: [having] }, third);
  expect(noted.schemas['add-phone']).toEqual({ completeSince: first, release: null });
});

test('the release of a migration whose file is gone is kept until no database has it', () => {
  const all = note(emptyRecord, first, nodes(v15, v15));
  const without = withSchemas(simpleFleet(2, v14, v15), []).desired;
  const after = (databases: readonly ObservedDatabase[]) =>
    noteSchemaProgress(all, without, { nodes: nodes(v15, v15), databases }, second).schemas;
  const kept = { 'add-phone': { completeSince: null, release: migration.release } };
  expect(after([expanded])).toEqual(kept);
  expect(after([silentDatabase()])).toEqual(kept);
  expect(after([])).toEqual(kept);
  expect(after([observedDatabase(4, { open: open(migration, 'expand') })])).toEqual(kept);
  expect(after([observedDatabase(4)])).toEqual({});
});
