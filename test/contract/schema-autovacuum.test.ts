import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { type PostgresServer, startPostgres } from '../support/database/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { migration, SchemaWorld } from '../support/schema/schema-world.ts';

/** It begins at once, and takes longer than any test. */
const slowly = [
  'autovacuum_naptime=1s',
  'autovacuum_vacuum_threshold=10',
  'autovacuum_vacuum_scale_factor=0',
  'autovacuum_vacuum_cost_delay=100ms',
  'autovacuum_vacuum_cost_limit=1',
];
let server: PostgresServer;
let database: Database;
beforeAll(async () => {
  server = await startPostgres(slowly);
  const url = await server.createDatabase();
  database = openPostgresql({ url: () => Promise.resolve(url), sessions: 2 });
});
afterAll(async () => {
  await database.close();
  await server.close();
});

test('a vacuum that the server began by itself gives way to a migration', async () => {
  const world = new SchemaWorld(database);
  await world.sql(
    `CREATE TABLE items AS SELECT n AS id, repeat('x', 100) AS name FROM generate_series(1, 100000) n`,
    'DELETE FROM items WHERE id % 3 = 0',
  );
  const vacuums = async (): Promise<number> => {
    const rows = await world.sql(
      `SELECT FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND query LIKE '%public.items%'`,
    );
    return rows.length;
  };
  await eventually(vacuums, (count) => count > 0, 60_000);
  const added = migration([{ addColumn: { table: 'items', column: { name: 'phone', type: 'text' } } }]);
  const settings = { lockTimeoutMs: 50, statementTimeoutMs: 10_000, lockPatienceMs: 5000 };
  expect(await world.run(added, 'expand', { settings })).toMatchObject({ outcome: 'done' });
});
