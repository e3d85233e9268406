import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from '../../src/adapters/database/directory-lock.ts';
import { openPglite } from '../../src/adapters/database/pglite.ts';
import { programFile } from '../../src/apps/package-files.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { packedPglite, unpackPglite } from '../support/database/empty-pglite.ts';
import { openMemory, packedEntry } from '../support/database/memory.ts';
import { failureOf } from '../support/failure-of.ts';

let home = '';
let directory = '';
const opened: Database[] = [];
const children: ChildProcess[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'themis-pglite-'));
  directory = join(home, 'db');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(opened.splice(0).map((database) => database.close()));
  rmSync(home, { recursive: true, force: true });
});

async function open(entry = programFile('worker/pglite')): Promise<Database> {
  const database = await openPglite({ directory, entry });
  opened.push(database);
  return database;
}

async function count(database: Database, table: string): Promise<number> {
  const { rows } = await database.use((session) => session.query(`SELECT count(*) FROM ${table}`));
  return Number(rows[0]!['count']);
}

function start(job: string): ChildProcess {
  const script = fileURLToPath(new URL('../support/database/pglite-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, directory, job], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

/** Of the server and of its databases, wherever it lies. */
async function settingsOf(database: Database): Promise<readonly unknown[]> {
  const of = `SELECT name, setting FROM pg_settings WHERE name <> 'data_directory' UNION ALL
    SELECT 'database', concat_ws(' ', datname, encoding, datcollate, datctype, datlocprovider) FROM pg_database`;
  return (await database.use((session) => session.query(`SELECT * FROM (${of}) s ORDER BY 1, 2`))).rows;
}

test('a directory is made at the first use, for its owner only, and holds what was committed when it is opened again', async () => {
  const first = await open();
  expect(existsSync(directory)).toBe(false);
  await first.use((session) => session.query('CREATE TABLE kept AS SELECT generate_series(1, 7) AS n'));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  const made = await settingsOf(first);
  await first.close();
  expect(await count(await open(), 'kept')).toBe(7);

  // What is unpacked is for its owner only as well, and set as what is made.
  directory = join(home, 'unpacked');
  const unpacked = await settingsOf(await open(packedEntry(packedPglite)));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(made.length).toBeGreaterThan(300);
  expect(unpacked).toEqual(made);
});

test('what is packed is damaged or gone: that is said, and no directory is made', async () => {
  const damaged = join(home, 'damaged.tar.gz');
  writeFileSync(damaged, readFileSync(packedPglite).subarray(0, 100_000));
  for (const file of [damaged, join(home, 'gone.tar.gz')]) {
    const worker = new Worker(packedEntry(file), { workerData: { directory }, env: {}, execArgv: [] });
    const [reply] = (await once(worker, 'message')) as [unknown];
    expect(reply).toEqual({
      kind: 'failed',
      message: expect.stringContaining(`install it again: ${file}: `) as string,
    });
    await worker.terminate();
    expect(existsSync(directory)).toBe(false);
  }
});

test('a second opener is refused and told who has it, in the same process too', async () => {
  const first = await open();
  const failure = await failureOf(openPglite({ directory, entry: programFile('worker/pglite') }));
  expect(failure.code).toBe('ALREADY_IN_PROGRESS');
  expect(failure.message).toContain(`process ${process.pid} of `);
  await first.close();
  await open();
});

test('of many that want one directory at once, one gets it', async () => {
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(directory)));
  const holders = all.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(holders).toHaveLength(1);
  const failures = all.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  for (const failure of failures) expect(failure).toMatchObject({ code: 'ALREADY_IN_PROGRESS' });
  holders[0]!.release();
  (await lockDirectory(directory)).release();
});

test('who is killed keeps nobody out and loses nothing that was committed', async () => {
  unpackPglite(directory);
  const child = start('write');
  let committed = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    committed = Number(line);
    if (committed === 1) {
      const refused = await failureOf(openPglite({ directory, entry: programFile('worker/pglite') }));
      expect(refused.message).toContain(`process ${child.pid} of `);
    }
    if (committed === 50) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  const database = await open();
  const kept = await count(database, 'kept');
  expect(kept).toBeGreaterThanOrEqual(committed);
  expect(kept).toBeLessThanOrEqual(committed + 1);
  await database.use((session) => session.query('INSERT INTO kept VALUES (0)'));
});

test('a session that was ended in the middle of a transaction leaves nothing of it', async () => {
  unpackPglite(directory);
  const database = await open();
  await database.use((session) => session.query('CREATE TABLE kept (n int)'));
  const limits = { lockTimeoutMs: null, statementTimeoutMs: 50 };
  const work = database.use((session) =>
    session.transaction(limits, async () => {
      await session.query('INSERT INTO kept VALUES (1)');
      await session.query('SELECT count(*) FROM generate_series(1, 100000000000)');
    }),
  );
  expect((await failureOf(work)).code).toBe('TIMEOUT');
  expect(await count(database, 'kept')).toBe(0);
});

test('in memory, what is lost is not taken for empty', async () => {
  const database = await openMemory();
  opened.push(database);
  const limits = { lockTimeoutMs: null, statementTimeoutMs: 50 };
  const endless = 'SELECT count(*) FROM generate_series(1, 100000000000)';
  const work = database.use((session) => session.transaction(limits, () => session.query(endless)));
  expect((await failureOf(work)).code).toBe('TIMEOUT');
  expect((await failureOf(database.use((session) => session.query('SELECT 1')))).code).toBe('UNREACHABLE');
});

test('what an interrupted making left is made anew, and what is no database is not touched', async () => {
  mkdirSync(join(home, 'db.themis-new', 'base'), { recursive: true });
  writeFileSync(join(home, 'db.themis-new', 'PG_VERSION'), '18\n');
  await (await open(packedEntry(packedPglite))).use((session) => session.query('SELECT 1'));
  expect(existsSync(join(home, 'db.themis-new'))).toBe(false);
  directory = join(home, 'other');
  mkdirSync(directory);
  writeFileSync(join(directory, 'mine'), 'kept');
  const failure = await failureOf((await open(packedEntry(packedPglite))).use((session) => session.query('SELECT 1')));
  expect(failure).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ENOTEMPTY') as string });
  expect(existsSync(join(directory, 'mine'))).toBe(true);
});

test('an idle database does not keep its process', async () => {
  unpackPglite(directory);
  const child = start('once');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
  // Its worker ended like one that is killed.
  expect(await count(await open(), 'pg_class')).toBeGreaterThan(0);
});
