import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../support/findings-of.ts';

function checks(...list: readonly string[]): readonly string[] {
  const items = list.map((fields) => `  - { ${fields} }`).join('\n');
  return findingsBeside(document('Verification', 'v', `checks:\n${items}`));
}

test.each([
  'name: a, type: smoke',
  'name: a, type: integration, tcp: { port: 1 }',
  'name: a, type: performance, http: { path: / }',
  'name: a, type: schema',
])('{ %s } lacks what its type needs', (fields) => {
  expect(checks(fields)).toEqual(['THM1243 x.yaml:6:18']);
});

test('two checks cannot have one name', () => {
  const check = 'name: a, type: smoke, tcp: { port: 1 }';
  expect(checks(check, check)).toEqual(['THM1242 x.yaml:7:15']);
});

test('checks with all they need are fine', () => {
  expect(
    checks(
      'name: a, type: smoke, http: { path: / }',
      'name: b, type: performance, http: { path: / }, p95: 10ms',
      'name: c, type: schema, maxSchemaVersion: 2',
    ),
  ).toEqual([]);
});
