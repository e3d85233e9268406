import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../src/migrate/catalog/read-catalog.ts';
import type { DatabaseSession } from '../../src/ports/schema/database.ts';
import { openMemory } from '../support/database/memory.ts';
import { operationsOf } from '../support/migrate/convert.ts';
import { runMigration } from '../support/migrate/run-migration.ts';
import { isSoak, runs } from '../support/runs.ts';

const start = `CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT ca CHECK (a > 0), b text UNIQUE, c text NOT NULL DEFAULT 'x');
CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t, b text);
INSERT INTO t SELECT n, n, 'b' || n FROM generate_series(1, 9) n;
CREATE INDEX ta ON t (a); CREATE VIEW v AS SELECT id FROM u; CREATE TYPE mood AS ENUM ('x', 'y');`;

const places: Readonly<Record<string, readonly string[]>> = {
  T: ['t', 'u', 'w'],
  C: ['a', 'b', 'c', 'd'],
  K: ['ca', 't_b_key', 'u_t_fkey', 'k'],
  I: ['ta', 'i', 't_b_idx'],
  V: ['v', 'x'],
};
const forms = `ALTER TABLE $T ADD COLUMN $C int
ALTER TABLE $T ADD COLUMN $C text NOT NULL DEFAULT 'q' UNIQUE
ALTER TABLE $T ADD COLUMN $C int CHECK (id > 0) REFERENCES u
ALTER TABLE $T DROP COLUMN $C
ALTER TABLE $T DROP COLUMN $C CASCADE
ALTER TABLE $T RENAME COLUMN $C TO $C
ALTER TABLE $T RENAME TO $T
ALTER TABLE $T ALTER COLUMN $C TYPE bigint
ALTER TABLE $T ALTER COLUMN $C TYPE varchar(50)
ALTER TABLE $T ALTER COLUMN $C SET NOT NULL
ALTER TABLE $T ALTER COLUMN $C DROP NOT NULL
ALTER TABLE $T ALTER COLUMN $C SET DEFAULT '7'
ALTER TABLE $T ADD CONSTRAINT $K CHECK ($C IS NOT NULL)
ALTER TABLE $T ADD CONSTRAINT $K UNIQUE ($C)
ALTER TABLE $T ADD CONSTRAINT $K FOREIGN KEY (id) REFERENCES $T (id)
ALTER TABLE $T DROP CONSTRAINT $K
CREATE INDEX $I ON $T ($C)
CREATE INDEX ON $T ($C)
DROP INDEX $I
CREATE VIEW $V AS SELECT * FROM $T
CREATE VIEW $V AS SELECT $C FROM $T
DROP VIEW $V
DROP TABLE $T
CREATE TABLE $T (id int PRIMARY KEY, $C int, e mood)
DROP TYPE mood
CREATE TYPE mood AS ENUM ('z')
ALTER TYPE mood ADD VALUE 'q'
UPDATE $T SET $C = NULL
COMMENT ON COLUMN $T.$C IS 'hm'`.split('\n');

/** A form with a name in each of its places. */
const statement = fc
  .tuple(fc.constantFrom(...forms), fc.array(fc.nat(11), { minLength: 4, maxLength: 4 }))
  .map(([form, picks]) => {
    let next = 0;
    return form.replaceAll(/\$([TCKIV])/gu, (_, place: string) => {
      const names = places[place]!;
      return names[picks[next++]! % names.length]!;
    });
  });

async function withDatabase<Result>(work: (session: DatabaseSession) => Promise<Result>): Promise<Result> {
  const database = await openMemory();
  try {
    return await database.use(async (session) => {
      await session.query(start);
      return await work(session);
    });
  } finally {
    await database.close();
  }
}

/** Those that PostgreSQL takes after the ones before. */
async function taken(session: DatabaseSession, statements: readonly string[]): Promise<string[]> {
  const script: string[] = [];
  for (const sql of statements) {
    await session.query(sql).then(
      () => script.push(sql),
      () => undefined,
    );
  }
  return script;
}

/** No key to walk by: refused before the first effect, and a script may well drop it. */
const mayRefuse = /THM7011/u;

test('a script that PostgreSQL takes and its conversion lead from one catalog to one catalog', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 20, maxLength: 40 }), async (statements) => {
      const { script, catalog } = await withDatabase(async (session) => {
        const accepted = await taken(session, statements);
        return { script: accepted, catalog: await readCatalog(session) };
      });
      if (script.length === 0) return;
      const converted = await withDatabase(async (session) => {
        const refused = await runMigration(session, operationsOf(script.join(';\n')), () => false).then(
          () => undefined,
          (error: Error) => error.message,
        );
        return { refused, catalog: await readCatalog(session) };
      });
      if (converted.refused !== undefined && mayRefuse.test(converted.refused)) return;
      compared += 1;
      expect([script, converted.refused, catalogDifference(catalog, converted.catalog)]).toEqual([
        script,
        undefined,
        [],
      ]);
    }),
    { numRuns: isSoak ? 300 : 3, seed: runs(1).seed, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(0);
});
