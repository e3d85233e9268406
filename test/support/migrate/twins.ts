/**
 * Two databases with the same schema and the same writes: on one a migration goes its steps, the other stays as it is and
 * says what has to be there, and at the end gets the plain ALTER.
 */
import { expect } from 'vitest';
import { catalogDifference } from '../../../src/migrate/catalog/catalog-difference.ts';
import { dataDigest } from '../../../src/migrate/catalog/data-digest.ts';
import { readCatalog } from '../../../src/migrate/catalog/read-catalog.ts';
import { expandOperation } from '../../../src/migrate/expand.ts';
import type { SchemaPhase } from '../../../src/model/schema/database.ts';
import type { Operation } from '../../../src/model/documents.ts';
import type { SchemaStep } from '../../../src/model/schema/schema-step.ts';
import type { Database, DatabaseSession } from '../../../src/ports/schema/database.ts';
import { openMemory } from '../database/memory.ts';
import { serverVersionOf } from '../database/server-version.ts';
import { runOn } from './embedded.ts';

export interface Single {
  readonly one: DatabaseSession;
  /** Against the catalog as it is; throws where it is refused. */
  readonly steps: (operation: Operation, phase: SchemaPhase) => Promise<readonly SchemaStep[]>;
  readonly close: () => Promise<void>;
}

export interface Twins extends Single {
  readonly plain: DatabaseSession;
  /** Both get the writes; no statement may fail on one of them alone. */
  write(ofOne: readonly string[], ofPlain: readonly string[]): Promise<void>;
}

/** `open`: a database that is empty; without it one in memory. */
export async function single(statements: readonly string[], open = openMemory): Promise<Single> {
  const opened = await openSession(statements, open);
  const one = opened.session;
  const { engine } = opened;
  const serverVersionNumber = await serverVersionOf(one);
  return {
    one,
    async steps(operation, phase) {
      const catalog = await readCatalog(one);
      const place = { migration: 'm', index: 0, engine, serverVersionNumber } as const;
      const steps = expandOperation({ ...place, operation, phase, catalog });
      if ('refused' in steps) throw new Error(`${steps.refused.code} ${steps.refused.summary}`);
      return steps;
    },
    close: async () => await opened.close(),
  };
}

export async function twins(statements: readonly string[], open = openMemory): Promise<Twins> {
  const [first, second] = await Promise.all([single(statements, open), openSession(statements, open)]);
  const { one } = first;
  const plain = second.session;
  return {
    one,
    plain,
    steps: async (operation, phase) => await first.steps(operation, phase),
    async write(ofOne, ofPlain) {
      for (const [index, statement] of ofPlain.entries()) {
        const wanted = await outcomeOf(plain, statement);
        const got = await outcomeOf(one, ofOne[index]!);
        expect({ statement: ofOne[index], ...got }).toEqual({ statement: ofOne[index], ...wanted });
      }
    },
    close: async () => void (await Promise.all([first.close(), second.close()])),
  };
}

/** One that stays open between the calls of a test. */
async function openSession(statements: readonly string[], open: () => Promise<Database>) {
  const database = await open();
  await runOn(database, statements);
  const opened = Promise.withResolvers<DatabaseSession>();
  const closed = Promise.withResolvers<void>();
  const used = database.use(async (session) => {
    opened.resolve(session);
    await closed.promise;
  });
  return {
    engine: database.engine,
    session: await opened.promise,
    close: async (): Promise<void> => {
      closed.resolve();
      await used;
      await database.close();
    },
  };
}

/** Rows changed, or the code of the failure: a constraint has to hold on either side alike. */
async function outcomeOf(session: DatabaseSession, statement: string) {
  try {
    return { count: (await session.query(statement)).count };
  } catch (error) {
    return { failed: (error as { readonly reason?: string }).reason ?? String(error) };
  }
}

/** Both have the same schema, rows and counters. */
export async function expectTwins({ one, plain }: Twins): Promise<void> {
  const [got, wanted] = [await readCatalog(one), await readCatalog(plain)];
  expect(catalogDifference(wanted, got)).toEqual([]);
  for (const table of wanted.tables) {
    const columns = table.columns.map(({ name }) => `"${name}"`).join(', ');
    const rows = `SELECT ${columns} FROM ${table.schema}.${table.name} x ORDER BY ${columns}`;
    const [gotRows, wantedRows] = [(await one.query(rows)).rows, (await plain.query(rows)).rows];
    for (const [index, row] of wantedRows.entries()) expect(gotRows[index]).toEqual(row);
    expect(gotRows.length).toBe(wantedRows.length);
  }
  expect(await dataDigest(one, got)).toBe(await dataDigest(plain, wanted));
  for (const { schema, name } of wanted.sequences) {
    const at = `SELECT last_value, is_called FROM ${schema}.${name}`;
    expect((await one.query(at)).rows).toEqual((await plain.query(at)).rows);
  }
}

/** Nothing that Themis made is left. */
export async function expectNothingHidden({ one }: Twins): Promise<void> {
  const { rows } = await one.query(`SELECT relname FROM pg_class WHERE relname ~ '_themis_'
    UNION ALL SELECT proname FROM pg_proc WHERE proname ~ '_themis_'
    UNION ALL SELECT tgname FROM pg_trigger WHERE tgname ~ '_themis_'
    UNION ALL SELECT conname FROM pg_constraint WHERE conname ~ '_themis_'
    UNION ALL SELECT stxname FROM pg_statistic_ext WHERE stxname ~ '_themis_'
    UNION ALL SELECT attname FROM pg_attribute WHERE attname ~ '_themis_'`);
  expect(rows).toEqual([]);
}
