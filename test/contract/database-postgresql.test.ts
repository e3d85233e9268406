import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import type { ThemisError } from '../../src/kernel/error.ts';
import type { Database, DatabaseSession, TransactionLimits } from '../../src/ports/schema/database.ts';
import { type PostgresServer, startPostgres } from '../support/database/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure-of.ts';

const noLimits: TransactionLimits = { lockTimeoutMs: null, statementTimeoutMs: null };

let server: PostgresServer;
let url = '';
let database: Database;
const opened: Database[] = [];
beforeAll(async () => {
  server = await startPostgres(['deadlock_timeout=50ms']);
});
afterAll(async () => {
  await server.close();
});
beforeEach(async () => {
  url = await server.createDatabase();
  database = open(url);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

function open(at: string, over: { sessions?: number; connectTimeoutMs?: number } = {}): Database {
  const one = openPostgresql({ url: () => Promise.resolve(at), sessions: 2, ...over });
  opened.push(one);
  return one;
}

async function run(sql: string): Promise<void> {
  await database.use((session) => session.query(sql));
}

/** Both in a transaction at once; `second` begins when `first` says so. */
async function together(
  first: (session: DatabaseSession, begun: () => void) => Promise<unknown>,
  second: (session: DatabaseSession) => Promise<unknown>,
  limits = noLimits,
): Promise<PromiseSettledResult<unknown>[]> {
  const begun = Promise.withResolvers<void>();
  return await Promise.allSettled([
    database.use((session) => session.transaction(noLimits, () => first(session, begun.resolve))),
    database.use(async (session) => {
      await begun.promise;
      return await session.transaction(limits, () => second(session));
    }),
  ]);
}

const codesOf = (results: readonly PromiseSettledResult<unknown>[]): unknown[] =>
  results.map((result) => (result.status === 'fulfilled' ? 'done' : (result.reason as ThemisError).code));

/** The one that is asked this way is not of those under test. */
async function backends(condition: string): Promise<number> {
  const { rows } = await database.use((session) =>
    session.query(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${condition}`,
    ),
  );
  return Number(rows[0]!['count']);
}

test('a lock that is not had in time is DATABASE_LOCKED, and its holder goes on', async () => {
  await run('CREATE TABLE locked (n int)');
  const second = Promise.withResolvers<void>();
  const results = await together(
    async (session, begun) => {
      await session.query('LOCK TABLE locked');
      begun();
      await second.promise;
      await session.query('INSERT INTO locked VALUES (1)');
    },
    async (session) => {
      await session.query('INSERT INTO locked VALUES (2)').finally(second.resolve);
    },
    { lockTimeoutMs: 50, statementTimeoutMs: null },
  );
  expect(codesOf(results)).toEqual(['done', 'DATABASE_LOCKED']);
  expect(results[1]).toMatchObject({ reason: { reason: '55P03' } });
});

test('of two that wait for each other one is DATABASE_LOCKED', async () => {
  await run('CREATE TABLE a (n int); CREATE TABLE b (n int)');
  const secondHas = Promise.withResolvers<void>();
  const results = await together(
    async (session, begun) => {
      await session.query('LOCK TABLE a');
      begun();
      await secondHas.promise;
      await session.query('LOCK TABLE b');
    },
    async (session) => {
      await session.query('LOCK TABLE b');
      secondHas.resolve();
      await session.query('LOCK TABLE a');
    },
  );
  expect(new Set(codesOf(results))).toEqual(new Set(['DATABASE_LOCKED', 'done']));
});

test('a serialisation failure is DATABASE_LOCKED', async () => {
  await run('CREATE TABLE counted AS SELECT 1 AS n');
  const work = database.use((session) =>
    session.transaction(noLimits, async () => {
      await session.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT n FROM counted');
      await run('UPDATE counted SET n = 3');
      await session.query('UPDATE counted SET n = 2');
    }),
  );
  expect(await failureOf(work)).toMatchObject({ code: 'DATABASE_LOCKED', reason: '40001' });
});

test('a session whose backend is ended is UNREACHABLE, and the next use works', async () => {
  const begun = Promise.withResolvers<string>();
  const failure = failureOf(
    database.use(async (session) => {
      const { rows } = await session.query('SELECT pg_backend_pid() AS pid');
      begun.resolve(rows[0]!['pid']!);
      await session.query('SELECT pg_sleep(600)');
    }),
  );
  await run(`SELECT pg_terminate_backend(${await begun.promise})`);
  expect(await failure).toMatchObject({ code: 'UNREACHABLE', reason: '57P01' });
  await run('SELECT 1');
});

test('a session that lost its backend between two statements says so, in a transaction too', async () => {
  for (const how of ['plain', 'transaction']) {
    const work = database.use(async (session) => {
      const lose = async (): Promise<void> => {
        const { rows } = await session.query('SELECT pg_backend_pid() AS pid');
        await run(`SELECT pg_terminate_backend(${rows[0]!['pid']})`);
        await session.query('SELECT 1');
      };
      await (how === 'plain' ? lose() : session.transaction(noLimits, lose));
    });
    expect((await failureOf(work)).code).toBe('UNREACHABLE');
  }
});

test('idle sessions whose backends were ended are nobody’s trouble', async () => {
  const one = open(url);
  await Promise.all([1, 2].map(() => one.use((session) => session.query('SELECT pg_sleep(0.01)'))));
  const ours = `application_name = 'themis' AND state = 'idle'`;
  expect(await backends(ours)).toBe(2);
  // CASE: the other conditions are asked first.
  await backends(`CASE WHEN ${ours} AND pid <> pg_backend_pid() THEN pg_terminate_backend(pid) END`);
  await eventually(
    () => backends(ours),
    (count) => count === 0,
  );
  await setImmediate();
  await one.use((session) => session.query('SELECT 1'));
});

test('work that ends before its statement gives the session up, and the server drops the statement', async () => {
  await database.use((session) => {
    void failureOf(session.query('SELECT pg_sleep(600)'));
    return Promise.resolve();
  });
  await eventually(
    () => backends(`query LIKE '%pg_sleep(600)%' AND state = 'active'`),
    (count) => count === 0,
  );
});

test('sessions are no more than asked for, named, and gone when it is closed', async () => {
  const one = open(url, { sessions: 3 });
  await Promise.all(Array.from({ length: 9 }, () => one.use((session) => session.query('SELECT pg_sleep(0.01)'))));
  expect(await backends(`application_name = 'themis'`)).toBe(3);
  await one.close();
  await eventually(
    () => backends(`application_name = 'themis'`),
    (count) => count === 0,
  );
});

test('values print the same whatever the database has set', async () => {
  const name = new URL(url).pathname.slice(1);
  const set = ['DateStyle = German', `TimeZone = 'Asia/Tokyo'`, 'IntervalStyle = iso_8601', 'bytea_output = escape'];
  await run([...set, 'extra_float_digits = 0'].map((one) => `ALTER DATABASE ${name} SET ${one}`).join('; '));
  const select = `SELECT '2026-02-01 00:00+00'::timestamptz a, '1 day'::interval b, '\\x00'::bytea c, 0.1::float8 + 0.2 d`;
  for (const round of [1, 2]) {
    const { rows } = await open(url, { sessions: round }).use((session) => session.query(select));
    expect(rows).toEqual([{ a: '2026-02-01 00:00:00+00', b: '1 day', c: '\\x00', d: '0.30000000000000004' }]);
  }
});

test('limits and an isolation that the database has for everybody end no work that takes its time', async () => {
  const name = new URL(url).pathname.slice(1);
  await run(
    ['transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'statement_timeout']
      .map((setting) => `ALTER DATABASE ${name} SET ${setting} = '50ms'`)
      .join('; '),
  );
  await run(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
  await open(url).use(async (session) => {
    await session.query('SELECT pg_sleep(0.2)');
    const idle = async (): Promise<void> =>
      await open(url).use(async (other) => void (await other.query('SELECT pg_sleep(0.2)')));
    await idle();
    await session.transaction(noLimits, async () => {
      await idle();
      expect((await session.query('SHOW transaction_isolation')).rows).toEqual([
        { transaction_isolation: 'read committed' },
      ]);
    });
  });
});

test.each([
  ['a wrong password', () => url.replace('%20', '-'), '28P01'],
  ['a database that is not there', () => url.replace(/\w+$/u, 'nowhere'), '3D000'],
  ['a port where nobody listens', () => url.replace(/:\d+\//u, ':1/'), '08006'],
  ['what is no URL', () => url.replace('://', ':'), '08001'],
  ['a port that is none', () => url.replace(/:\d+\//u, ':port/'), '08001'],
])('%s is UNREACHABLE, and no secret is said', async (_what, wrong, reason) => {
  const failure = await failureOf(open(wrong()).use((session) => session.query('SELECT 1')));
  expect(failure).toMatchObject({ code: 'UNREACHABLE', reason });
  const said = inspect(failure, { depth: 20, showHidden: true }) + failure.hint;
  for (const secret of ['a secret', 'a%20secret', 'a-secret', 'of%20the%20tests']) expect(said).not.toContain(secret);
});

test('a server that says nothing is UNREACHABLE after the time for it, and holds up nobody else', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const one = open(url.replace(/:\d+\//u, `:${port}/`), { sessions: 1, connectTimeoutMs: 50 });
  const users = [1, 2].map(() => failureOf(one.use((session) => session.query('SELECT 1'))));
  for (const failure of await Promise.all(users)) expect(failure).toMatchObject({ code: 'UNREACHABLE' });
  silent.close();
});

test('more connections than the server takes are UNREACHABLE, to be tried again', async () => {
  const small = await startPostgres([
    'max_connections=5',
    'superuser_reserved_connections=0',
    'reserved_connections=0',
  ]);
  try {
    const one = open(small.url(), { sessions: 8 });
    const someFailed = Promise.withResolvers<void>();
    const all = Array.from({ length: 8 }, () => one.use(() => someFailed.promise).finally(() => someFailed.resolve()));
    const failures = (await Promise.allSettled(all)).filter((result) => result.status === 'rejected');
    expect(failures.length).toBeGreaterThan(0);
    for (const { reason } of failures) expect(reason).toMatchObject({ code: 'UNREACHABLE', reason: '53300' });
  } finally {
    await small.close();
  }
});
