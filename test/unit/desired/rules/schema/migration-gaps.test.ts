import { expect, test } from 'vitest';
import { document, findingsBeside, findingsOf, goodFleet } from '../../../../support/findings-of.ts';

const databases = ['d', 'e'].map((name) => document('Database', name, 'urlFrom: { env: URL }\n'));

function migration(name: string, version: number, database = 'd'): string {
  const spec = `database: ${database}\nschemaVersion: ${version}\noperations: [{ dropTable: { table: a } }]\n`;
  return document('Migration', name, spec);
}

function beside(...migrations: readonly string[]): readonly string[] {
  return findingsBeside([...databases, ...migrations].join('---\n'));
}

test('a version that none makes is found where the next one stands', () => {
  expect(beside(migration('a', 4), migration('b', 6))).toEqual(['THM1218 x.yaml:26:18']);
});

test('the first may be any, files in any order, and each database counts for itself', () => {
  expect(beside(migration('b', 5), migration('a', 4), migration('c', 9, 'e'))).toEqual([]);
});

test('a file that cannot be read may hold the missing one', () => {
  const text = [...databases, migration('a', 4), migration('b', 6)].join('---\n');
  const found = findingsOf({ 'fleet.yaml': goodFleet, 'x.yaml': text, 'y.yaml': 'a: [' });
  expect(found.some((finding) => finding.startsWith('THM1218'))).toBe(false);
});
