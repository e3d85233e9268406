/** `migrate status` and `migrate undo` of a fleet directory with a database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { openStore } from '../../src/adapters/store/index.ts';
import { ownHolder } from '../../src/adapters/process/process-facts.ts';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import type { DesiredMigration } from '../../src/model/desired.ts';
import { startPostgres, type PostgresServer } from '../support/database/postgres.ts';
import { desiredOf, document, goodFleet } from '../support/findings-of.ts';
import { planOf } from '../support/plans.ts';
import { writeTree } from '../support/real-repository.ts';
import { runCommand } from '../support/run-command.ts';
import { SchemaWorld } from '../support/schema/schema-world.ts';

const head = (version: number): string => `database: orders\nschemaVersion: ${version}\noperations:\n`;
const users = document(
  'Migration',
  'make-users',
  `${head(1)}  - createTable: { table: users, columns: [{ name: id, type: bigint, nullable: false }] }\n`,
);
const phone = document(
  'Migration',
  'add-phone',
  `${head(2)}  - addColumn: { table: users, column: { name: phone, type: text } }\n`,
);
const final = document(
  'Migration',
  'forget',
  `${head(3)}  - rawSql: { phase: expand, up: DELETE FROM users, irreversible: the rows are gone }\n`,
);
const files = {
  // One node, which does not answer.
  'fleet.yaml': goodFleet
    .split('\n')
    .filter((line) => !/node-[bc]/u.test(line))
    .join('\n'),
  'database.yaml': document('Database', 'orders', 'urlFrom: { env: ORDERS_URL }\n'),
  'users.yaml': users,
  'phone.yaml': phone,
};

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => await server.close());

let base: string;
let directory: string;
let url: string;
beforeEach(async () => {
  url = await server.createDatabase();
  base = mkdtempSync(join(tmpdir(), 'themis-migrate-'));
  directory = join(base, 'fleet');
  writeTree(directory, files);
});
afterEach(() => rmSync(base, { recursive: true }));

const environment = () => ({ THEMIS_STATE_DIR: join(base, 'state'), ORDERS_URL: url });

const run = async (...line: string[]) =>
  await runCommand(directory, ['migrate', ...line], undefined, environment(), systemClock);

async function looking<Result>(work: (world: SchemaWorld) => Promise<Result>): Promise<Result> {
  const world = new SchemaWorld(openPostgresql({ url: () => Promise.resolve(url), sessions: 1 }));
  try {
    return await work(world);
  } finally {
    await world.database.close();
  }
}

/** Expands them as an apply does. */
async function expand(...texts: readonly string[]): Promise<readonly DesiredMigration[]> {
  const { migrations } = desiredOf(goodFleet, files['database.yaml'], ...texts);
  const ordered = [...migrations].sort((a, b) => a.schemaVersion - b.schemaVersion);
  await looking(async (world) => {
    for (const migration of ordered) expect(await world.run(migration, 'expand')).toMatchObject({ outcome: 'done' });
    // The store of the commands is another one, and the first that it knows of.
    await world.sql(`DELETE FROM themis.meta WHERE key = 'store'`);
  });
  return ordered;
}

async function status() {
  const { exitCode, out } = await run('status', '-o', 'json');
  const { databases } = JSON.parse(out) as { databases: [Record<string, unknown>] };
  return { exitCode, database: databases[0] };
}

test('a database that was never made has no version, and is not made by looking', async () => {
  writeTree(directory, { 'database.yaml': document('Database', 'orders', 'pglite: { directory: ./db }\n') });
  const { exitCode, out } = await run('status');
  expect([exitCode, out]).toMatchInlineSnapshot(`
    [
      0,
      "Database orders: pglite not made yet, schema version 0

    VERSION  MIGRATION   PHASE        SINCE  BY  GRACE LEFT  NOTE
          1  make-users  not applied
          2  add-phone   not applied
    ",
    ]
  `);
  expect((await status()).database).toMatchObject({ reachable: true, schemaVersion: 0, history: [] });
  expect(await run('undo', '--auto-approve')).toMatchObject({ exitCode: 0, out: 'Nothing to take back.\n' });
});

test('what is applied, changed and gone is told, with who did it and what was done', async () => {
  await expand(users, phone);
  rmSync(join(directory, 'phone.yaml'));
  const next = final.replace('schemaVersion: 3', 'schemaVersion: 2');
  writeTree(directory, { 'users.yaml': users.replace('bigint', 'integer'), 'forget.yaml': next });
  expect((await status()).database).toMatchObject({
    engine: 'postgresql',
    schemaVersion: 2,
    open: null,
    migrations: [
      { name: 'make-users', schemaVersion: 1, phase: 'expand', by: 'ops@control', file: 'changed' },
      { name: 'add-phone', schemaVersion: 2, phase: 'expand', by: 'ops@control', file: 'gone' },
      { name: 'forget', schemaVersion: 2, phase: null, by: null, since: null, graceLeftMs: null, file: 'same' },
    ],
    history: [
      { run: 1, migration: 'make-users', phase: 'expand', outcome: 'done' },
      { run: 2, migration: 'add-phone', phase: 'expand', outcome: 'done' },
    ],
  });
  const { out } = await run('status');
  expect(out).toMatch(/^ +2 +add-phone +expand .*ops@control .*no file$/mu);
  expect(out).toMatch(/^ +2 +forget +not applied$/mu);
});

test('the last migration is shown, and taken back when that is agreed to', async () => {
  await expand(users, phone);
  const asked = await run('undo');
  expect(asked.exitCode).toBe(1);
  expect(asked.out).toMatchInlineSnapshot(`
    "< add-phone (schema version 2)
        expand: adds column phone to public.users

    Undo: 1 migration of database orders, from schema version 2 to 1.
    "
  `);
  expect((await status()).database).toMatchObject({ schemaVersion: 2 });
  const done = await run('undo', '--auto-approve');
  expect([done.exitCode, done.out]).toEqual([0, asked.out]);
  expect(done.err).toContain('done: add-phone taken back in database orders');
  expect((await status()).database).toMatchObject({
    schemaVersion: 1,
    history: [{}, {}, { migration: 'add-phone', phase: 'undo', outcome: 'done' }],
  });
  expect(await run('undo', '--migration', 'add-phone', '--auto-approve')).toMatchObject({ exitCode: 0 });
});

test('a rollout that was left open ends with the undo, and that is said', async () => {
  await expand(users, phone);
  const { coordination, uid: fleetUid } = desiredOf(goodFleet).fleet;
  const store = openStore(coordination, {
    environment: environment(),
    fleetUid,
    clock: systemClock,
    isAlive: () => false,
  });
  try {
    const lease = (await store.lease.acquire(ownHolder('1', 'test'), 60_000))!;
    const { planDigest, targetDigest } = planOf([], []);
    const header = {
      id: 'apply-1',
      kind: 'apply',
      planDigest,
      targetDigest,
      startedAt: '2026-01-01T00:00:00Z',
      by: 'ops',
    } as const;
    await store.openExecution(header, planOf([], []), lease.token);
    await lease.release();
    const asked = await run('undo');
    expect([asked.exitCode, asked.err]).toEqual([1, expect.stringContaining('apply-1 was left open')]);
    expect(await store.openExecutionOf()).toMatchObject({ id: 'apply-1' });
    expect(await run('undo', '--auto-approve')).toMatchObject({ exitCode: 0 });
    expect(await store.openExecutionOf()).toBeNull();
  } finally {
    await store.close();
  }
});

test('back to a version is everything after it, as a stream of events', async () => {
  await expand(users, phone);
  const { exitCode, out } = await run('undo', '--to-version', '0', '--auto-approve', '-o', 'jsonl');
  expect(exitCode).toBe(0);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; target?: string; event?: { type: string; title: string } });
  const types = events.map(({ type }) => type);
  expect(types.slice(0, 3)).toEqual(['version', 'execution-started', 'step-started']);
  expect(types.slice(-2)).toEqual(['step-finished', 'execution-finished']);
  expect(events.find(({ type }) => type === 'schema')).toMatchObject({ target: 'database/orders' });
  expect((await status()).database).toMatchObject({ schemaVersion: 0 });
  expect(await looking(async (world) => await world.sql(`SELECT to_regclass('users') AS found`))).toEqual([
    { found: null },
  ]);
});

test('what cannot come back is shown with its reason, and nothing is touched', async () => {
  await expand(users, phone, final);
  const { exitCode, out, error } = await run('undo', '--migration', 'add-phone', '--auto-approve');
  expect([exitCode, error?.code]).toEqual([4, 'MIGRATION_REFUSED']);
  expect(out).toContain('the rows are gone');
  expect(out).toContain('< add-phone (schema version 2)');
  expect((await status()).database).toMatchObject({ schemaVersion: 3, history: [{}, {}, {}] });
});

test('an undo that gets stuck ends with 7, and the same command goes on', async () => {
  await expand(users, phone);
  await looking(async (world) => await world.sql('CREATE VIEW phones AS SELECT phone FROM users'));
  const stuck = await run('undo', '--auto-approve');
  expect(stuck.exitCode).toBe(7);
  expect(stuck.err).toContain('rollback-incomplete: nothing taken back');
  expect((await status()).database).toMatchObject({ open: { migration: 'add-phone', phase: 'undo' } });
  await looking(async (world) => await world.sql('DROP VIEW phones'));
  expect(await run('undo', '--auto-approve')).toMatchObject({ exitCode: 0 });
  expect((await status()).database).toMatchObject({ schemaVersion: 1, open: null });
});

test('names that are not there are slips', async () => {
  expect((await run('status', '--database', 'order')).error).toMatchObject({ code: 'USAGE' });
  const unknown = await run('undo', '--migration', 'add-phon');
  expect([unknown.exitCode, unknown.error?.hint]).toEqual([64, 'Did you mean add-phone?']);
  expect((await run('undo', '--migration', 'add-phone', '--to-version', '1')).exitCode).toBe(64);
});
