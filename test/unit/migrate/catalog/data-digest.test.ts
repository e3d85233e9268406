import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataDigest } from '../../../../src/migrate/catalog/data-digest.ts';
import { readCatalog } from '../../../../src/migrate/catalog/read-catalog.ts';
import type { Digest } from '../../../../src/kernel/digest.ts';
import type { Database } from '../../../../src/ports/schema/database.ts';
import { embeddedWith, runOn } from '../../../support/migrate/embedded.ts';

let database: Database;

beforeAll(async () => {
  database = await embeddedWith([
    `CREATE TABLE t (id integer PRIMARY KEY, "Name" text, at timestamptz, share double precision, bytes bytea)`,
    `INSERT INTO t SELECT g, 'n' || g, '2026-01-01Z', g / 7.0, '\\x00ff' FROM generate_series(1, 100) g`,
    `CREATE TABLE keyless (a text, b text)`,
    `INSERT INTO keyless VALUES ('x', NULL), ('x', NULL), ('', 'y,')`,
    `CREATE TABLE p (a integer) PARTITION BY LIST (a)`,
    `CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)`,
    `INSERT INTO p VALUES (1)`,
    `CREATE TABLE parent (a integer)`,
    `CREATE TABLE child () INHERITS (parent)`,
    `INSERT INTO child VALUES (1)`,
    `CREATE TABLE nothing ()`,
  ]);
});

afterAll(async () => {
  await database.close();
});

async function digest(): Promise<Digest> {
  return database.use(async (session) => await dataDigest(session, await readCatalog(session)));
}

test.each([
  [`UPDATE t SET "Name" = 'other' WHERE id = 50`, `UPDATE t SET "Name" = 'n50' WHERE id = 50`],
  [`UPDATE t SET "Name" = NULL WHERE id = 50`, `UPDATE t SET "Name" = 'n50' WHERE id = 50`],
  [`INSERT INTO t VALUES (101)`, `DELETE FROM t WHERE id = 101`],
  [`UPDATE keyless SET b = '' WHERE b IS NULL`, `UPDATE keyless SET b = NULL WHERE b = ''`],
  [`INSERT INTO keyless VALUES ('', 'y,')`, `DELETE FROM keyless WHERE a = ''; INSERT INTO keyless VALUES ('', 'y,')`],
  [`UPDATE keyless SET a = b, b = a WHERE a = ''`, `UPDATE keyless SET a = b, b = a WHERE b = ''`],
  [`DELETE FROM p`, `INSERT INTO p VALUES (1)`],
  [
    `INSERT INTO parent SELECT a FROM ONLY child; DELETE FROM child`,
    `INSERT INTO child SELECT a FROM ONLY parent; DELETE FROM ONLY parent`,
  ],
  [`INSERT INTO nothing DEFAULT VALUES`, `DELETE FROM nothing`],
  [`ALTER TABLE keyless RENAME a TO c`, `ALTER TABLE keyless RENAME c TO a`],
])('%s changes it, and %s changes it back', async (change, back) => {
  const before = await digest();
  await runOn(database, [change]);
  expect(await digest()).not.toBe(before);
  await runOn(database, [back]);
  expect(await digest()).toBe(before);
});

test('it does not depend on the order of rows and columns, on what Themis hides, or on how a session prints values', async () => {
  const before = await digest();
  await runOn(database, [
    `CREATE TABLE other (bytes bytea, share double precision, at timestamptz, _themis_copy integer, "Name" text, id integer)`,
    `INSERT INTO other SELECT bytes, share, at, id, "Name", id FROM t ORDER BY id DESC`,
    `DROP TABLE t`,
    `ALTER TABLE other RENAME TO t`,
    `CREATE TABLE _themis_shadow (a integer)`,
    `INSERT INTO _themis_shadow VALUES (1)`,
  ]);
  const printed = await database.use(async (session) => {
    await session.query(
      `SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'; SET bytea_output = escape; SET extra_float_digits = 0`,
    );
    return dataDigest(session, await readCatalog(session));
  });
  expect(printed).toBe(before);
});

test('rows that a policy hides are an error rather than left out', async () => {
  await runOn(database, [
    `CREATE ROLE blind`,
    `CREATE TABLE hidden (a integer)`,
    `ALTER TABLE hidden ENABLE ROW LEVEL SECURITY`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA public TO blind`,
  ]);
  await database.use(async (session) => {
    await session.query('SET ROLE blind');
    await expect(dataDigest(session, await readCatalog(session))).rejects.toMatchObject({ code: 'DATABASE_REFUSED' });
  });
});
