/** Plug-ins as packages that are really there, in threads that are really ended. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ThemisError } from '../../src/kernel/error.ts';
import type { PluginCall } from '../../src/ports/schema/schema-plugins.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure-of.ts';
import { plugInCode, PluginPackages } from '../support/schema/plugin-packages.ts';
import { writeTree } from '../support/real-repository.ts';

let packages: PluginPackages;
let asked: unknown[];

beforeEach(() => {
  packages = new PluginPackages();
  asked = [];
});
afterEach(() => packages.remove());

function call(change: Partial<PluginCall> = {}): PluginCall {
  return {
    step: 'migrate/0/plugin',
    signal: new AbortController().signal,
    query: (sql, parameters) => {
      asked.push([sql, parameters]);
      return Promise.resolve({ rows: [{ one: '1' }], count: 1 });
    },
    ...change,
  };
}

async function find(code: string, manifest: object = {}) {
  packages.install('graph', code, manifest);
  return await packages.open().find('graph');
}

test('it is asked with its parameters and the step, and gets rows', async () => {
  const apply = `async apply(params, database) {
    const { rows } = await database.query('SELECT $1 AS one', [params.one]);
    await database.query('answer ' + rows[0].one + ' ' + database.step + ' ' + Object.keys(database));
  }`;
  const rollback = `rollback: (params, { query }) => query('back ' + params.one)`;
  const plugin = await find(plugInCode(`canHandle: (params) => params.one === 1, ${apply}, ${rollback}`));
  expect(plugin).toMatchObject({ name: 'graph', version: '1.2.0' });
  expect(await plugin.canHandle('{"one":1}')).toBe(true);
  expect(await plugin.canHandle('{"one":2}')).toBe(false);
  await plugin.apply('{"one":1}', call());
  await plugin.rollback('{"one":1}', call());
  expect(asked).toEqual([
    ['SELECT $1 AS one', [1]],
    ['answer 1 migrate/0/plugin step,query', []],
    ['back 1', []],
  ]);
});

test.each([
  ['a default export', plugInCode().replace('export const themisPlugin =', 'export default'), {}],
  ['CommonJS', plugInCode().replace('export const themisPlugin =', 'module.exports ='), { type: 'commonjs' }],
  ['a member of CommonJS', plugInCode().replace('export const', 'exports.').replace('. ', '.'), { type: 'commonjs' }],
  ['exports for import alone', plugInCode(), { exports: { '.': { import: './plug-in.js' } } }],
  ['a main file', plugInCode(), { exports: undefined, main: 'plug-in.js' }],
  ['top-level await', `await Promise.resolve();\n${plugInCode()}`, {}],
])('it may be %s', async (_, code, manifest) => {
  const plugin = await find(code, manifest);
  await plugin.apply('{}', call());
});

test.each([
  ['it does not load', 'throw new Error("no luck")', {}, /no luck/u],
  ['it exports nothing', 'export {}', {}, /exports no plug-in/u],
  ['it lacks a method', plugInCode('rollback: 1'), {}, /no rollback/u],
  ['it calls itself otherwise', plugInCode('', `name: 'other', version: '1.2.0'`), {}, /calls itself "other"/u],
  ['it says another version', plugInCode('', `name: 'graph', version: '1.3.0'`), {}, /says version "1.3.0"/u],
  ['its package has another name', plugInCode(), { name: 'other' }, /another name/u],
  ['its package has no version', plugInCode(), { version: undefined }, /no version/u],
  ['its main file is elsewhere', plugInCode(), { exports: undefined, main: '../../fleet.js' }, /leads out/u],
  ['it ends its thread', 'process.exit(3)', {}, /ended with exit code 3/u],
])('it is not found where %s', async (_, code, manifest, message) => {
  writeTree(packages.fleetDirectory, { 'fleet.js': plugInCode(), 'node_modules/fleet.js': plugInCode() });
  const error = await failureOf(find(code, manifest));
  expect(error).toMatchObject({ code: 'PLUGIN_FAILED' });
  expect(error.message).toMatch(message);
});

test.each([
  ['throws', 'async apply() { throw new Error("the graph is full") }', /the graph is full/u],
  ['throws later', 'apply: () => new Promise(() => setTimeout(() => { throw new Error("late") }))', /late/u],
  ['exits', 'apply() { process.exit(0) }', /ended with exit code 0 before it answered/u],
  [
    'prints and fails',
    'apply() { console.log("before\\n"); console.error("the end"); throw 1 }',
    /printed: .*the end/u,
  ],
  [
    'takes all memory',
    'apply() { const all = []; for (;;) all.push(new Array(1e5).fill(0).map(() => ({}))) }',
    /memory/u,
  ],
  ['sends what no query takes', 'apply: (_, { query }) => query("SELECT $1", [{}])', /query takes a text/u],
  ['says what a terminal obeys', 'apply() { throw new Error("a\\u001b[2J\\nb") }', /: a \[2J b$/u],
  ['says too much', 'apply() { throw new Error("x".repeat(1e6)) }', /: x{500}$/u],
  ['sends what cannot be sent', 'apply: (_, { query }) => query(() => {})', /could not be cloned/u],
])('one that %s has failed', async (_, apply, message) => {
  packages.install('graph', plugInCode(apply));
  const plugin = await packages.open({ memoryMiB: 64 }).find('graph');
  const error = await failureOf(plugin.apply('{}', call()));
  expect(error).toMatchObject({ code: 'PLUGIN_FAILED' });
  expect(error.message).toMatch(message);
});

test('one that asks faster than it is answered has failed, and is asked nothing more', async () => {
  const answers: (() => void)[] = [];
  const query: PluginCall['query'] = async () => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return { rows: [], count: 0 };
  };
  const asks = (count: number) =>
    plugInCode(`apply: (_, { query }) => Promise.all(Array.from({ length: ${count} }, () => query('a')))`);
  const within = (await find(asks(1000))).apply('{}', call({ query }));
  await eventually(
    () => Promise.resolve(answers.length),
    (count) => count === 1000,
  );
  for (const answer of answers.splice(0)) answer();
  await within;
  const error = await failureOf((await find(asks(1500))).apply('{}', call({ query })));
  expect(error.message).toContain('more than 1000 queries at once');
  expect(answers).toHaveLength(1000);
});

test('what a package posts by itself is nothing to Themis', async () => {
  const apply = `async apply() {
    const { parentPort } = await import('node:worker_threads');
    for (const message of [null, undefined, 'ready', 1, {}]) parentPort.postMessage(message);
  }`;
  await (await find(plugInCode(apply))).apply('{}', call());
  expect(asked).toEqual([]);
});

test('one that waits for a program it started is given up, and that is said', async () => {
  const apply = `async apply(_, { query }) {
    const { execFileSync } = await import('node:child_process');
    await query('now');
    execFileSync(process.execPath, ['-e', 'setTimeout(() => {}, 3000)']);
  }`;
  packages.install('graph', plugInCode(apply));
  const plugin = await packages.open({ endMs: 100 }).find('graph');
  const stop = new AbortController();
  const query: PluginCall['query'] = () => {
    setTimeout(() => stop.abort(), 300);
    return Promise.resolve({ rows: [], count: 0 });
  };
  const error = await failureOf(plugin.apply('{}', call({ signal: stop.signal, query })));
  expect(error).toMatchObject({ code: 'CANCELLED' });
  expect(error.message).toContain('waits for a program');
});

test('one that hangs is ended when it is told to stop, and does nothing any more', async () => {
  const stop = new AbortController();
  const query: PluginCall['query'] = () => {
    asked.push('query');
    stop.abort();
    return Promise.resolve({ rows: [], count: 0 });
  };
  const plugin = await find(plugInCode('async apply(_, { query }) { await query("a"); for (;;); }'));
  expect(await failureOf(plugin.apply('{}', call({ signal: stop.signal, query })))).toMatchObject({
    code: 'CANCELLED',
  });
  expect(await failureOf(plugin.apply('{}', call({ signal: stop.signal, query })))).toMatchObject({
    code: 'CANCELLED',
  });
  expect(asked).toEqual(['query']);
});

test('one that hangs before it is asked for anything has failed', async () => {
  packages.install('graph', 'for (;;);');
  const error = await failureOf(packages.open({ answerMs: 500 }).find('graph'));
  expect(error).toMatchObject({ code: 'PLUGIN_FAILED' });
});

test('what the database refuses has its code there', async () => {
  const apply = `async apply(_, { query }) { await query('a').catch(({ code, message }) => { throw new Error(code + message) }) }`;
  const plugin = await find(plugInCode(apply));
  const query = () => Promise.reject(new ThemisError('DATABASE_CONFLICT', 'twice'));
  const error = await failureOf(plugin.apply('{}', call({ query })));
  expect(error.message).toContain('DATABASE_CONFLICTtwice');
});

test('of the environment it sees what it is given', async () => {
  packages.install('graph', plugInCode('canHandle: () => Object.keys(process.env).join() === "THEMIS_PLUGIN_URL"'));
  const plugin = await packages.open({ environment: { THEMIS_PLUGIN_URL: 'graph://here' } }).find('graph');
  expect(await plugin.canHandle('{}')).toBe(true);
});

test('it is looked for from the fleet directory upwards, by its name and nothing else', async () => {
  packages.write('node_modules/@scope/graph', '@scope/graph', plugInCode('', `name: '@scope/graph', version: '1.2.0'`));
  expect(await packages.open().find('@scope/graph')).toMatchObject({ name: '@scope/graph' });
  packages.write('repository/fleet/graph', 'graph', plugInCode());
  for (const name of ['graph', './graph', '../fleet/graph', packages.fleetDirectory, 'fs', '@scope', '']) {
    expect(await failureOf(packages.open().find(name))).toMatchObject({ code: 'NOT_FOUND' });
  }
});

test('a fleet that has the name of the plug-in is not the plug-in', async () => {
  packages.write('repository/fleet', 'graph', 'throw new Error("of the repository")');
  expect(await failureOf(packages.open().find('graph'))).toMatchObject({ code: 'NOT_FOUND' });
  expect(await find(plugInCode())).toMatchObject({ version: '1.2.0' });
});

test.each([
  ['the fleet directory', 'repository/fleet/plug-ins/graph', false, true],
  ['its repository', 'repository/plug-ins/graph', true, true],
  ['somewhere else', 'elsewhere/graph', true, false],
])('a link to %s is followed where the machine allows that', async (_, place, hasGit, isRefused) => {
  packages.write(place, 'graph', plugInCode());
  if (hasGit) git('init', '--quiet');
  mkdirSync(join(packages.fleetDirectory, 'node_modules'));
  symlinkSync(join(packages.home, place), join(packages.fleetDirectory, 'node_modules/graph'));
  const code = await packages
    .open()
    .find('graph')
    .then(
      () => 'found',
      (error: ThemisError) => error.code,
    );
  expect(code).toBe(isRefused ? 'PLUGIN_FAILED' : 'found');
  expect(await packages.open({ allowLocal: true }).find('graph')).toMatchObject({ version: '1.2.0' });
});

test('a package that is committed is not one that was installed', async () => {
  git('init', '--quiet');
  expect(await find(plugInCode())).toMatchObject({ version: '1.2.0' });
  git('add', 'fleet/node_modules');
  expect(await failureOf(packages.open().find('graph'))).toMatchObject({ code: 'PLUGIN_FAILED' });
  expect(await packages.open({ allowLocal: true }).find('graph')).toMatchObject({ version: '1.2.0' });
});

test('node_modules may be a link, as long as Git does not keep it', async () => {
  packages.write('elsewhere/node_modules/graph', 'graph', plugInCode());
  git('init', '--quiet');
  symlinkSync(join(packages.home, 'elsewhere/node_modules'), join(packages.fleetDirectory, 'node_modules'));
  expect(await packages.open().find('graph')).toMatchObject({ version: '1.2.0' });
  git('add', 'fleet/node_modules');
  expect(await failureOf(packages.open().find('graph'))).toMatchObject({ code: 'PLUGIN_FAILED' });
});

test('what is committed around a submodule comes with a commit too', async () => {
  const around = (...line: string[]) => spawnSync('git', line, { cwd: packages.home });
  around('init', '--quiet');
  git('init', '--quiet');
  packages.write('node_modules/graph', 'graph', plugInCode());
  expect(await packages.open().find('graph')).toMatchObject({ version: '1.2.0' });
  around('add', 'node_modules');
  expect(await failureOf(packages.open().find('graph'))).toMatchObject({ code: 'PLUGIN_FAILED' });
});

function git(...line: string[]): void {
  const ran = spawnSync('git', line, { cwd: join(packages.home, 'repository'), encoding: 'utf8' });
  expect(ran.stderr).toBe('');
}
