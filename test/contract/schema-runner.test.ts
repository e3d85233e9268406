/** Migrations on a real server: beside other sessions, other appliers, and connections that are cut. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import { readHistory } from '../../src/fleet/schema/state/read-state.ts';
import type { SchemaParts } from '../../src/fleet/schema/request.ts';
import type { SchemaEvent } from '../../src/model/schema/schema-event.ts';
import type { Database, DatabaseSession } from '../../src/ports/schema/database.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure-of.ts';
import { startPostgres, type PostgresServer } from '../support/database/postgres.ts';
import {
  handMade,
  type HandMadeStep,
  indexCopies,
  itemsSql,
  makeCopies,
  shadowSteps,
  statements,
  step,
  walkItems,
} from '../support/schema/hand-made.ts';
import { migration, rawSql, SchemaWorld } from '../support/schema/schema-world.ts';

let server: PostgresServer;
let world: SchemaWorld;
/** Whoever else is there. */
let other: Database;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.close();
});
beforeEach(async () => {
  const url = await server.createDatabase();
  world = new SchemaWorld(openPostgresql({ url: () => Promise.resolve(url), sessions: 2 }));
  other = openPostgresql({ url: () => Promise.resolve(url), sessions: 4 });
  await world.sql(...itemsSql(1000));
});
afterEach(async () => {
  await Promise.all([world.database.close(), other.close()]);
});

/** Keeps a transaction open after `sql`, until it is let go. */
async function holding(sql: string): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const work = other.use(async (session) => {
    await session.transaction({ lockTimeoutMs: null, statementTimeoutMs: null }, async () => {
      await session.query(sql);
      held.resolve();
      await end.promise;
    });
  });
  await held.promise;
  return async () => {
    end.resolve();
    await work;
  };
}

const column = rawSql('ALTER TABLE items ADD COLUMN phone text', 'ALTER TABLE items DROP COLUMN phone');
const one = migration([column]);

async function detailOf(entry: string): Promise<Record<string, number>> {
  const rows = await world.sql(`SELECT detail FROM themis.journal WHERE step = '${entry}' AND event = 'done'`);
  return JSON.parse(rows[0]!['detail']!) as Record<string, number>;
}

test('a step waits for a lock by coming back, keeps nobody out meanwhile, and says how long it waited', async () => {
  const letGo = await holding('SELECT count(*) FROM items');
  const waiting: SchemaEvent[] = [];
  const run = world.run(one, 'expand', { emit: (event) => void (event.type === 'waiting' && waiting.push(event)) });
  await eventually(
    () => Promise.resolve(waiting.length),
    (count) => count > 0,
  );
  // Nobody queues behind it for longer than one of its tries.
  await other.use(
    async (session) => await session.query(`SET lock_timeout = '2s'; UPDATE items SET name = name WHERE id = 1`),
  );
  await letGo();
  expect(await run).toMatchObject({ outcome: 'done' });
  expect(waiting).toEqual([expect.objectContaining({ on: 'lock' })]);
  expect((await detailOf('expand/0/run'))['lockWaitMs']).toBeGreaterThanOrEqual(50);
});

test('a lock that is not to be had in all the time there is fails the step', async () => {
  const letGo = await holding('SELECT count(*) FROM items');
  const settings = { lockTimeoutMs: 20, statementTimeoutMs: 5000, lockPatienceMs: 200 };
  const result = await world.run(one, 'expand', { settings });
  expect(result).toMatchObject({ outcome: 'undone', failure: { code: 'DATABASE_LOCKED' } });
  await letGo();
});

test('of two appliers one applies, the other is told, or waits and finds it done', async () => {
  const slow = migration([rawSql('SELECT pg_sleep(0.5)', 'SELECT 1'), column]);
  const authority = { store: 'store-1', token: 1, by: 'ops@other' };
  const atOnce = { lockTimeoutMs: 50, statementTimeoutMs: 5000, waitForOtherMs: 0 };
  const runs = await Promise.allSettled([
    world.run(slow, 'expand', { settings: atOnce }),
    world.run(slow, 'expand', { settings: atOnce, database: other, authority }),
  ]);
  const failed = runs.find((run) => run.status === 'rejected');
  expect(failed?.reason).toMatchObject({ code: 'ALREADY_IN_PROGRESS' });
  expect(await readHistory(world.database)).toMatchObject([{ outcome: 'done' }]);
  const settings = { lockTimeoutMs: 50, statementTimeoutMs: 5000, waitForOtherMs: 30_000 };
  const both = await Promise.all([
    world.run(slow, 'migrate', { settings }),
    world.run(slow, 'migrate', { settings, database: other, authority }),
  ]);
  expect(both.map(({ outcome }) => outcome).sort()).toEqual(['done', 'unchanged']);
  expect(await readHistory(world.database)).toHaveLength(2);
});

test('one that waits for its turn does not deadlock with a concurrent index build', async () => {
  const { migration, parts } = handMade({ expand: [makeCopies, step('walk', walkItems), indexCopies] });
  // A build ends when every snapshot that is older than its own is gone.
  const letGo = await holding('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM items');
  const first = world.run(migration, 'expand', parts);
  const builds = 'SELECT FROM pg_stat_progress_create_index';
  await eventually(
    async () => await other.use(async (session) => (await session.query(builds)).count),
    (count) => count > 0,
  );
  const settings = { lockTimeoutMs: 50, statementTimeoutMs: 5000, waitForOtherMs: 30_000 };
  const second = world.run(migration, 'expand', { ...parts, settings, database: other });
  await letGo();
  expect(await first).toMatchObject({ outcome: 'done' });
  expect(await second).toMatchObject({ outcome: 'unchanged' });
});

const blockedBuilds = `SELECT FROM pg_stat_activity WHERE wait_event = 'virtualxid' AND query LIKE 'CREATE INDEX%'`;

test('an index that somebody else builds beside writers meanwhile is not ended by a deadlock', async () => {
  await world.sql('CREATE TABLE copies AS SELECT * FROM items');
  const lost = { schema: 'public', name: 'copies_id' };
  const gone: HandMadeStep = step('gone', { kind: 'drop-index', index: lost, concurrently: true });
  for (const ours of [indexCopies, gone]) {
    await world.sql('DROP SCHEMA IF EXISTS themis CASCADE', 'CREATE INDEX copies_id ON copies (id)');
    // Theirs waits for this writer, and ours for theirs.
    const letGo = await holding('UPDATE copies SET name = name WHERE id = 1');
    const theirs = other.use(async (session) => await session.query('CREATE INDEX CONCURRENTLY theirs ON copies (id)'));
    await eventually(
      async () => await other.use(async (session) => (await session.query(blockedBuilds)).count),
      (count) => count > 0,
    );
    const waiting = Promise.withResolvers<void>();
    const emit = ({ type }: SchemaEvent): void => void (type === 'waiting' && waiting.resolve());
    const { migration, parts } = handMade({ expand: [ours] });
    const run = world.run(migration, 'expand', { ...parts, emit });
    await waiting.promise;
    await letGo();
    await theirs;
    expect(await run).toMatchObject({ outcome: 'done' });
    await world.sql('DROP INDEX IF EXISTS theirs, copies_name, copies_id');
  }
});

test('a holder with a higher token ends the one at work in the transaction of its step', async () => {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const held = heldBefore(world.database, reached.resolve, goOn.promise);
  const old = failureOf(
    world.run(one, 'expand', { database: held, authority: { store: 'store-1', token: 3, by: 'ops@old' } }),
  );
  await reached.promise;
  // It has the lock, so that the newer one only tells it.
  const authority = { store: 'store-1', token: 4, by: 'ops@new' };
  const settings = { lockTimeoutMs: 50, statementTimeoutMs: 5000, waitForOtherMs: 0 };
  const early = await failureOf(world.run(one, 'expand', { database: other, authority, settings }));
  expect(early).toMatchObject({ code: 'ALREADY_IN_PROGRESS' });
  goOn.resolve();
  expect(await old).toMatchObject({ code: 'FENCED' });
  expect(await world.sql(`SELECT FROM information_schema.columns WHERE column_name = 'phone'`)).toEqual([]);
  expect(await world.run(one, 'expand', { authority })).toMatchObject({ outcome: 'done', run: 1 });
  expect(await failureOf(world.run(one, 'migrate'))).toMatchObject({ code: 'FENCED' });
});

/** Stops once before the transaction of the first step. */
function heldBefore(database: Database, reached: () => void, goOn: Promise<void>): Database {
  let isHeld = false;
  const hold = (session: DatabaseSession): DatabaseSession => ({
    query: async (sql, parameters) => await session.query(sql, parameters),
    restoreSettings: async () => await session.restoreSettings(),
    transaction: async (limits, work) => {
      const { rows } = await session.query(`SELECT to_regclass('themis.steps') IS NOT NULL AS there`);
      const isThere = rows[0]?.['there'] === 't';
      if (!isHeld && isThere && (await session.query('SELECT FROM themis.steps')).count > 0) {
        isHeld = true;
        reached();
        await goOn;
      }
      return await session.transaction(limits, work);
    },
  });
  return {
    engine: database.engine,
    sessions: database.sessions,
    use: async (work) => await database.use(async (session) => await work(hold(session))),
    close: async () => await database.close(),
  };
}

test('an index that a failed build left is dropped and built anew; one of somebody else is not touched', async () => {
  await world.sql(`CREATE TABLE copies (id bigint, name text); INSERT INTO copies VALUES (1, 'a'), (2, 'a')`);
  const unique = 'CREATE UNIQUE INDEX CONCURRENTLY copies_name ON copies (name)';
  const action = { ...indexCopies.action, definition: unique } as typeof indexCopies.action;
  const { migration, parts } = handMade({ expand: [{ ...indexCopies, action }] }, { onFailure: 'pause' });
  const failed = await world.run(migration, 'expand', parts);
  expect(failed).toMatchObject({ outcome: 'stuck', failure: { code: 'DATABASE_CONFLICT' } });
  const valid = `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('copies_name')`;
  expect(await world.sql(valid)).toEqual([{ indisvalid: 'f' }]);
  await world.sql('DELETE FROM copies WHERE id = 2');
  expect(await world.run(migration, 'expand', parts)).toMatchObject({ outcome: 'done' });
  expect(await world.sql(valid)).toEqual([{ indisvalid: 't' }]);
  const next = handMade({ expand: [indexCopies] }, { name: 'second', schemaVersion: 2 });
  expect(await world.run(next.migration, 'expand', next.parts)).toMatchObject({
    outcome: 'undone',
    failure: { code: 'DATABASE_CONFLICT' },
  });
  expect(await world.sql(valid)).toEqual([{ indisvalid: 't' }]);
});

test('a backend that is ended again and again costs no more than a batch each time', async () => {
  await world.sql(`INSERT INTO items SELECT n, 'more' FROM generate_series(1001, 20000) n`);
  const { migration, parts } = handMade({ expand: shadowSteps });
  let ended = 0;
  const end = async (): Promise<void> => {
    const sql = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database =
      (SELECT oid FROM pg_database WHERE datname = current_database())`;
    ended += await other.use(async (session) => (await session.query(sql)).count);
  };
  const emit = ({ type, ...event }: SchemaEvent): void => {
    if (type === 'step-started' && ended < 12) void end();
    if (type === 'waiting' && 'on' in event && event.on === 'connection' && ended < 12)
      setTimeout(() => void end(), 40);
  };
  expect(await world.run(migration, 'expand', { ...parts, emit })).toMatchObject({ outcome: 'done', run: 1 });
  expect(ended).toBeGreaterThan(0);
  expect(await world.sql('SELECT count(*) FROM copies NATURAL JOIN items')).toMatchObject([{ count: '19999' }]);
  expect(await readHistory(world.database)).toHaveLength(1);
});

test('a copy pauses while a writer waits too long, and goes on after that', async () => {
  await world.sql('CREATE TABLE others AS SELECT * FROM items WHERE id < 3');
  const letGo = await holding('UPDATE others SET name = name WHERE id = 1');
  // Has written, and waits for a row now.
  const writer = other.use(
    async (session) =>
      await session.query(`UPDATE others SET name = name WHERE id = 2; UPDATE others SET name = name WHERE id = 1`),
  );
  const waits = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND backend_xid IS NOT NULL`;
  await eventually(
    async () => await other.use(async (session) => (await session.query(waits)).count),
    (count) => count > 0,
  );
  const throttle = { maxWriterP99Ms: 1, maxReplicationLagMs: 5000 };
  const { migration, parts } = handMade({ expand: [makeCopies, step('walk', walkItems)] }, { throttle });
  const waiting: SchemaEvent[] = [];
  const run = world.run(migration, 'expand', {
    ...parts,
    emit: (event) => void (event.type === 'waiting' && waiting.push(event)),
  });
  await eventually(
    () => Promise.resolve(waiting.length),
    (count) => count > 0,
  );
  await letGo();
  await writer;
  expect(await run).toMatchObject({ outcome: 'done', rows: 1000 });
  expect(waiting[0]).toMatchObject({ on: 'writers' });
});

test('statements that are cancelled for their time fail the step, and it goes back', async () => {
  const settings: SchemaParts['settings'] = { lockTimeoutMs: 50, statementTimeoutMs: 100 };
  const slow = handMade({ expand: [makeCopies, step('slow', statements('SELECT pg_sleep(20)'))] });
  expect(await world.run(slow.migration, 'expand', { ...slow.parts, settings })).toMatchObject({
    outcome: 'undone',
    failure: { code: 'TIMEOUT' },
  });
});

test('whoever wants to stop does not wait for a statement that takes its time', async () => {
  const stop = new AbortController();
  const slow = handMade({ expand: [makeCopies, step('slow', { kind: 'scan', statements: ['SELECT pg_sleep(600)'] })] });
  const run = failureOf(world.run(slow.migration, 'expand', { ...slow.parts, signal: stop.signal }));
  const sleeping = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`;
  await eventually(
    async () => await other.use(async (session) => (await session.query(sleeping)).count),
    (count) => count > 0,
  );
  stop.abort();
  expect(await run).toMatchObject({ code: 'CANCELLED' });
  expect(await world.undo('first')).toMatchObject({ outcome: 'done' });
});

test('what a statement sets for its session reaches neither the next one nor the records', async () => {
  await world.sql('CREATE ROLE nobody; CREATE SCHEMA elsewhere; GRANT ALL ON SCHEMA elsewhere TO nobody');
  const set = rawSql(
    'SET search_path = elsewhere; SET ROLE nobody; CREATE TABLE there ()',
    'DROP TABLE elsewhere.there',
  );
  const silent = rawSql(
    `SET session_replication_role = replica; SET themis.quiet = 'on'; SET standard_conforming_strings = off;
      SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET default_transaction_isolation = 'serializable'`,
    'SELECT 1',
  );
  const here = rawSql(
    `CREATE TABLE here AS SELECT current_setting('session_replication_role') AS fires,
      coalesce(current_setting('themis.quiet', true), '') AS quiet, current_setting('standard_conforming_strings') AS plain,
      '2026-02-01 00:00+00'::timestamptz::text AS instant, current_setting('default_transaction_isolation') AS isolation`,
    'DROP TABLE here',
  );
  expect(await world.run(migration([set, silent, here]), 'expand')).toMatchObject({ outcome: 'done' });
  expect(await world.sql('SELECT * FROM public.here')).toEqual([
    { fires: 'origin', quiet: '', plain: 'on', instant: '2026-02-01 00:00:00+00', isolation: 'read committed' },
  ]);
});

const markItems = 'UPDATE items SET seen = true WHERE id = ANY (ARRAY(SELECT id FROM themis_batch))';

test('a batch that meets a row of somebody holds no other meanwhile, so that no writer is ended for it', async () => {
  await world.sql('ALTER TABLE items ADD COLUMN seen boolean');
  const marking = { ...walkItems, statement: markItems };
  const { migration, parts } = handMade({ expand: [step('walk', marking)] });
  // Longer than the server waits before it looks for deadlocks, and ends whoever looked.
  const settings = { lockTimeoutMs: 5000, statementTimeoutMs: 10_000 };
  const held = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const writer = other.use(async (session) => {
    await session.query('BEGIN; UPDATE items SET name = name WHERE id = 50');
    held.resolve();
    await goOn.promise;
    await session.query('UPDATE items SET name = name WHERE id = 1; COMMIT');
  });
  await held.promise;
  const waiting = Promise.withResolvers<void>();
  const emit = ({ type }: SchemaEvent): void => void (type === 'waiting' && waiting.resolve());
  const run = world.run(migration, 'expand', { ...parts, settings, emit });
  const blocked = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
  const isBlocked = eventually(
    async () => await other.use(async (session) => (await session.query(blocked)).count),
    (count) => count > 0,
  );
  await Promise.race([waiting.promise, isBlocked]);
  goOn.resolve();
  await writer;
  expect(await run).toMatchObject({ outcome: 'done', rows: 1000 });
  expect(await world.sql('SELECT FROM items WHERE seen IS NULL')).toEqual([]);
});

test('deadlocks are looked for soon by whoever may, and never later than the server does', async () => {
  await world.sql(
    'CREATE ROLE clerk LOGIN; GRANT clerk TO postgres; GRANT ALL ON SCHEMA public TO clerk',
    `DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO clerk', current_database()); END $$`,
  );
  const noted = migration([
    rawSql(`CREATE TABLE found AS SELECT current_setting('deadlock_timeout') AS it`, 'DROP TABLE found'),
  ]);
  const found = async (database: Database, lockTimeoutMs: number): Promise<string | null | undefined> => {
    const settings = { lockTimeoutMs, statementTimeoutMs: 10_000 };
    expect(await world.run(noted, 'expand', { database, settings })).toMatchObject({ outcome: 'done' });
    const [row] = await world.sql('SELECT it FROM found');
    await world.sql('DROP TABLE found; DROP SCHEMA themis CASCADE');
    return row?.['it'];
  };
  expect(await found(world.database, 50)).toBe('25ms');
  expect(await found(world.database, 5000)).toBe('1s');
  expect(await found(asClerk(world.database), 50)).toBe('1s');
  await world.sql('GRANT SET ON PARAMETER deadlock_timeout TO clerk');
  expect(await found(asClerk(world.database), 50)).toBe('25ms');
  await world.sql('REVOKE SET ON PARAMETER deadlock_timeout FROM clerk; DROP OWNED BY clerk; DROP ROLE clerk');
});

/** No superuser. */
function asClerk(database: Database): Database {
  return {
    engine: database.engine,
    sessions: database.sessions,
    use: async (work) =>
      await database.use(async (session) => {
        await session.query('SET SESSION AUTHORIZATION clerk');
        return await work(session);
      }),
    close: async () => await database.close(),
  };
}
