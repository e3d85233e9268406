import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../../support/findings-of.ts';

function database(fields: string): readonly string[] {
  return findingsBeside(document('Database', 'd', fields));
}

test('an engine that does not go with its place is found', () => {
  expect(database('engine: postgresql\npglite: { directory: ./db }')).toEqual(['THM1244 x.yaml:6:3']);
  expect(database('engine: pglite\nurlFrom: { env: URL }')).toEqual(['THM1244 x.yaml:6:3']);
});

test('an engine that fits, or none, is fine', () => {
  expect(database('engine: pglite\npglite: { directory: ./db }')).toEqual([]);
  expect(database('urlFrom: { env: URL }')).toEqual([]);
});
