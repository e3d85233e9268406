import { expect, test } from 'vitest';
import { convert, findingsOf, operationsOf } from '../../../support/migrate/convert.ts';

/** Scripts whose first statement ends in a later phase, and what the second one makes of it. */
const atOnce: readonly (readonly [script: string, up: string])[] = [
  [
    'ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1)',
    'ALTER TABLE "public"."t" DROP CONSTRAINT "c"',
  ],
  ['ALTER TABLE t DROP CONSTRAINT c; UPDATE t SET a = 1', 'ALTER TABLE "public"."t" DROP CONSTRAINT "c"'],
  [
    'ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ADD PRIMARY KEY (a)',
    'ALTER TABLE "public"."t" DROP CONSTRAINT "c"',
  ],
  ['ALTER TABLE t DROP a; ALTER TABLE t ADD a int', 'ALTER TABLE "public"."t" DROP COLUMN "a"'],
  ['ALTER TABLE t DROP a; CREATE VIEW v AS SELECT * FROM t', 'ALTER TABLE "public"."t" DROP COLUMN "a"'],
  ['ALTER TABLE t DROP a; INSERT INTO t VALUES (1)', 'ALTER TABLE "public"."t" DROP COLUMN "a"'],
  ['ALTER TABLE t DROP a; DO $$ ALTER TABLE t ADD b int $$', 'ALTER TABLE "public"."t" DROP COLUMN "a"'],
  ['ALTER TABLE t RENAME a TO b; CREATE INDEX ON t (b)', 'ALTER TABLE "public"."t" RENAME COLUMN "a" TO "b"'],
  ['ALTER TABLE t RENAME TO u; CREATE TABLE t (a int)', 'ALTER TABLE "public"."t" RENAME TO "u"'],
  ['ALTER TABLE t RENAME TO u; ALTER TABLE u ALTER a TYPE text', 'ALTER TABLE "public"."t" RENAME TO "u"'],
  ['DROP TABLE t; CREATE TABLE t (a int)', 'DROP TABLE "public"."t"'],
  ['DROP VIEW v; ALTER TABLE t ALTER a TYPE text', 'DROP VIEW v'],
  ['DROP FUNCTION f(int); CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS $$SELECT 1$$', 'DROP FUNCTION f(int)'],
  [
    'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); ALTER TABLE t RENAME TO u',
    'ALTER TABLE "public"."t" ADD CONSTRAINT "c" CHECK (a > 0)',
  ],
  [
    'ALTER TABLE t ALTER a TYPE text USING a::text; ALTER TABLE t RENAME a TO b',
    'ALTER TABLE "public"."t" ALTER COLUMN "a" TYPE text USING a::text',
  ],
  [
    'ALTER TABLE t ALTER a TYPE bigint; INSERT INTO t VALUES (1)',
    'ALTER TABLE "public"."t" ALTER COLUMN "a" TYPE bigint',
  ],
  [
    'ALTER TABLE t ALTER a TYPE bigint; CREATE TABLE u (LIKE t)',
    'ALTER TABLE "public"."t" ALTER COLUMN "a" TYPE bigint',
  ],
  [
    'ALTER TABLE t ALTER a TYPE bigint; CREATE VIEW v AS SELECT * FROM t',
    'ALTER TABLE "public"."t" ALTER COLUMN "a" TYPE bigint',
  ],
  [
    'ALTER TABLE t DROP CONSTRAINT c; CREATE TABLE u (LIKE t INCLUDING ALL)',
    'ALTER TABLE "public"."t" DROP CONSTRAINT "c"',
  ],
  ['ALTER TABLE child DROP CONSTRAINT f; DELETE FROM parent', 'ALTER TABLE "public"."child" DROP CONSTRAINT "f"'],
  [
    'CREATE UNIQUE INDEX i ON t (a); DROP INDEX i; INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING',
    'DROP INDEX "public"."i"',
  ],
  ['DROP INDEX i; INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING', 'DROP INDEX i'],
  [
    'ALTER TABLE child DROP CONSTRAINT IF EXISTS f; DELETE FROM parent',
    'ALTER TABLE child DROP CONSTRAINT IF EXISTS f',
  ],
  ['ALTER TABLE t DROP a; CREATE TABLE u AS TABLE t', 'ALTER TABLE "public"."t" DROP COLUMN "a"'],
  ['ALTER TABLE t DROP a; CREATE VIEW v AS SELECT to_jsonb(x) FROM t x', 'ALTER TABLE "public"."t" DROP COLUMN "a"'],
  ['CREATE INDEX i ON t (a); DROP INDEX i; CREATE TABLE u (LIKE t INCLUDING ALL)', 'DROP INDEX "public"."i"'],
];

test.each(atOnce)('%s', (script, up) => {
  const { operations, findings } = convert(script);
  const first = operations.find(({ operation }) => operation.addIndex === undefined)!.operation.rawSql;
  expect(first).toMatchObject({ up });
  expect(first!.phase ?? 'expand').toBe('expand');
  const warning = findings.find(({ code }) => code === 'THM7303');
  expect(warning).toMatchObject({ severity: 'warning', details: [`It becomes: ${up}`] });
  expect(warning?.related?.[0]?.source.col).toBeGreaterThan(script.indexOf(';'));
});

test.each([
  'ALTER TABLE t DROP a; ALTER TABLE t ADD b int; CREATE INDEX ON t (c)',
  'ALTER TABLE t DROP a; CREATE TABLE u (a int)',
  'ALTER TABLE t DROP a; CREATE VIEW v AS SELECT b FROM t',
  'ALTER TABLE t RENAME a TO b; UPDATE t SET c = 1',
  'ALTER TABLE t RENAME TO u; CREATE TABLE v (a int)',
  'ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t DROP a; DROP TABLE u',
  'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); CREATE INDEX ON t (a)',
  'ALTER TABLE t ALTER a TYPE text; ALTER TABLE t ALTER a SET NOT NULL',
  'DROP VIEW v; ALTER TABLE t DROP a',
  'ALTER TABLE t DROP a; CREATE VIEW v AS SELECT b * 2 FROM t',
  'ALTER TABLE t DROP CONSTRAINT c; INSERT INTO u VALUES (1)',
])('nothing is done sooner in %s', (script) => {
  expect(findingsOf(script).filter((line) => line.startsWith('THM7303'))).toEqual([]);
});

test('a drop that is done at once takes the drops before it along: it may depend on them', () => {
  const script = 'ALTER TABLE child DROP CONSTRAINT f; DROP TABLE parent; CREATE TABLE parent (a int)';
  expect(operationsOf(script).map(({ rawSql }) => rawSql?.up)).toEqual([
    'ALTER TABLE "public"."child" DROP CONSTRAINT "f"',
    'DROP TABLE "public"."parent"',
    undefined,
  ]);
});
