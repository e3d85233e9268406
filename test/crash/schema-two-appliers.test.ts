/**
 * Two processes that apply the same migration at the same time, while somebody else builds an index beside writers: what
 * they do is done once, with one row of the history for each phase, and nobody is ended by a deadlock.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import { readHistory } from '../../src/fleet/schema/state/read-state.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { startPostgres, type PostgresServer } from '../support/database/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { everyOperation, setup } from '../support/migrate/operation-cases.ts';
import { isSoak } from '../support/runs.ts';
import { jobs } from '../support/schema/jobs.ts';
import { SchemaWorld } from '../support/schema/schema-world.ts';

const program = fileURLToPath(new URL('../support/schema/schema-process.ts', import.meta.url));

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.close();
});

let roles = 0;
async function newPlace(): Promise<{ url: string; world: SchemaWorld }> {
  const url = await server.createDatabase();
  const world = new SchemaWorld(openPostgresql({ url: () => Promise.resolve(url), sessions: 4 }));
  roles += 1;
  await world.sql(...(roles === 1 ? ['CREATE ROLE reader', 'CREATE ROLE writer'] : []), ...setup);
  return { url, world };
}

/** A transaction that the build waits for, and the build; `end` ends both. */
async function buildBeside(database: Database): Promise<{ end: () => Promise<void> }> {
  const goOn = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const writer = database.use(async (session) => {
    await session.query(`BEGIN; UPDATE orders SET state = 'open' WHERE id = 1`);
    held.resolve();
    await goOn.promise;
    await session.query('COMMIT');
  });
  await held.promise;
  const build = database.use(
    async (session) => await session.query('CREATE INDEX CONCURRENTLY theirs ON orders (state)'),
  );
  const waits = `SELECT FROM pg_stat_activity WHERE wait_event = 'virtualxid' AND query LIKE 'CREATE INDEX%'`;
  await eventually(
    async () => await database.use(async (session) => (await session.query(waits)).count),
    (count) => count > 0,
  );
  return {
    async end() {
      goOn.resolve();
      await Promise.all([writer, build]);
    },
  };
}

const usual = new Set(['addConstraint unique', 'alterColumn with a check']);
const chosen = everyOperation.filter(([name]) => isSoak || usual.has(name));

test.each(chosen)('%s', async (_, operation: Operation) => {
  const { url, world } = await newPlace();
  const theirs = await buildBeside(world.database);
  const line = [program, url, JSON.stringify(operation), 'apply'];
  const appliers = [1, 2].map(async () => await promisify(execFile)(process.execPath, line));
  await eventually(
    async () => (await world.sql(`SELECT FROM pg_class WHERE oid = to_regclass('themis.history')`)).length,
    (count) => count > 0,
  );
  await theirs.end();
  const said = await Promise.all(appliers);
  expect(said.map(({ stdout }) => stdout)).toEqual(['ready\ndone\n', 'ready\ndone\n']);
  const history = await readHistory(world.database);
  expect(history.map(({ phase, outcome }) => `${phase} ${outcome}`)).toEqual([
    'expand done',
    'migrate done',
    'contract done',
  ]);
  expect(await world.sql(`SELECT FROM pg_index WHERE NOT indisvalid`)).toEqual([]);
  const once = await newPlace();
  await once.world.sql('CREATE INDEX theirs ON orders (state)');
  expect(await jobs.apply.work(once.world, operation)).toBe('done');
  expect(await world.digests()).toEqual(await once.world.digests());
  await Promise.all([world.database.close(), once.world.database.close()]);
});
