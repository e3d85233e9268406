/** Steps of plug-ins: of the version that was planned with, within their time, and taken back when it goes wrong. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSchemaPlugins } from '../../../../src/adapters/schema-plugins/index.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import type { PluginAction } from '../../../../src/model/schema/schema-step.ts';
import type { PluginCall, SchemaPlugin, SchemaPlugins } from '../../../../src/ports/schema/schema-plugins.ts';
import { failingStep, handMade, makeCopies, step } from '../../../support/schema/hand-made.ts';
import { openMemory } from '../../../support/database/memory.ts';
import { SchemaWorld } from '../../../support/schema/schema-world.ts';

let world: SchemaWorld;
let calls: string[];

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
});
beforeEach(async () => {
  await world.reset();
  calls = [];
});

function plugins(change: Partial<SchemaPlugin> = {}): SchemaPlugins {
  const plugin: SchemaPlugin = {
    name: 'graph',
    version: '1.2.0',
    canHandle: () => Promise.resolve(true),
    apply: async (params, { step }) => void calls.push(`apply ${params} ${step}`),
    rollback: async (params, { step }) => void calls.push(`rollback ${params} ${step}`),
    ...change,
  };
  return openSchemaPlugins({ kind: 'memory', plugins: [plugin] });
}

const apply: PluginAction = {
  kind: 'plugin',
  plugin: 'graph',
  version: '^1.0.0',
  direction: 'apply',
  params: '{"edge":"knows"}',
  timeoutMs: 5000,
};
const graph = step('graph', apply, { ...apply, direction: 'rollback' });

async function run(steps: Parameters<typeof handMade>[0]['expand'], found: SchemaPlugins) {
  const { migration, parts } = handMade({ expand: steps! });
  return await world.run(migration, 'expand', { ...parts, plugins: found });
}

test('it is applied once, and taken back with the same parameters', async () => {
  expect(await run([graph], plugins())).toMatchObject({ outcome: 'done' });
  expect(await world.undo('first', { plugins: plugins() })).toMatchObject({ outcome: 'done' });
  expect(calls).toEqual(['apply {"edge":"knows"} graph', 'rollback {"edge":"knows"} graph']);
});

test('the version that was there when the step was recorded has to take it back', async () => {
  await run([graph], plugins());
  const undone = await world.undo('first', { plugins: plugins({ version: '2.0.0' }) });
  expect(undone).toMatchObject({ outcome: 'stuck', failure: { code: 'PLUGIN_FAILED' } });
  expect(await world.undo('first', { plugins: plugins() })).toMatchObject({ outcome: 'done' });
});

test.each([
  ['it is not installed', { ...apply, plugin: 'other' }, {}, 'THM7100'],
  ['it is of another version', { ...apply, version: '^2.0.0' }, {}, 'THM7102'],
  ['it cannot do that', apply, { canHandle: () => Promise.resolve(false) }, 'THM7101'],
])('the operation is refused where %s', async (_, action, change, code) => {
  const result = await run([makeCopies, step('graph', action)], plugins(change));
  expect(result).toMatchObject({ outcome: 'undone', failure: { code: 'MIGRATION_REFUSED' } });
  expect(result.failure?.message).toContain(code);
  expect(calls).toEqual([]);
});

test('one that fails is rolled back, and so is what came before it', async () => {
  const failing = plugins({ apply: () => Promise.reject(new ThemisError('PLUGIN_FAILED', 'the graph is full')) });
  expect(await run([makeCopies, graph], failing)).toMatchObject({
    outcome: 'undone',
    failure: { code: 'PLUGIN_FAILED' },
  });
  expect(calls).toEqual(['rollback {"edge":"knows"} graph']);
  expect(await world.sql(`SELECT to_regclass('copies') AS copies`)).toEqual([{ copies: null }]);
});

test('one that takes too long is told to stop, and counts as failed', async () => {
  let told = false;
  const slow = plugins({
    apply: async (_, { signal }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      told = true;
      throw new ThemisError('CANCELLED', 'stopped');
    },
  });
  const brief = step('graph', { ...apply, timeoutMs: 50 }, { ...apply, direction: 'rollback' });
  expect(await run([brief], slow)).toMatchObject({ outcome: 'undone', failure: { code: 'PLUGIN_FAILED' } });
  expect(told).toBe(true);
});

test('what a plug-in did is taken back when a later step fails', async () => {
  expect(await run([makeCopies, graph, failingStep], plugins())).toMatchObject({ outcome: 'undone' });
  expect(calls).toEqual(['apply {"edge":"knows"} graph', 'rollback {"edge":"knows"} graph']);
});

const insert = `INSERT INTO copies VALUES (1, 'a')`;
const copies = async () => await world.sql('SELECT id FROM copies ORDER BY id');

test('what it does in the database happens with the record of its end, also where it takes back', async () => {
  const asking = plugins({
    apply: async (_, { query }) => void (await Promise.all([query(insert), query('SELECT 1 AS one', [])])),
    rollback: async (_, { query }) => void (await query('DELETE FROM copies WHERE id = $1', ['1'])),
  });
  expect(await run([makeCopies, graph], asking)).toMatchObject({ outcome: 'done' });
  expect(await copies()).toEqual([{ id: '1' }]);
  expect(
    await world.sql(
      `SELECT count(DISTINCT xmin::text) AS transactions FROM (SELECT xmin FROM copies UNION ALL
      SELECT xmin FROM themis.journal WHERE step = 'graph' AND event = 'done') both_of_them`,
    ),
  ).toEqual([{ transactions: '1' }]);
  expect(await world.undo('first', { plugins: asking })).toMatchObject({ outcome: 'done' });
});

/** With what the step fails. */
type Misdeed = readonly [string, (call: PluginCall) => Promise<void>, string];

const endings = ['-- now\ncommit', ';commit', '/* a /* b */ c */ COMMIT', '/* -- */ rollback', '-- a\rEND'];
const misdeeds: readonly Misdeed[] = [
  [
    'fails after a query',
    async ({ query }) => {
      await query(insert);
      throw new ThemisError('PLUGIN_FAILED', 'no');
    },
    'PLUGIN_FAILED',
  ],
  [
    'goes on after a query that failed',
    async ({ query }) => {
      await query(insert);
      await query(insert).catch(() => {});
    },
    'DATABASE_CONFLICT',
  ],
  ...endings.map((sql): Misdeed => [
    `ends the transaction by ${JSON.stringify(sql)}`,
    async ({ query }) => {
      await query(insert);
      await query(sql);
    },
    'PLUGIN_FAILED',
  ]),
  [
    'ends the transaction behind another statement',
    async ({ query }) => void (await query(`${insert}; COMMIT; BEGIN`)),
    'DATABASE_REFUSED',
  ],
];
test.each(misdeeds)('nothing of what it did in the database stays where it %s', async (_, apply, code) => {
  const failing = plugins({ apply: async (_, call) => await apply(call) });
  const paused = handMade({ expand: [makeCopies, graph] }, { onFailure: 'pause' });
  const result = await world.run(paused.migration, 'expand', { ...paused.parts, plugins: failing });
  expect(result).toMatchObject({ outcome: 'stuck', failure: { code } });
  expect(await copies()).toEqual([]);
});
