/** The plug-in of docs/plugins.md, as it stands there. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Operation } from '../../../../src/model/documents.ts';
import { PluginPackages } from '../../../support/schema/plugin-packages.ts';
import { openMemory } from '../../../support/database/memory.ts';
import { migration, SchemaWorld } from '../../../support/schema/schema-world.ts';

const text = readFileSync(new URL('../../../../docs/plugins.md', import.meta.url), 'utf8');
const packages = new PluginPackages();
let world: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
  packages.remove();
});

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'msu').exec(text);
  return found![1]!;
}

test('it is applied and taken back', async () => {
  const { name, ...manifest } = JSON.parse(block('json')) as { name: string };
  packages.install(name, block('js'), manifest);
  const { operations } = parse(block('yaml')) as { operations: Operation[] };
  world.change = { plugins: packages.open() };
  const edges = migration(operations);
  await world.run(edges, 'expand');
  expect(await world.run(edges, 'migrate')).toMatchObject({ outcome: 'done' });
  expect(await world.sql('SELECT * FROM edges')).toEqual([{ name: 'knows', step: 'migrate/0/plugin' }]);
  expect(await world.undo('first')).toMatchObject({ outcome: 'done' });
  expect(await world.sql(`SELECT to_regclass('edges') AS edges`)).toEqual([{ edges: null }]);
});
