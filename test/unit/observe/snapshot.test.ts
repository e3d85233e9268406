import { expect, test } from 'vitest';
import type { Snapshot } from '../../../src/model/observed.ts';
import { emptyRecord } from '../../../src/model/rollout-record.ts';
import { encodeSnapshot, parseSnapshot } from '../../../src/observe/snapshot.ts';
import { applied, desiredMigration, observedDatabase, open, silentDatabase } from '../../support/schema-fixture.ts';
import { observedNode, release, testInstant, unreachableNode } from '../../support/fleet-fixture.ts';

const themisdb = release('themisdb', '1.5.0');
const snapshot: Snapshot = {
  formatVersion: '1.0',
  fleet: { name: 'orders', uid: 'uid-1' },
  takenAt: testInstant,
  observed: { nodes: [observedNode('a', [themisdb]), unreachableNode('b')], databases: [] },
  catalogue: { releases: [themisdb], yanked: [] },
  record: emptyRecord,
};

function codeOf(text: string): string | undefined {
  const parsed = parseSnapshot(text);
  return 'findings' in parsed ? parsed.findings[0]?.code : undefined;
}

test('what is written is read back whole', () => {
  expect(parseSnapshot(encodeSnapshot(snapshot))).toEqual({ snapshot });
});

const migration = desiredMigration('add-phone', 5);
const databases = [
  silentDatabase('billing'),
  observedDatabase(5, {
    applied: [applied(migration, 'migrate')],
    open: open(migration, 'contract', testInstant),
  }),
];
const schemas = {
  'add-phone': {
    completeSince: testInstant,
    earlierAt: testInstant,
    contractedAt: testInstant,
    release: migration.release,
  },
  b: { completeSince: null, release: null },
};

test('databases and what the record keeps of them are read back, sorted', () => {
  const estimates = { updateMs: 1, rollbackMs: null, schemaMs: { expand: 5, undo: 7 } };
  const durations = { update: [1], rollback: [], schema: { expand: [5], undo: [7] } };
  const whole = {
    ...snapshot,
    observed: { ...snapshot.observed, databases },
    record: { ...emptyRecord, schemas, estimates, durations },
  };
  expect(parseSnapshot(encodeSnapshot(whole))).toEqual({ snapshot: whole });
  const turned = { ...whole, observed: { ...whole.observed, databases: databases.toReversed() } };
  expect(parseSnapshot(encodeSnapshot(turned))).toEqual({ snapshot: whole });
});

test('a snapshot of an older version has no databases and nothing noted of them', () => {
  const { schemas: _, ...record } = snapshot.record;
  const older = JSON.stringify({ ...snapshot, observed: { nodes: snapshot.observed.nodes }, record });
  expect(parseSnapshot(older)).toEqual({ snapshot });
});

test('an empty fleet is a snapshot too', () => {
  const empty = { ...snapshot, observed: { nodes: [], databases: [] }, catalogue: { releases: [], yanked: [] } };
  expect(parseSnapshot(encodeSnapshot(empty))).toEqual({ snapshot: empty });
});

test('unknown fields are ignored, a later minor version is read, another major is refused', () => {
  const later = JSON.stringify({ ...snapshot, formatVersion: '1.9', weather: 'fine' });
  expect(codeOf(later)).toBeUndefined();
  expect(codeOf(JSON.stringify({ ...snapshot, formatVersion: '2.0' }))).toBe('THM3092');
  expect(codeOf('{}')).toBe('THM3092');
  expect(codeOf('{')).toBe('THM3091');
});

test.each([
  ['a node twice', { ...snapshot, observed: { nodes: [observedNode('a', []), observedNode('a', [])], databases: [] } }],
  [
    'a path outside the install directory',
    {
      ...snapshot,
      catalogue: { releases: [{ ...themisdb, files: [{ ...themisdb.files[0]!, path: '/etc/passwd' }] }], yanked: [] },
    },
  ],
  ['a database twice', { ...snapshot, observed: { nodes: [], databases: [...databases, observedDatabase(4)] } }],
  [
    'a phase that is none',
    { ...snapshot, observed: { nodes: [], databases: [{ ...databases[1], open: { migration: 'a', phase: 'x' } }] } },
  ],
  [
    'a clock that is none',
    { ...snapshot, record: { ...emptyRecord, schemas: { a: { completeSince: 'soon', release: null } } } },
  ],
  ['no record', { ...snapshot, record: undefined }],
  ['a hash that is none', { ...snapshot, catalogue: { releases: [], yanked: ['sha256:zz'] } }],
])('%s is refused', (_, broken) => {
  expect(codeOf(JSON.stringify(broken))).toBe('THM3093');
});
