/** What lint says about rewrites, held against PostgreSQL itself: a table that was written anew lies in another file. */
import { PGlite } from '@electric-sql/pglite';
import { afterAll, expect, test } from 'vitest';
import { steadyFunctions } from '../../../../src/migrate/lint/sql/volatility.ts';
import { catalogOf, columnNamed, tableNamed } from '../../../support/migrate/catalogs.ts';
import { foundIn } from '../../../support/migrate/lint-of.ts';

const database = await PGlite.create();
afterAll(() => database.close());

async function isRewritten(type: string, statement: string): Promise<boolean> {
  await database.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint, a ${type}); INSERT INTO t (id) VALUES (1)`);
  const file = async () => (await database.query(`SELECT pg_relation_filenode('t') AS file`)).rows;
  const before = await file();
  await database.exec(statement);
  return JSON.stringify(before) !== JSON.stringify(await file());
}

const types = [
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'numeric(10,2)',
  'numeric(12,2)',
  'numeric(12,4)',
  'text',
  'character varying',
  'character varying(10)',
  'character varying(20)',
  'character(10)',
  'timestamp(3) without time zone',
  'timestamp without time zone',
  'timestamp(6) with time zone',
  'time(2) without time zone',
  'time(4) without time zone',
  'interval(2)',
  'interval',
  'bit varying(4)',
  'bit varying(8)',
  'bit(4)',
  'text[]',
  'character varying(10)[]',
  'json',
  'jsonb',
  'bytea',
];

test('a change of type that is let pass writes nothing anew', async () => {
  const passed: string[] = [];
  for (const from of types) {
    const catalog = catalogOf({ tables: [tableNamed('t', { columns: [columnNamed('a', { type: from })] })] });
    for (const to of types) {
      const statement = `ALTER TABLE t ALTER COLUMN a TYPE ${to}`;
      if (foundIn('THM7204', statement, { catalog }) !== '') continue;
      if (from !== to) passed.push(`${from} to ${to}`);
      expect(await isRewritten(from, statement), `${from} to ${to}`).toBe(false);
    }
  }
  expect(passed).toContain('character varying(10) to text');
  expect(passed).toContain('numeric(10,2) to numeric(12,2)');
  expect(passed.length).toBeGreaterThan(10);
});

test.each([
  ['THM7201', 'ALTER TABLE t ADD COLUMN b uuid DEFAULT gen_random_uuid()', true],
  ['THM7201', 'ALTER TABLE t ADD COLUMN b timestamptz DEFAULT clock_timestamp()', true],
  ['THM7201', 'ALTER TABLE t ADD COLUMN b timestamptz DEFAULT now()', false],
  ['THM7201', "ALTER TABLE t ADD COLUMN b text NOT NULL DEFAULT lower('A')", false],
  ['THM7203', 'ALTER TABLE t ADD COLUMN b serial', true],
  ['THM7203', 'ALTER TABLE t ADD COLUMN b bigint GENERATED ALWAYS AS IDENTITY', true],
  ['THM7203', 'ALTER TABLE t ADD COLUMN b bigint GENERATED ALWAYS AS (id + 1) STORED', true],
  ['THM7203', 'ALTER TABLE t ADD COLUMN b bigint GENERATED ALWAYS AS (id + 1) VIRTUAL', false],
  ['THM7213', 'ALTER TABLE t SET UNLOGGED', true],
  ['THM7213', 'VACUUM FULL t', true],
  ['THM7213', 'ALTER TABLE t SET (fillfactor = 70)', false],
  ['THM7211', 'TRUNCATE t', true],
])('%s and PostgreSQL agree about %s', async (code, statement, rewrites) => {
  expect(foundIn(code, statement)).toBe(rewrites ? 'error' : '');
  expect(await isRewritten('text', statement)).toBe(rewrites);
});

test('every function that is taken to be steady is', async () => {
  const { rows } = await database.query<{ proname: string }>(
    `SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v'`,
  );
  const volatile = new Set(rows.map(({ proname }) => proname));
  expect([...steadyFunctions].filter((name) => volatile.has(name))).toEqual([]);
});
