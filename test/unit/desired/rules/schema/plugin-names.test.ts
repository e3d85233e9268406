import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../../support/findings-of.ts';

const database = document('Database', 'd', 'urlFrom: { env: URL }\n');

function beside(...plugins: readonly string[]): readonly string[] {
  const operations = plugins.map((plugin) => `  - custom: { ${plugin} }`).join('\n');
  return findingsBeside(
    [database, document('Migration', 'm', `database: d\nschemaVersion: 1\noperations:\n${operations}\n`)].join('---\n'),
  );
}

test('names that no package can have are found', () => {
  expect(beside('plugin: node_modules')).toEqual(['THM1246 x.yaml:14:25']);
  expect(beside(`plugin: ${'a'.repeat(215)}`)).toEqual(['THM1246 x.yaml:14:25']);
  expect(beside(`plugin: ${'a'.repeat(214)}`, 'plugin: "@scope/name"')).toEqual([]);
});

test('one version has to serve all', () => {
  expect(beside('plugin: p, version: ">=2.0.0"', 'plugin: p, version: "<2.0.0"')).toEqual(['THM1247 x.yaml:15:37']);
  expect(beside('plugin: p, version: ">=1.0.0"', 'plugin: p, version: "^1.2.0"', 'plugin: p')).toEqual([]);
  expect(beside('plugin: p, version: ">=2.0.0"', 'plugin: q, version: "<2.0.0"')).toEqual([]);
});
