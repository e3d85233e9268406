/** Killed while a plug-in is at work: what it did in the database is not there, and it is asked again. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPglite } from '../../src/adapters/database/pglite.ts';
import { programFile } from '../../src/apps/package-files.ts';
import { unpackPglite } from '../support/database/empty-pglite.ts';
import { plugInCode, PluginPackages } from '../support/schema/plugin-packages.ts';
import { SchemaWorld } from '../support/schema/schema-world.ts';

const program = fileURLToPath(new URL('../support/schema/plugin-process.ts', import.meta.url));
let packages: PluginPackages;
let directory: string;

beforeEach(async () => {
  packages = new PluginPackages();
  directory = join(packages.home, 'db');
  unpackPglite(directory);
  await looking(async (world) => await world.sql('CREATE TABLE edges (name text)'));
});
afterEach(() => packages.remove());

async function looking<Result>(work: (world: SchemaWorld) => Promise<Result>): Promise<Result> {
  const world = new SchemaWorld(await openPglite({ directory, entry: programFile('worker/pglite') }));
  try {
    return await work(world);
  } finally {
    await world.database.close();
  }
}

function run(job: string) {
  const { stdout, signal } = spawnSync(process.execPath, [program, packages.fleetDirectory, directory, job], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { signal, said: stdout.trim() };
}

test('what was killed in the middle of apply and of rollback happens once', async () => {
  const calls = join(packages.home, 'calls');
  // Where a call is the first of its method, it ends the process with its query done and not committed.
  const once = `async (method, query, sql) => {
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    appendFileSync(path, method + '\\n');
    await query(sql);
    if (!before.includes(method)) process.kill(process.pid, 'SIGKILL');
  }`;
  const apply = `apply: (_, { query, step }) => once('apply ' + step, query, "INSERT INTO edges VALUES ('knows')")`;
  const rollback = `rollback: (_, { query, step }) => once('rollback ' + step, query, 'DELETE FROM edges')`;
  const head = `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
    const path = ${JSON.stringify(calls)};\nconst once = ${once};\n`;
  packages.install('graph', head + plugInCode(`${apply}, ${rollback}`));
  const edges = async () => await looking(async (world) => await world.sql('SELECT name FROM edges'));
  expect(run('apply')).toMatchObject({ signal: 'SIGKILL' });
  expect(await edges()).toEqual([]);
  expect(run('apply')).toEqual({ signal: null, said: 'done' });
  expect(await edges()).toEqual([{ name: 'knows' }]);
  expect(run('apply')).toEqual({ signal: null, said: 'unchanged' });
  expect(run('undo')).toMatchObject({ signal: 'SIGKILL' });
  expect(await edges()).toEqual([{ name: 'knows' }]);
  expect(run('undo')).toEqual({ signal: null, said: 'done' });
  expect(await edges()).toEqual([]);
  const asked = readFileSync(calls, 'utf8').trim().split('\n');
  expect(asked.map((line) => line.split(' ')[0])).toEqual(['apply', 'apply', 'rollback', 'rollback']);
  expect(new Set(asked.map((line) => line.split(' ')[1])).size).toBe(1);
}, 300_000);

test('one that takes longer than its time is ended, and what it did in the database is not there', async () => {
  const over = join(packages.home, 'over');
  const apply = `async apply(_, { query }) {
    await query("INSERT INTO edges VALUES ('knows')");
    const untilMs = Date.now() + 30_000;
    while (Date.now() < untilMs);
    writeFileSync(${JSON.stringify(over)}, '');
  }`;
  packages.install('graph', `import { writeFileSync } from 'node:fs';\n${plugInCode(apply)}`);
  // A tenth of the time that is asked for: its clock is hurried.
  const { said } = run('apply');
  expect(said).toContain('undone Plug-in graph took longer than 60000 ms');
  expect(await looking(async (world) => await world.sql('SELECT name FROM edges'))).toEqual([]);
  expect(existsSync(over)).toBe(false);
}, 300_000);
