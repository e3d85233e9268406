import { expect, test } from 'vitest';
import { parseDesired } from '../../../../../src/desired/parse.ts';
import { document, findingsBeside, goodFleet } from '../../../../support/findings-of.ts';

const database = document('Database', 'd', 'urlFrom: { env: URL }\n');

function migration(name: string, version: number, needs: string): string {
  const spec = `database: d\nschemaVersion: ${version}\ndependsOn: [${needs}]\noperations: [{ dropTable: { table: a } }]\n`;
  return document('Migration', name, spec);
}

function beside(...migrations: readonly string[]): readonly string[] {
  return findingsBeside([database, ...migrations].join('---\n'));
}

test('a circle of dependsOn is one finding that names all of it', () => {
  const text = [database, migration('a', 1, 'b'), migration('b', 2, 'c'), migration('c', 3, 'a')].join('---\n');
  const { findings } = parseDesired([
    { path: 'fleet.yaml', text: goodFleet },
    { path: 'x.yaml', text },
  ]);
  expect(findings.map(({ code, source }) => [code, source?.line, source?.col])).toEqual([['THM1217', 13, 15]]);
  expect(findings[0]!.related?.map(({ source }) => source.line)).toEqual([22, 31]);
});

test('two migrations of a database cannot end at one version', () => {
  expect(beside(migration('a', 1, ''), migration('b', 1, 'a'))).toEqual(['THM1216 x.yaml:21:18']);
});

test('a chain is fine', () => {
  expect(beside(migration('a', 1, ''), migration('b', 2, 'a'), migration('c', 3, 'a, b'))).toEqual([]);
});
