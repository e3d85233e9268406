import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseEngines } from '../../src/adapters/database/index.ts';
import type {
  Database,
  DatabaseSession,
  QueryResult,
  SqlValue,
  TransactionLimits,
} from '../../src/ports/schema/database.ts';
import { type EngineWorld, engineWorlds } from '../support/database/engines.ts';
import { failureOf } from '../support/failure-of.ts';

const noLimits: TransactionLimits = { lockTimeoutMs: null, statementTimeoutMs: null };

describe.each(databaseEngines)('database: %s', (engine) => {
  let world: EngineWorld;
  let database: Database;
  beforeAll(async () => {
    world = await engineWorlds[engine]();
    database = await world.openShared();
  });
  afterAll(async () => {
    await world.close();
  });

  const query = (sql: string, parameters?: readonly SqlValue[]): Promise<QueryResult> =>
    database.use((session) => session.query(sql, parameters));
  const inTransaction = <Result>(
    work: (session: DatabaseSession) => Promise<Result>,
    limits = noLimits,
  ): Promise<Result> => database.use((session) => session.transaction(limits, () => work(session)));

  test('it says which engine it is and takes at least one session', () => {
    expect(database.engine).toBe(engine);
    expect(database.sessions).toBeGreaterThanOrEqual(1);
  });

  test('a value of any type is what PostgreSQL prints', async () => {
    await query(`CREATE TYPE mood AS ENUM ('sad', 'so so'); CREATE TYPE pair AS (a int, b text)`);
    const values = {
      true: 't',
      'NULL::int': null,
      '9223372036854775807::int8': '9223372036854775807',
      '1.50::numeric': '1.50',
      '0.1::float8 + 0.2::float8': '0.30000000000000004',
      "'NaN'::float4": 'NaN',
      "'abc'::char(5)": 'abc  ',
      "'ä😀'::text": 'ä😀',
      "'\\x00ff'::bytea": '\\x00ff',
      "ARRAY['a', NULL, 'b c']": '{a,NULL,"b c"}',
      'ARRAY[[1, 2], [3, 4]]': '{{1,2},{3,4}}',
      '\'{"b": 1,  "a": [2]}\'::jsonb': '{"a": [2], "b": 1}',
      '\'{"b":  1}\'::json': '{"b":  1}',
      "'2026-02-01'::date": '2026-02-01',
      "'2026-02-01 03:04:05.6+02'::timestamptz": '2026-02-01 01:04:05.6+00',
      "'infinity'::timestamp": 'infinity',
      "'1 year 2 mons 3 days 04:05:06'::interval": '1 year 2 mons 3 days 04:05:06',
      "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid": 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      "'[1,3]'::int4range": '[1,4)',
      "'(1,2)'::point": '(1,2)',
      "'10.0.0.1/8'::inet": '10.0.0.1/8',
      "'so so'::mood": 'so so',
      "ROW(1, 'a b')::pair": '(1,"a b")',
      'pg_typeof(1)': 'integer',
    };
    const columns = Object.keys(values).map((expression, index) => `${expression} AS v${index}`);
    const { rows } = await query(`SELECT ${columns.join(', ')}`);
    expect(Object.values(rows[0]!)).toEqual(Object.values(values));
    // With a parameter it is the other way through the protocol.
    const again = await query(`SELECT ${columns.join(', ')} WHERE $1::bool`, [true]);
    expect(again.rows).toEqual(rows);
  });

  test('parameters arrive as what the statement makes of them', async () => {
    const { rows } = await query('SELECT $1::text a, $2::int b, $3::int8 c, $4::bool d, $5::text e, $6::jsonb f', [
      "it's",
      -7,
      9223372036854775807n,
      false,
      null,
      '{"a": 1}',
    ]);
    expect(rows).toEqual([{ a: "it's", b: '-7', c: '9223372036854775807', d: 'f', e: null, f: '{"a": 1}' }]);
  });

  test('of several statements the last one answers, and with parameters there may be only one', async () => {
    const { rows, count } = await query('SELECT 1 AS a; SELECT 2 AS b UNION ALL SELECT 3; -- no more');
    expect({ rows, count }).toEqual({ rows: [{ b: '2' }, { b: '3' }], count: 2 });
    const failure = await failureOf(query('SELECT $1::int; SELECT 2', [1]));
    expect(failure).toMatchObject({ code: 'DATABASE_REFUSED', reason: '42601' });
  });

  test('the count is of rows read or changed', async () => {
    const counts = async (...statements: string[]): Promise<number[]> => {
      const all: number[] = [];
      for (const sql of statements) all.push((await query(sql)).count);
      return all;
    };
    expect(
      await counts(
        'CREATE TABLE counted (n int)',
        'INSERT INTO counted SELECT generate_series(1, 5)',
        'UPDATE counted SET n = n + 1 WHERE n > 3',
        'DELETE FROM counted WHERE n = 1',
        'SELECT n FROM counted',
        'SHOW TimeZone',
        '',
      ),
    ).toEqual([0, 5, 2, 1, 4, 1, 0]);
  });

  test('an answer of many rows and one long value arrive whole', async () => {
    const { rows } = await query(`SELECT n, repeat('x', 100) FROM generate_series(1, 50000) n`);
    expect([rows.length, rows.at(-1)!['n']]).toEqual([50_000, '50000']);
    const long = 'ä'.repeat(3_000_000);
    expect((await query('SELECT $1::text AS v', [long])).rows[0]!['v'] === long).toBe(true);
  });

  test('a transaction commits what its work did', async () => {
    await query('CREATE TABLE committed (n int)');
    const result = await inTransaction(async (session) => {
      await session.query('INSERT INTO committed VALUES (1)');
      return 'done';
    });
    expect(result).toBe('done');
    expect((await query('SELECT * FROM committed')).count).toBe(1);
  });

  test('a transaction whose work throws is rolled back, throws the same, and leaves the session usable', async () => {
    await query('CREATE TABLE undone (n int)');
    const mine = new Error('mine');
    await database.use(async (session) => {
      const work = session.transaction(noLimits, async () => {
        await session.query('INSERT INTO undone VALUES (1)');
        throw mine;
      });
      await expect(work).rejects.toBe(mine);
      expect((await session.query('SELECT * FROM undone')).count).toBe(0);
      await session.transaction(noLimits, async () => await session.query('INSERT INTO undone VALUES (2)'));
    });
    expect((await query('SELECT n FROM undone')).rows).toEqual([{ n: '2' }]);
  });

  test('limits hold in their transaction and nowhere else', async () => {
    const show = `SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement`;
    await database.use(async (session) => {
      const limits = { lockTimeoutMs: 0.2, statementTimeoutMs: 90_000 };
      const inside = await session.transaction(limits, async () => await session.query(show));
      expect(inside.rows).toEqual([{ lock: '1ms', statement: '90s' }]);
      expect((await session.query(show)).rows).toEqual([{ lock: '0', statement: '0' }]);
      await session.query(`SET lock_timeout = '7s'; SET statement_timeout = '7s'`);
      const none = await session.transaction(noLimits, async () => await session.query(show));
      expect(none.rows).toEqual([{ lock: '0', statement: '0' }]);
    });
  });

  test('a transaction that goes on after a failure is not taken for committed', async () => {
    const swallowing = inTransaction(async (session) => {
      await session.query('CREATE TABLE half (n int)');
      await failureOf(session.query('SELECT 1 / 0'));
    });
    expect(await failureOf(swallowing)).toMatchObject({ code: 'DATABASE_REFUSED', reason: '25P02' });
    expect(await failureOf(query('SELECT * FROM half'))).toMatchObject({ reason: '42P01' });
    const early = inTransaction((session) => session.query('CREATE TABLE early (n int); COMMIT'));
    expect(await failureOf(early)).toMatchObject({ code: 'DATABASE_REFUSED', reason: '2D000' });
  });

  test('transactions do not nest, and a session is nobody’s after its use', async () => {
    const nested = inTransaction((session) => session.transaction(noLimits, () => Promise.resolve()));
    expect((await failureOf(nested)).code).toBe('BUG');
    const kept = await database.use((session) => Promise.resolve(session));
    expect((await failureOf(kept.query('SELECT 1'))).code).toBe('BUG');
  });

  test.each(['returns', 'throws'])('a use that %s leaves nothing to the next one', async (how) => {
    const use = database.use(async (session) => {
      await session.query(`SET search_path = pg_catalog; SET TimeZone = 'Asia/Tokyo'; CREATE TEMP TABLE mine (n int)`);
      await session.query('SELECT pg_advisory_lock(7)');
      await session.query('BEGIN; CREATE TABLE left_open (n int)');
      if (how === 'throws') await session.query('SELECT 1 / 0');
    });
    await use.catch(() => undefined);
    const all = Array.from({ length: database.sessions }, async () =>
      database.use(async (session) => {
        const { rows } = await session.query(`
          SELECT current_setting('search_path') ~ 'public' AS path, current_setting('TimeZone') AS zone,
            to_regclass('mine') AS mine, to_regclass('left_open') AS left_open,
            (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks`);
        return rows[0];
      }),
    );
    const clean = { path: 't', zone: 'UTC', mine: null, left_open: null, locks: '0' };
    expect(await Promise.all(all)).toEqual(all.map(() => clean));
  });

  test('what contradicts a constraint is a conflict that names it, and no row stands in the message', async () => {
    await query(`
      CREATE TABLE parent (id int PRIMARY KEY, secret text NOT NULL, CONSTRAINT short CHECK (length(secret) < 9));
      CREATE TABLE child (id int CONSTRAINT of_parent REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO parent VALUES (1, 'hidden')`);
    const states: Record<string, string> = {
      "INSERT INTO parent VALUES (1, 'hidden')": '23505 parent_pkey',
      "INSERT INTO parent VALUES (2, 'much too hidden')": '23514 short',
      'INSERT INTO parent VALUES (3, NULL)': '23502 secret',
      'INSERT INTO child VALUES (9)': '23503 of_parent',
    };
    for (const [sql, expected] of Object.entries(states)) {
      const [state, name] = expected.split(' ');
      const failure = await failureOf(inTransaction((session) => session.query(sql)));
      expect(failure).toMatchObject({ code: 'DATABASE_CONFLICT', reason: state });
      expect(failure.message).toContain(name);
      expect(failure.message).toMatch(/\b(?:parent|child)\b/u);
      expect(failure.message).not.toContain('hidden');
    }
  });

  test('what the server does not take is refused with its SQLSTATE, and the session goes on', async () => {
    await database.use(async (session) => {
      const states: Record<string, string> = {
        'SELEC 1': '42601',
        'SELECT * FROM nowhere': '42P01',
        'SELECT 1 / 0': '22012',
        "SELECT 'x'::int": '22P02',
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING HINT = 'ask nicely'; END $$": 'P0001',
      };
      for (const [sql, reason] of Object.entries(states)) {
        expect(await failureOf(session.query(sql))).toMatchObject({ code: 'DATABASE_REFUSED', reason });
      }
      expect(await failureOf(session.query(Object.keys(states)[4]!))).toMatchObject({ hint: 'ask nicely' });
      expect((await failureOf(session.query('SELECT nothing'))).message).toMatch(/nothing.*\(at character 8\)/u);
      expect((await session.query('SELECT 1')).count).toBe(1);
    });
  });

  test('a statement that outlives its limit fails with TIMEOUT, and the next use works', async () => {
    const own = await world.open();
    await own.use((session) => session.query('CREATE TABLE kept AS SELECT 1 AS n'));
    const limits = { lockTimeoutMs: null, statementTimeoutMs: 200 };
    const slow = own.use((session) => session.transaction(limits, () => session.query(endless)));
    expect(await failureOf(slow)).toMatchObject({ code: 'TIMEOUT', reason: '57014' });
    const { rows } = await own.use((session) => session.query('SELECT n FROM kept'));
    expect(rows).toEqual([{ n: '1' }]);
  });

  test('sessions are exclusive, and who comes first is served first', async () => {
    const begun: number[] = [];
    let now = 0;
    let most = 0;
    const users = Array.from({ length: database.sessions + 3 }, (_, user) =>
      database.use(async (session) => {
        begun.push(user);
        now += 1;
        most = Math.max(most, now);
        await session.query('SELECT 1');
        await setImmediate();
        now -= 1;
      }),
    );
    await Promise.all(users);
    expect(most).toBe(database.sessions);
    expect(begun.toSorted((a, b) => a - b)).toEqual(users.map((_, user) => user));
    expect(begun.slice(database.sessions)).toEqual(begun.slice(database.sessions).toSorted((a, b) => a - b));
  });

  test('closing waits for no work: who uses a session, waits for one or comes later finds it UNREACHABLE', async () => {
    const own = await world.open();
    const begun = Promise.withResolvers<void>();
    const used = own.use(async (session) => {
      await session.query('SELECT 1');
      begun.resolve();
      await session.query(endless);
    });
    const waiting = Array.from({ length: own.sessions }, () => own.use((session) => session.query(endless)));
    const failures = [used, ...waiting].map(failureOf);
    await begun.promise;
    await own.close();
    for (const failure of failures) expect((await failure).code).toBe('UNREACHABLE');
    expect((await failureOf(own.use(() => Promise.resolve()))).code).toBe('UNREACHABLE');
    await own.close();
  });

  test('the process goes on with other things while a statement runs', async () => {
    let turns = 0;
    let isRunning = true;
    const statement = query('SELECT count(*) FROM generate_series(1, 2000000)').finally(() => {
      isRunning = false;
    });
    for (; isRunning; turns += 1) await setImmediate();
    expect((await statement).rows).toEqual([{ count: '2000000' }]);
    expect(turns).toBeGreaterThan(10);
  });
});

const endless = 'SELECT count(*) FROM generate_series(1, 100000000000)';
