import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';

const directory = new URL('../../../../schemas/', import.meta.url);
const files = readdirSync(directory).filter((name) => name.endsWith('.schema.json'));

test.for(files)('%s is a JSON Schema 2020-12', (name) => {
  const schema = JSON.parse(readFileSync(new URL(name, directory), 'utf8')) as { $schema?: string };
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(new Ajv2020().validateSchema(schema)).toBe(true);
});

test('and one that is none is told apart', () => {
  expect(new Ajv2020().validateSchema({ type: 'strin' })).toBe(false);
});
