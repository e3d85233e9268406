import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { catalogDigest } from '../../src/migrate/catalog/catalog-digest.ts';
import { dataDigest } from '../../src/migrate/catalog/data-digest.ts';
import type { Catalog } from '../../src/model/schema/catalog.ts';
import type { DatabaseEngine } from '../../src/model/schema/database.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { changes } from '../support/migrate/changes.ts';
import { catalogOf, runOn } from '../support/migrate/embedded.ts';
import { everything } from '../support/migrate/everything.ts';
import { isSoak } from '../support/runs.ts';

const rows = [
  `INSERT INTO users (name, price, feels, lives, at, period, data)
   SELECT 'n' || g, g / 7.0, 'happy', '(s,c)'::address, '2026-01-01Z', daterange(day, day + 1), '{"a": [1]}'
   FROM (SELECT g, '2026-01-01'::date + g AS day FROM generate_series(1, 500) g) d`,
];

const engines = ['postgresql', 'pglite'] as const;
let worlds: readonly EngineWorld[];
let databases: Readonly<Record<DatabaseEngine, Database>>;
let before: Catalog;

beforeAll(async () => {
  worlds = [await engineWorlds.postgresql(), await engineWorlds.pglite()];
  const [postgresql, pglite] = await Promise.all(worlds.map((world) => world.openShared()));
  databases = { postgresql: postgresql!, pglite: pglite! };
  for (const engine of engines) await runOn(databases[engine], everything.flat());
  before = await catalogOf(databases.postgresql);
});

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
});

test('both engines read the same schema as the same catalog', async () => {
  const other = await catalogOf(databases.pglite);
  expect(before.tables.length).toBeGreaterThan(10);
  expect(catalogDifference(before, other)).toEqual([]);
  expect(catalogDigest(before)).toBe(catalogDigest(other));
});

test('there is a sentence for each field that counts, and none for the others', () => {
  const uncounted = new Set<string>();
  const fields = leavesOf(before);
  for (const [field, path] of fields) {
    const after = withOther(before, path);
    const differs = catalogDigest(after) !== catalogDigest(before);
    expect(catalogDifference(before, after).length > 0, field).toBe(differs);
    if (!differs) uncounted.add(field);
  }
  expect(fields.size).toBeGreaterThan(100);
  expect([...uncounted]).toEqual([
    'tables.rows',
    'tables.sizeBytes',
    'tables.columns.position',
    'views.columns.position',
  ]);
});

const told = isSoak ? engines : (['postgresql'] as const);
const cases = told.flatMap((engine) => changes.map(([up, down, ...sentences]) => ({ engine, up, down, sentences })));

test.each(cases)(
  '$engine: $up is told, and is gone when it was taken back',
  async ({ engine, up, down, sentences }) => {
    const database = databases[engine];
    await runOn(database, [up]);
    const after = await catalogOf(database);
    expect(catalogDifference(before, after)).toEqual(sentences);
    expect(catalogDigest(after)).not.toBe(catalogDigest(before));
    if (down === null) return;
    await runOn(database, [down]);
    const again = await catalogOf(database);
    expect(catalogDifference(before, again)).toEqual([]);
    expect(catalogDigest(again)).toBe(catalogDigest(before));
  },
);

test('both engines have one digest for the same rows', async () => {
  const digests = [];
  for (const database of engines.map((engine) => databases[engine])) {
    await runOn(database, rows);
    const catalog = await catalogOf(database);
    digests.push(await database.use(async (session) => dataDigest(session, catalog)));
  }
  expect(digests[0]).toBe(digests[1]);
});

type Path = readonly (string | number)[];

/** One place of each field. */
function leavesOf(value: unknown, path: Path = [], found = new Map<string, Path>()): ReadonlyMap<string, Path> {
  if (typeof value === 'object' && value !== null) {
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, inner] of entries) leavesOf(inner, [...path, key], found);
  } else {
    const field = path.filter((key) => typeof key === 'string').join('.');
    if (!found.has(field)) found.set(field, path);
  }
  return found;
}

function withOther(catalog: Catalog, path: Path): Catalog {
  const other = structuredClone(catalog) as unknown as Record<string | number, unknown>;
  const last = path.at(-1)!;
  const parent = path.slice(0, -1).reduce((inner, key) => inner[key] as typeof other, other);
  parent[last] = typeof parent[last] === 'boolean' ? !parent[last] : 'another';
  return other as unknown as Catalog;
}
