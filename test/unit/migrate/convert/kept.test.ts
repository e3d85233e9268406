import { expect, test } from 'vitest';
import { findingsOf, operationsOf } from '../../../support/migrate/convert.ts';

/** What takes back the last statement of a script; where nothing does, why. */
const undos: readonly (readonly [sql: string, undo: string])[] = [
  ['CREATE TYPE s.mood AS ENUM ()', 'DROP TYPE "s"."mood"'],
  ['CREATE DOMAIN d AS int', 'DROP DOMAIN "public"."d"'],
  ['CREATE SEQUENCE "S"', 'DROP SEQUENCE "public"."S"'],
  ['CREATE SCHEMA s', 'DROP SCHEMA "s"'],
  ['CREATE SCHEMA s CREATE TABLE t (a int)', '! There is no undo that is certain.'],
  ['CREATE EXTENSION pgcrypto', 'DROP EXTENSION "pgcrypto"'],
  ['CREATE EXTENSION IF NOT EXISTS pgcrypto', '! It may have been there before.'],
  ['CREATE VIEW v AS SELECT 1', 'DROP VIEW "public"."v"'],
  ['CREATE OR REPLACE VIEW v AS SELECT 1', '! What it replaces is not in the script.'],
  ['CREATE TEMP VIEW v AS SELECT 1', '! There is no undo that is certain.'],
  ['CREATE MATERIALIZED VIEW v AS SELECT 1', 'DROP MATERIALIZED VIEW "public"."v"'],
  [
    `CREATE FUNCTION f(a int, OUT b text, "C" "Odd T"[]) LANGUAGE sql AS ''`,
    'DROP FUNCTION "public"."f"(int, OUT text, "Odd T"[])',
  ],
  [`CREATE PROCEDURE p() LANGUAGE sql AS ''`, 'DROP PROCEDURE "public"."p"()'],
  ['CREATE TRIGGER g BEFORE INSERT ON s.t EXECUTE FUNCTION f()', 'DROP TRIGGER "g" ON "s"."t"'],
  ['CREATE POLICY p ON t', 'DROP POLICY "p" ON "public"."t"'],
  ['CREATE TABLE t (a text COLLATE "C")', 'DROP TABLE "public"."t"'],
  ['CREATE INDEX i ON t (a) WITH (fillfactor = 50)', 'DROP INDEX "public"."i"'],
  ['CREATE INDEX CONCURRENTLY ON t (a) WITH (fillfactor = 50)', 'DROP INDEX CONCURRENTLY "public"."t_a_idx"'],
  ['ALTER TABLE t ADD a serial', 'ALTER TABLE "public"."t" DROP COLUMN "a"'],
  ['ALTER TABLE t ADD IF NOT EXISTS a serial', '! How it was before is not in the script.'],
  ['ALTER TABLE t ADD UNIQUE (a) INCLUDE (b)', 'ALTER TABLE "public"."t" DROP CONSTRAINT "t_a_b_key"'],
  ['ALTER TABLE t ADD PRIMARY KEY (a)', '! Whether its columns were NOT NULL before is not in the script.'],
  ['ALTER TABLE t ENABLE ROW LEVEL SECURITY', '! How it was before is not in the script.'],
  ['CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY', `SELECT 't is dropped with what is in it'`],
  ['ALTER INDEX s.i RENAME TO j', 'ALTER INDEX "s"."j" RENAME TO "i"'],
  [`ALTER TYPE m RENAME VALUE 'a' TO 'b'`, `ALTER TYPE "public"."m" RENAME VALUE 'b' TO 'a'`],
  ['ALTER VIEW IF EXISTS v RENAME TO w', '! Whether it was there before is not in the script.'],
  ['ALTER SEQUENCE q SET SCHEMA s', 'ALTER SEQUENCE "s"."q" SET SCHEMA "public"'],
  ['GRANT SELECT ON t TO r', '! The rights from before are not in the script.'],
  ['CREATE TABLE t (a int); GRANT SELECT ON t TO r', `SELECT 'dropped with what it is about'`],
  ['CREATE TABLE t (a int); GRANT SELECT ON t, u TO r', '! The rights from before are not in the script.'],
  [`CREATE FUNCTION f() LANGUAGE sql AS ''; ALTER FUNCTION f() OWNER TO r`, `SELECT 'dropped with what it is about'`],
  ['CREATE VIEW v AS SELECT 1; ALTER VIEW v OWNER TO r', `SELECT 'dropped with what it is about'`],
  ['ALTER VIEW v OWNER TO r', '! How it was before is not in the script.'],
  ['CREATE SEQUENCE q; ALTER SEQUENCE q OWNED BY t.a', 'ALTER SEQUENCE "public"."q" OWNED BY NONE'],
  ['UPDATE t SET a = 1', '! The rows from before are not kept.'],
  ['DO $$ BEGIN END $$', '! What it did is not known.'],
  ['DROP VIEW v', '! What is dropped is not in the script.'],
  [`COMMENT ON TABLE t IS 'x'`, '! The comment from before is not in the script.'],
];

test.each(undos)('%s', (sql, undo) => {
  const { rawSql } = operationsOf(sql).at(-1)!;
  expect(rawSql!.down ?? `! ${rawSql!.irreversible}`).toBe(undo);
});

test('what is kept is named, with its place and why', () => {
  const script = 'CREATE TABLE t (\n  a int GENERATED ALWAYS AS IDENTITY,\n  CHECK (a > 0) NO INHERIT);\nVACUUM t;';
  expect(findingsOf(script)).toEqual([
    'THM7301 1:1 Kept as rawSql: a check of a document is inherited.',
    'THM7301 1:1 Kept as rawSql: a column of a document has no identity.',
    'THM7301 4:1 Kept as rawSql: there is no operation for upkeep.',
  ]);
  expect(operationsOf(script).slice(1)).toEqual([
    {
      rawSql: {
        up: 'ALTER TABLE "public"."t" ADD CONSTRAINT "t_a_check" CHECK (a > 0) NO INHERIT',
        down: 'ALTER TABLE "public"."t" DROP CONSTRAINT "t_a_check"',
      },
    },
    {
      rawSql: {
        up: 'ALTER TABLE "public"."t" ALTER COLUMN "a" ADD GENERATED ALWAYS AS IDENTITY',
        down: 'ALTER TABLE "public"."t" ALTER COLUMN "a" DROP IDENTITY',
      },
    },
    { rawSql: { up: 'VACUUM t', down: `SELECT 'nothing to take back'`, transactional: false } },
  ]);
});

test('what runs outside of a transaction only says so', () => {
  const alone = ['REINDEX TABLE CONCURRENTLY t', 'DROP INDEX CONCURRENTLY i', `ALTER SYSTEM SET work_mem = '1MB'`];
  expect(alone.map((sql) => operationsOf(sql)[0]!.rawSql!.transactional)).toEqual([false, false, false]);
  expect(operationsOf('ANALYZE t')[0]!.rawSql!.transactional).toBeUndefined();
});

test('what is dropped without an operation goes in the contract phase', () => {
  const dropped = ['DROP VIEW v', 'DROP TABLE a, b', 'DROP TABLE IF EXISTS a', 'ALTER TABLE t DROP a CASCADE'];
  expect(dropped.map((sql) => operationsOf(sql)[0]!.rawSql!.phase)).toEqual(Array(4).fill('contract'));
});

test('what says how a script is run is left out with a word', () => {
  const script = `BEGIN; SET lock_timeout = 1; SET search_path TO public, x; LOCK t; COMMIT; ALTER TABLE t ADD a int;
SET ROLE admin; CREATE TABLE IF NOT EXISTS u (a int); CREATE TABLE IF NOT EXISTS u (b int);`;
  expect(findingsOf(script)).toEqual([
    'THM7302 1:1 BEGIN is left out: each step has a transaction of its own.',
    'THM7302 1:8 SET lock_timeout is left out: it lasts as long as its session.',
    'THM7302 1:30 search_path is left out: names without a schema lie in public.',
    'THM7302 1:60 LOCK t is left out: each step takes the locks that it needs, and no longer than it needs them.',
    'THM7302 1:68 COMMIT is left out: each step has a transaction of its own.',
    'THM7302 2:1 SET ROLE is left out: everything will belong to the user of the Database.',
    'THM7304 2:17 IF NOT EXISTS is not kept: the migration is refused where the table is there.',
    'THM7302 2:55 Table u is there already, so the statement does nothing.',
  ]);
  expect(operationsOf(script)).toHaveLength(2);
});

test('a setting that changes what comes after it is more than left out', () => {
  const script = `SET default_tablespace = fast; SET default_tablespace = ''; SELECT set_config('TimeZone', 'UTC', false);
SET check_function_bodies = off; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT a FROM t$$;`;
  expect(findingsOf(script).slice(0, 3)).toEqual([
    'THM7312 1:1 SET default_tablespace is left out, though it changes what the statements after it mean.',
    `THM7302 1:32 SET default_tablespace is left out: it lasts as long as its session.`,
    `THM7312 1:61 SELECT set_config('TimeZone', is left out, though it changes what the statements after it mean.`,
  ]);
  expect(operationsOf(script)[0]!.rawSql!.up).toMatch(/^SET LOCAL check_function_bodies = off;\nCREATE FUNCTION/u);
});

test('ONLY is kept where something inherits from the table', () => {
  const only = 'ALTER TABLE ONLY t ALTER a SET DEFAULT 1';
  expect(operationsOf(`CREATE TABLE t (a int); ${only}`)[1]).toEqual({
    alterColumn: { table: 't', column: 'a', default: 1 },
  });
  for (const child of ['CREATE TABLE u () INHERITS (t)', 'CREATE TABLE u (a int); ALTER TABLE u INHERIT t']) {
    expect(operationsOf(`CREATE TABLE t (a int); ${child}; ${only}`).at(-1)!.rawSql!.up).toBe(only);
  }
});
