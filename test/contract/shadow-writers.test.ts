import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../src/migrate/catalog/read-catalog.ts';
import { expandOperation } from '../../src/migrate/expand.ts';
import type { Catalog } from '../../src/model/schema/catalog.ts';
import type { SchemaPhase } from '../../src/model/schema/database.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { SchemaStep } from '../../src/model/schema/schema-step.ts';
import type { DatabaseSession } from '../../src/ports/schema/database.ts';
import { type PostgresServer, startPostgres } from '../support/database/postgres.ts';
import { runSteps, undoSteps } from '../support/migrate/run-steps.ts';
import { startWriters } from '../support/migrate/writers.ts';
import { trimmedTable } from '../support/migrate/trimmed-table.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.close();
});

const table = 'accounts';
const cases: readonly (readonly [name: string, operation: Operation, mail: string])[] = [
  ['a column is renamed', { renameColumn: { table, from: 'mail', to: 'email' } }, 'email'],
  ['a column has a shadow', { alterColumn: { table, column: 'amount', type: 'bigint' } }, 'mail'],
  [
    'a column has a shadow that may miss values',
    { alterColumn: { table, column: 'nick', type: 'varchar(30)' } },
    'mail',
  ],
  ['a table has a shadow', { alterColumn: { table, column: 'id', type: 'bigint' } }, 'mail'],
];

test.each(cases)(
  'where %s, no writer fails and no row is lost, on the way there and back',
  async (_, operation, mail) => {
    const url = await server.createDatabase();
    const database = openPostgresql({ url: async () => url, sessions: 2 });
    await database.use(async (raw) => {
      for (const statement of trimmedTable) await raw.query(statement);
      await raw.query(
        `INSERT INTO accounts (id, mail, country) SELECT n, 'm' || n, 'at' FROM generate_series(501, 6000) n`,
      );
      await raw.query('ANALYZE');
      const session = patient(raw);
      const before = await readCatalog(raw);
      const writers = await startWriters(url, 4);
      const some = { batchRows: 500, between: setImmediate };
      const forward = stepsOf(operation, 'expand', before);
      await runSteps(session, forward, some);
      writers.call(mail);
      await writers.write(200);
      await undoSteps(session, forward.slice(1), some);
      writers.call('mail');
      await writers.write(50);
      await undoSteps(session, forward.slice(0, 1));
      await writers.write(50);
      expect(catalogDifference(before, await readCatalog(raw))).toEqual([]);
      await runSteps(session, stepsOf(operation, 'expand', before), some);
      writers.call(mail);
      await writers.write(200);
      await runSteps(session, stepsOf(operation, 'contract', await readCatalog(raw)));
      await writers.write(50);
      expect(await writers.end()).toEqual([]);
      const { rows } = await raw.query(`SELECT id, ${mail} AS mail, amount, nick FROM accounts ORDER BY id`);
      expect(rows.filter(({ id }) => Number(id) <= 6000)).toEqual(writers.rows());
    });
    await database.close();
  },
);

test('what a transaction with one snapshot from before the copy writes is written in the shadow too', async () => {
  const url = await server.createDatabase();
  const database = openPostgresql({ url: async () => url, sessions: 2 });
  await database.use(async (session) => {
    await session.query('CREATE TABLE accounts (id integer PRIMARY KEY, amount integer)');
    await session.query('INSERT INTO accounts SELECT n, n FROM generate_series(1, 9) n');
    const steps = stepsOf(
      { alterColumn: { table, column: 'id', type: 'bigint' } },
      'expand',
      await readCatalog(session),
    );
    const copied = steps.findIndex(({ id }) => id.endsWith('/copy'));
    await runSteps(session, steps.slice(0, copied));
    await database.use(async (writer) => {
      await writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await writer.query('SELECT FROM accounts');
      await runSteps(session, steps.slice(copied, copied + 1));
      await writer.query('UPDATE accounts SET amount = -1 WHERE id = 1');
      await writer.query('DELETE FROM accounts WHERE id BETWEEN 2 AND 6');
      await writer.query('UPDATE accounts SET id = 10 WHERE id = 7');
      await writer.query('COMMIT');
    });
    await runSteps(session, steps.slice(copied + 1));
    const { rows } = await session.query('SELECT id, amount FROM accounts ORDER BY id');
    expect(rows.map(({ id, amount }) => [id, amount])).toEqual([
      ['1', '-1'],
      ['8', '8'],
      ['9', '9'],
      ['10', '7'],
    ]);
  });
  await database.close();
});

function stepsOf(operation: Operation, phase: SchemaPhase, catalog: Catalog): readonly SchemaStep[] {
  const world = {
    migration: 'm',
    operation,
    index: 0,
    phase,
    catalog,
    engine: 'postgresql',
    serverVersionNumber: 180_004,
  } as const;
  const steps = expandOperation(world);
  if ('refused' in steps) throw new Error(steps.refused.summary);
  return steps;
}

/** Gives up a lock soon, and comes back: as a runner does. */
function patient(session: DatabaseSession): DatabaseSession {
  return {
    query: async (sql, parameters) => await session.query(sql, parameters),
    async transaction(_limits, work) {
      for (;;) {
        try {
          return await session.transaction({ lockTimeoutMs: 100, statementTimeoutMs: null }, work);
        } catch (error) {
          if (!(error instanceof ThemisError) || error.code !== 'DATABASE_LOCKED') throw error;
        }
      }
    },
  };
}
