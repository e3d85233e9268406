import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../../support/findings-of.ts';

const databases = ['d', 'e'].map((name) => document('Database', name, 'urlFrom: { env: URL }\n'));

function migration(name: string, version: number, release: string, more = ''): string {
  const [database = 'd', needs = ''] = more.split(' ');
  const spec = [
    `database: ${database === '' ? 'd' : database}`,
    `schemaVersion: ${version}`,
    ...(release === '' ? [] : [`release: { themisdb: "${release}" }`]),
    `dependsOn: [${needs}]`,
    'operations: [{ dropTable: { table: a } }]',
  ];
  return document('Migration', name, `${spec.join('\n')}\n`);
}

function beside(...migrations: readonly string[]): readonly string[] {
  return findingsBeside([...databases, ...migrations].join('---\n'));
}

test('a migration cannot depend on one of a later release', () => {
  expect(beside(migration('a', 1, '>=1.7.0'), migration('b', 1, '>=1.6.0', 'e a'))).toEqual(['THM1219 x.yaml:29:24']);
});

test('nor come after one in its database', () => {
  expect(beside(migration('a', 1, '>=1.7.0'), migration('b', 2, '>=1.6.0'))).toEqual(['THM1219 x.yaml:29:24']);
});

test('one finding where both say the same', () => {
  expect(beside(migration('a', 1, '>=1.7.0'), migration('b', 2, '>=1.6.0', 'd a')).length).toBe(1);
});

test('the same release, an earlier one and none are fine', () => {
  expect(
    beside(
      migration('a', 1, '>=1.6.0'),
      migration('b', 2, '^1.6.0'),
      migration('c', 3, ''),
      migration('f', 4, '1.7.0'),
    ),
  ).toEqual([]);
});

test('a circle may lead through schema versions', () => {
  expect(beside(migration('a', 1, '', 'd b'), migration('b', 2, ''))).toEqual(['THM1217 x.yaml:19:15']);
});
