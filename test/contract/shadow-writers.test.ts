import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import { readCatalog } from '../../src/migrate/catalog/read-catalog.ts';
import { expandOperation } from '../../src/migrate/expand.ts';
import type { Catalog } from '../../src/model/schema/catalog.ts';
import type { SchemaPhase } from '../../src/model/schema/database.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { SchemaStep } from '../../src/model/schema/schema-step.ts';
import { type PostgresServer, startPostgres } from '../support/database/postgres.ts';
import { runSteps } from '../support/migrate/run-steps.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.close();
});

test('what a transaction with one snapshot from before the copy writes is written in the shadow too', async () => {
  const url = await server.createDatabase();
  const database = openPostgresql({ url: async () => url, sessions: 2 });
  await database.use(async (session) => {
    await session.query('CREATE TABLE accounts (id integer PRIMARY KEY, amount integer)');
    await session.query('INSERT INTO accounts SELECT n, n FROM generate_series(1, 9) n');
    const steps = stepsOf(
      { alterColumn: { table: 'accounts', column: 'id', type: 'bigint' } },
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
