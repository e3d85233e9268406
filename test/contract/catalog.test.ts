import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { catalogDigest } from '../../src/migrate/catalog/catalog-digest.ts';
import { dataDigest } from '../../src/migrate/catalog/data-digest.ts';
import type { Catalog } from '../../src/model/schema/catalog.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { engineVersions, engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { changes } from '../support/migrate/changes.ts';
import { catalogOf, runOn } from '../support/migrate/embedded.ts';
import { everything } from '../support/migrate/everything.ts';
import { isSoak } from '../support/runs.ts';

const rows = [
  `INSERT INTO users (name, price, feels, lives, at, period, data)
   SELECT 'n' || g, g / 7.0, 'happy', '(s,c)'::address, '2026-01-01Z', daterange(day, day + 1), '{"a": [1]}'
   FROM (SELECT g, '2026-01-01'::date + g AS day FROM generate_series(1, 500) g) d`,
];

const [newest] = engineVersions;
let worlds: readonly EngineWorld[];
/** Of each engine and version, by its name. */
const databases = new Map<string, Database>();
let before: Catalog;

beforeAll(async () => {
  worlds = await Promise.all(engineVersions.map(({ engine, version }) => engineWorlds[engine](version)));
  for (const [index, { name, version = 18 }] of engineVersions.entries()) {
    const database = await worlds[index]!.openShared();
    databases.set(name, database);
    await runOn(database, everything.flat().map(version < 15 ? wholeTables : (sql) => sql));
  }
  before = await catalogOf(databases.get(newest!.name)!);
});

/** Publications had no parts of tables before PostgreSQL 15. */
function wholeTables(sql: string): string {
  return sql.startsWith('CREATE PUBLICATION') ? sql.replaceAll(/ \(id, name\)| WHERE \(.*?\)/gu, '') : sql;
}

/** What a version had otherwise. */
const otherwise: readonly (readonly [before: number, ...sentences: readonly string[]])[] = [
  [
    15,
    'schema public: GRANT CREATE ON SCHEMA public TO PUBLIC is new',
    'schema public: owner is postgres, was pg_database_owner',
    'table public.users: publication changes (id, name) WHERE (id > 0) is missing',
    'table public.users: publication changes is new',
  ],
  [
    16,
    'view public.rich_names: definition is SELECT rich_users.name FROM public.rich_users;, was SELECT name FROM public.rich_users;',
    'view public.rich_users: definition is SELECT users.id, users.name, users.price FROM public.users WHERE (users.price > (100)::numeric);, was SELECT id, name, price FROM public.users WHERE (price > (100)::numeric);',
  ],
];

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
});

test.each(engineVersions)('$name reads the same schema as the same catalog', async ({ name, version = 18 }) => {
  const other = await catalogOf(databases.get(name)!);
  const sentences = otherwise.flatMap(([until, ...told]) => (version < until ? told : []));
  expect(before.tables.length).toBeGreaterThan(10);
  expect(catalogDifference(before, other)).toEqual(sentences);
  expect(catalogDigest(before) === catalogDigest(other)).toBe(sentences.length === 0);
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

/** Changes that a version does not know, or tells otherwise. */
const newer: readonly (readonly [since: number, what: RegExp])[] = [
  [15, /PUBLICATION/u],
  [16, /count\(price\)/u],
  [17, /SET EXPRESSION/u],
];
const told = isSoak ? engineVersions : [newest!];
const cases = told.flatMap(({ name, version = 18 }) =>
  changes
    .filter(([up]) => !newer.some(([since, what]) => version < since && what.test(up)))
    .map(([up, down, ...sentences]) => ({ name, up, down, sentences })),
);

test.each(cases)('$name: $up is told, and is gone when it was taken back', async ({ name, up, down, sentences }) => {
  const database = databases.get(name)!;
  const start = await catalogOf(database);
  await runOn(database, [up]);
  const after = await catalogOf(database);
  expect(catalogDifference(start, after)).toEqual(sentences);
  expect(catalogDigest(after)).not.toBe(catalogDigest(start));
  if (down === null) return;
  await runOn(database, [down]);
  const again = await catalogOf(database);
  expect(catalogDifference(start, again)).toEqual([]);
  expect(catalogDigest(again)).toBe(catalogDigest(start));
});

test('every engine has one digest for the same rows', async () => {
  const digests = new Set();
  for (const database of databases.values()) {
    await runOn(database, rows);
    const catalog = await catalogOf(database);
    digests.add(await database.use(async (session) => dataDigest(session, catalog)));
  }
  expect(digests.size).toBe(1);
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
