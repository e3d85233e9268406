import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogDigest } from '../../../../src/migrate/catalog/catalog-digest.ts';
import { catalogDifference } from '../../../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../../../src/migrate/catalog/read-catalog.ts';
import { findTable } from '../../../../src/migrate/find.ts';
import type { Catalog, CatalogTable } from '../../../../src/model/schema/catalog.ts';
import type { Database } from '../../../../src/ports/schema/database.ts';
import { catalogOf, embeddedWith, runOn } from '../../../support/migrate/embedded.ts';
import { everything, ofNoCatalog } from '../../../support/migrate/everything.ts';

let whole: Database;
let before: Catalog;
/** Each test has tables of its own. */
let small: Database;

beforeAll(async () => {
  whole = await embeddedWith(everything.flat());
  before = await catalogOf(whole);
  small = await embeddedWith([]);
});

afterAll(async () => {
  await Promise.all([whole.close(), small.close()]);
});

async function tableOf(name: string): Promise<CatalogTable> {
  return findTable(await catalogOf(small), { schema: 'public', name })!;
}

test('an empty database has its public schema and nothing else', async () => {
  const { schemas, ...rest } = await catalogOf(small);
  expect(schemas.map(({ name }) => name)).toEqual(['public']);
  expect(Object.values(rest).flat()).toEqual([]);
});

test('a schema that was made in another order reads the same', async () => {
  const other = await embeddedWith(everything.flatMap((list) => list.toReversed()));
  const after = await catalogOf(other);
  await other.close();
  expect(catalogDifference(before, after)).toEqual([]);
  expect(catalogDigest(after)).toBe(catalogDigest(before));
});

test('a table reads the same with its columns in another order on disk', async () => {
  const rest = [
    'ALTER TABLE t ADD CHECK (a < b)',
    'CREATE STATISTICS together ON a, b, (a + b) FROM t',
    'CREATE INDEX ON t (b, a)',
    'GRANT SELECT (a, b) ON t TO PUBLIC',
    'CREATE PUBLICATION halves FOR TABLE t (a, b)',
    'CREATE VIEW v AS SELECT b, a FROM t',
  ];
  await runOn(small, ['CREATE TABLE t (a integer, b integer)', ...rest]);
  const one = await catalogOf(small);
  await runOn(small, ['DROP TABLE t CASCADE', 'DROP PUBLICATION halves']);
  await runOn(small, ['CREATE TABLE t (b integer)', 'ALTER TABLE t ADD COLUMN a integer', ...rest]);
  expect(catalogDifference(one, await catalogOf(small))).toEqual([]);
});

test('what Themis, the system and a session keep in a database is no part of it', async () => {
  await whole.use(async (session) => {
    for (const statement of ofNoCatalog) await session.query(statement);
    expect(catalogDifference(before, await readCatalog(session))).toEqual([]);
  });
});

test('the search path of a session does not change what is read, and stays what it was', async () => {
  await whole.use(async (session) => {
    await session.query('SET search_path = billing, public');
    expect(catalogDifference(before, await readCatalog(session))).toEqual([]);
    expect((await session.query('SHOW search_path')).rows).toEqual([{ search_path: 'billing, public' }]);
  });
});

test('names are as they are, and what is written in SQL is quoted', async () => {
  expect(findTable(before, { schema: 'Odd. Schema', name: 'Order Lines' })).toMatchObject({
    columns: [{ name: 'Select' }, { name: 'a.b' }, { name: 'say "hi"' }, { name: 'ÄÖ', type: 'text[]' }],
    constraints: [
      { name: 'Key. "1"', columns: ['Select', 'a.b'], definition: 'UNIQUE ("Select", "a.b") INCLUDE ("ÄÖ")' },
    ],
    replicaIdentity: 'FULL',
  });
});

test('foreign keys are known from both ends, validated or not', async () => {
  const keys = before.tables.flatMap(({ name, constraints }) =>
    constraints
      .filter(({ kind }) => kind === 'foreignKey')
      .map(({ columns, references, validated }) => [name, ...columns, references, validated]),
  );
  expect(keys).toEqual([
    ['invoices', 'parent', 'billing.invoices', false],
    ['invoices', 'user_id', 'public.users', true],
    ['users', 'last_invoice', 'billing.invoices', false],
  ]);
});

test('a sequence knows its column, and whether it can be without it', async () => {
  expect(before.sequences).toMatchObject([
    { name: 'invoices_number_seq', ownedBy: 'billing.invoices.number', identity: false },
    { name: 'ticket_numbers', ownedBy: null, identity: false },
    { name: 'users_id_seq', ownedBy: 'public.users.id', identity: true },
  ]);
});

test('partitions know where they belong', async () => {
  const partitions = before.tables.filter(({ partition }) => partition !== null);
  expect(partitions.map(({ name, kind, inherits, partition }) => [name, kind, ...inherits, partition])).toEqual([
    ['measures_2025', 'partition', 'public.measures', "FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"],
    ['measures_rest', 'partitioned', 'public.measures', 'DEFAULT'],
    ['measures_rest_1', 'partition', 'public.measures_rest', 'FOR VALUES IN (1)'],
  ]);
});

test('what is printed as a statement can be run', async () => {
  const users = findTable(before, { schema: 'public', name: 'users' })!;
  const { grants, policies, statistics, triggers, replicaIdentity } = users;
  const definitions = [...policies, ...statistics, ...triggers].map(({ definition }) => definition);
  expect(grants.length * definitions.length).toBeGreaterThan(0);
  await runOn(whole, [
    'REVOKE ALL ON public.users FROM reader, "Head Writer"',
    'DROP POLICY own ON public.users',
    'DROP STATISTICS users_together',
    'DROP TRIGGER touch ON public.users',
    'ALTER TABLE public.users REPLICA IDENTITY DEFAULT',
  ]);
  expect(catalogDifference(before, await catalogOf(whole)).length).toBeGreaterThan(4);
  await runOn(whole, [
    ...grants,
    ...definitions,
    `COMMENT ON TRIGGER touch ON public.users IS 'Keeps the time'`,
    `ALTER TABLE public.users REPLICA IDENTITY ${replicaIdentity}`,
  ]);
  expect(catalogDifference(before, await catalogOf(whole))).toEqual([]);
});

test('an index whose build failed is not valid', async () => {
  await runOn(small, ['CREATE TABLE broken (a integer)', 'INSERT INTO broken VALUES (1), (1)']);
  await expect(runOn(small, ['CREATE UNIQUE INDEX CONCURRENTLY t_a ON broken (a)'])).rejects.toMatchObject({
    reason: '23505',
  });
  expect((await tableOf('broken')).indexes).toMatchObject([{ name: 't_a', valid: false, unique: true }]);
});

test('NOT NULL is of the column, and one that nobody has validated is none', async () => {
  await runOn(small, [
    'CREATE TABLE filled (a integer CONSTRAINT filled NOT NULL, b integer)',
    'INSERT INTO filled VALUES (1, NULL)',
    'ALTER TABLE filled ADD CONSTRAINT later NOT NULL b NOT VALID',
  ]);
  const { columns, constraints } = await tableOf('filled');
  expect(columns).toMatchObject([{ nullable: false }, { nullable: true }]);
  expect(constraints).toEqual([]);
});

test('a generated column says whether it is kept', async () => {
  await runOn(small, [
    'CREATE TABLE made (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED, c integer GENERATED ALWAYS AS (a * 2) VIRTUAL)',
  ]);
  expect((await tableOf('made')).columns).toMatchObject([
    { generated: null, virtual: false },
    { generated: '(a * 2)', virtual: false, default: null },
    { generated: '(a * 2)', virtual: true, default: null },
  ]);
});

test('rows are 0 exactly where there are none, counted or not, and those of partitions count for the whole', async () => {
  await runOn(small, [
    'CREATE TABLE counted (a integer)',
    'CREATE TABLE p (a integer) PARTITION BY LIST (a)',
    'CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)',
    'CREATE TABLE p2 PARTITION OF p DEFAULT',
  ]);
  expect((await tableOf('counted')).rows).toBe(0);
  expect((await tableOf('p')).rows).toBe(0);
  await runOn(small, ['INSERT INTO counted VALUES (1)', 'INSERT INTO p SELECT g % 2 FROM generate_series(1, 1000) g']);
  expect((await tableOf('counted')).rows).toBeGreaterThan(0);
  expect((await tableOf('p')).rows).toBeGreaterThan(0);
  await runOn(small, ['ANALYZE']);
  expect((await tableOf('counted')).rows).toBe(1);
  expect((await tableOf('p')).rows).toBe(1000);
  expect((await tableOf('p')).sizeBytes).toBeGreaterThanOrEqual(2 * 8192);
});

test('a foreign table says where it is', async () => {
  await runOn(small, [
    'CREATE FOREIGN DATA WRAPPER nowhere',
    'CREATE SERVER far FOREIGN DATA WRAPPER nowhere',
    `CREATE FOREIGN TABLE far_away (a integer OPTIONS (column_name 'x')) SERVER far OPTIONS (table_name 'y')`,
  ]);
  expect(await tableOf('far_away')).toMatchObject({
    kind: 'foreign',
    server: 'far',
    options: ['table_name=y'],
    columns: [{ options: ['column_name=x'] }],
  });
  expect((await catalogOf(small)).others).toEqual(
    expect.arrayContaining(['foreign-data wrapper nowhere', 'server far']),
  );
});
