import { expect, test } from 'vitest';
import type { Snapshot } from '../../../src/model/observed.ts';
import { emptyRecord } from '../../../src/model/rollout-record.ts';
import { encodeSnapshot, parseSnapshot } from '../../../src/observe/snapshot.ts';
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
  ['no record', { ...snapshot, record: undefined }],
  ['a hash that is none', { ...snapshot, catalogue: { releases: [], yanked: ['sha256:zz'] } }],
])('%s is refused', (_, broken) => {
  expect(codeOf(JSON.stringify(broken))).toBe('THM3093');
});
