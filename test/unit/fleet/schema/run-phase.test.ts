/** Phases in a database, from the first one ever to the ones that find nothing to do. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readHistory, readSchemaState } from '../../../../src/fleet/schema/state/read-state.ts';
import { failureOf } from '../../../support/failure-of.ts';
import { openMemory } from '../../../support/database/memory.ts';
import { SchemaWorld, migration, rawSql } from '../../../support/schema/schema-world.ts';

let world: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
});
beforeEach(async () => {
  await world.reset('CREATE TABLE users (id bigint PRIMARY KEY, email text)');
});

const phone = rawSql('ALTER TABLE users ADD COLUMN phone text', 'ALTER TABLE users DROP COLUMN phone');
const fax = rawSql('ALTER TABLE users ADD COLUMN fax text', 'ALTER TABLE users DROP COLUMN fax');
const broken = rawSql('ALTER TABLE nowhere ADD COLUMN fax text', 'SELECT 1');

async function hasColumn(name: string): Promise<boolean> {
  const rows = await world.sql(`SELECT FROM information_schema.columns WHERE column_name = '${name}'`);
  return rows.length > 0;
}

test('a database that was never touched has version 0, and looking at it changes nothing', async () => {
  expect(await readSchemaState(world.database)).toMatchObject({
    reachable: true,
    engine: 'pglite',
    serverVersion: expect.stringMatching(/^1\d\.\d+$/u) as string,
    schemaVersion: 0,
    applied: [],
    open: null,
  });
  expect(await readHistory(world.database)).toEqual([]);
  expect(await world.sql(`SELECT to_regnamespace('themis') AS schema`)).toEqual([{ schema: null }]);
});

test('a phase is carried out once, and the database knows by whom and how', async () => {
  expect(await world.run(migration([phone, fax]), 'expand')).toEqual({ outcome: 'done', run: 1, rows: 0 });
  expect(await hasColumn('phone')).toBe(true);
  expect(await world.run(migration([phone, fax]), 'expand')).toEqual({ outcome: 'unchanged', run: null, rows: 0 });
  expect(await readHistory(world.database)).toMatchObject([
    { run: 1, migration: 'first', schemaVersion: 1, phase: 'expand', by: 'ops@control', outcome: 'done' },
  ]);
  expect(await readSchemaState(world.database)).toMatchObject({
    schemaVersion: 1,
    applied: [{ migration: 'first', done: 'expand', operations: [phone, fax] }],
    open: null,
  });
  expect(await world.journal()).toEqual([
    'open',
    'expand-operation/expand/0 done',
    'expand/0/run begin',
    'expand/0/run done',
    'expand-operation/expand/1 done',
    'expand/1/run begin',
    'expand/1/run done',
    'close',
  ]);
});

test('phases come one after the other, also those in which nothing is to be done', async () => {
  const one = migration([phone]);
  expect(await failureOf(world.run(one, 'contract'))).toMatchObject({ code: 'MIGRATION_REFUSED' });
  await world.run(one, 'expand');
  expect(await failureOf(world.run(one, 'contract'))).toMatchObject({ code: 'MIGRATION_REFUSED' });
  expect(await world.run(one, 'migrate')).toMatchObject({ outcome: 'done' });
  expect(await world.run(one, 'contract')).toMatchObject({ outcome: 'done' });
  expect(await world.run(one, 'expand')).toMatchObject({ outcome: 'unchanged' });
  expect(await readSchemaState(world.database)).toMatchObject({ applied: [{ done: 'contract' }] });
});

test('a schema version that skips one, or is taken, is refused before the database is touched', async () => {
  expect(await failureOf(world.run(migration([phone], { schemaVersion: 2 }), 'expand'))).toMatchObject({
    code: 'MIGRATION_REFUSED',
    message: expect.stringContaining('version 0') as string,
  });
  expect(await world.sql(`SELECT to_regnamespace('themis') AS schema`)).toEqual([{ schema: null }]);
  await world.run(migration([phone]), 'expand');
  expect(await failureOf(world.run(migration([fax], { name: 'other' }), 'expand'))).toMatchObject({
    code: 'MIGRATION_REFUSED',
    message: expect.stringContaining('first') as string,
  });
});

test('a file that changed under an applied version is refused with the difference', async () => {
  await world.run(migration([phone]), 'expand');
  const failure = await failureOf(world.run(migration([phone, fax]), 'migrate'));
  expect(failure).toMatchObject({ code: 'MIGRATION_CHANGED' });
  expect(failure.message).toContain(': + {"rawSql"');
  expect(failure.message).toContain('ADD COLUMN fax');
  expect(await hasColumn('fax')).toBe(false);
});

test('a step that fails takes back the ones before it, and the schema is as it was', async () => {
  const before = await world.digests();
  const result = await world.run(migration([phone, fax, broken]), 'expand');
  expect(result).toMatchObject({ outcome: 'undone', failure: { code: 'DATABASE_REFUSED' } });
  expect(await world.digests()).toEqual(before);
  expect(await readSchemaState(world.database)).toMatchObject({ schemaVersion: 0, applied: [], open: null });
  expect(world.events.filter(({ type }) => type === 'rolling-back')).toHaveLength(1);
  expect(await world.run(migration([phone, fax]), 'expand')).toMatchObject({ outcome: 'done', run: 2 });
});

test('with pause what was done stays, and the next run goes on with the step that failed', async () => {
  const paused = migration([phone, broken, fax], { onFailure: 'pause' });
  const result = await world.run(paused, 'expand');
  expect(result).toMatchObject({ outcome: 'stuck', failure: { code: 'DATABASE_REFUSED' } });
  expect(await readSchemaState(world.database)).toMatchObject({ open: { migration: 'first', phase: 'expand' } });
  expect(await hasColumn('phone')).toBe(true);
  await world.sql('CREATE TABLE nowhere ()');
  expect(await world.run(paused, 'expand')).toMatchObject({ outcome: 'done', run: 2 });
  expect(await hasColumn('fax')).toBe(true);
  expect(await world.undo('first')).toMatchObject({ outcome: 'stuck', failure: { code: 'ROLLBACK_INCOMPLETE' } });
});

test('after something that nothing takes back a failure stops the run, whatever the migration asks for', async () => {
  const gone = rawSql('DROP TABLE users', null);
  expect(await world.run(migration([gone, broken]), 'expand')).toMatchObject({ outcome: 'stuck' });
  expect(await failureOf(world.undo('first'))).toMatchObject({ code: 'MIGRATION_REFUSED' });
  await world.sql('CREATE TABLE nowhere ()');
  expect(await world.run(migration([gone, broken]), 'expand')).toMatchObject({ outcome: 'done' });
});

test('another migration waits until one that is stuck has come to its end', async () => {
  await world.run(migration([broken], { onFailure: 'pause' }), 'expand');
  const second = migration([phone], { name: 'second', schemaVersion: 2 });
  expect(await failureOf(world.run(second, 'expand'))).toMatchObject({
    code: 'MIGRATION_REFUSED',
    message: expect.stringContaining('first') as string,
  });
});

test('somebody who changes the schema during a run that is taken back is found out', async () => {
  const nosy = migration([phone, rawSql('SELECT pg_sleep(0); ALTER TABLE nowhere ADD COLUMN x text', 'SELECT 1')]);
  const meddling = rawSql('ALTER TABLE users ADD COLUMN other text', 'SELECT 1');
  const result = await world.run(migration([meddling, ...nosy.operations]), 'expand');
  expect(result).toMatchObject({ outcome: 'stuck', failure: { code: 'ROLLBACK_INCOMPLETE' } });
  expect(result.failure?.message).toContain('other');
  // Asked once more, what is there is what has to be.
  expect(await world.undo('first')).toMatchObject({ outcome: 'done', undone: ['first'] });
  expect(await world.run(migration([phone]), 'expand')).toMatchObject({ outcome: 'done' });
});

test('a stop leaves the run open, and the next one ends it', async () => {
  const stop = new AbortController();
  const one = migration([phone, fax]);
  const emit = (event: { readonly type: string }): void => {
    if (event.type === 'step-finished') stop.abort();
  };
  expect(await failureOf(world.run(one, 'expand', { signal: stop.signal, emit }))).toMatchObject({
    code: 'CANCELLED',
  });
  expect([await hasColumn('phone'), await hasColumn('fax')]).toEqual([true, false]);
  expect(await readSchemaState(world.database)).toMatchObject({ open: { migration: 'first', phase: 'expand' } });
  expect(await world.run(one, 'expand')).toMatchObject({ outcome: 'done', run: 1 });
  expect(await hasColumn('fax')).toBe(true);
});

test('a constraint that a failing data step looked through is again one for new rows', async () => {
  const check = { addConstraint: { table: 'users', name: 'mailed', check: "email <> ''" } };
  const key = {
    addConstraint: {
      table: 'users',
      name: 'referred',
      foreignKey: { columns: ['id'], references: { table: 'users', columns: ['id'] } },
    },
  };
  const both = migration([check, key, rawSql('SELECT 1 / 0', 'SELECT 1', { phase: 'migrate' })]);
  expect(await world.run(both, 'expand')).toMatchObject({ outcome: 'done' });
  await world.sql(`COMMENT ON CONSTRAINT referred ON users IS 'to itself'`);
  const start = await world.digests();
  expect(await world.run(both, 'migrate')).toMatchObject({ outcome: 'undone' });
  expect(await world.digests()).toEqual(start);
});
