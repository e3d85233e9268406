/** Back to before a migration: what stands of it, newest first, and nothing at all where something cannot come back. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readHistory, readSchemaState } from '../../../../src/fleet/schema/state/read-state.ts';
import type { Operation } from '../../../../src/model/documents.ts';
import type { AppliedMigration } from '../../../../src/model/schema/database.ts';
import { failureOf } from '../../../support/failure-of.ts';
import { failingStep, handMade, itemsSql, makeCopies, statements, step } from '../../../support/schema/hand-made.ts';
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
  await world.reset(...itemsSql(3));
});

const column = (name: string) =>
  rawSql(`ALTER TABLE items ADD COLUMN ${name} text`, `ALTER TABLE items DROP COLUMN ${name}`);
const one = migration([column('a'), { rawSql: { ...column('b').rawSql!, phase: 'migrate' } }]);
const two = migration([column('c')], { name: 'second', schemaVersion: 2 });

test('an undo takes back every phase, newest step first, and is in the history', async () => {
  const before = await world.digests();
  for (const phase of ['expand', 'migrate', 'contract'] as const) await world.run(one, phase);
  expect(await world.undo('first')).toEqual({ outcome: 'done', run: 4, rows: 0, undone: ['first'] });
  expect(await world.digests()).toEqual(before);
  expect((await world.journal()).filter((line) => line.endsWith('undone'))).toEqual([
    'migrate/1/run undone',
    'expand/0/run undone',
  ]);
  expect((await readHistory(world.database)).at(-1)).toMatchObject({ phase: 'undo', outcome: 'done' });
  expect(await readSchemaState(world.database)).toMatchObject({ schemaVersion: 0, applied: [], open: null });
  expect(await world.undo('first')).toMatchObject({ outcome: 'unchanged', undone: [] });
  expect(await world.run(one, 'expand')).toMatchObject({ outcome: 'done' });
});

test('an undo takes back the migrations after it first', async () => {
  const before = await world.digests();
  await world.run(one, 'expand');
  const between = await world.digests();
  await world.run(two, 'expand');
  expect(await world.undo('second')).toMatchObject({ outcome: 'done', undone: ['second'] });
  expect(await world.digests()).toEqual(between);
  await world.run(two, 'expand');
  expect(await world.undo('first')).toMatchObject({ outcome: 'done', undone: ['second', 'first'] });
  expect(await world.digests()).toEqual(before);
});

test('what cannot come back is refused before anything is touched, with the operation and why', async () => {
  const late = rawSql('ALTER TABLE items DROP COLUMN name', null, { phase: 'contract' });
  const lossy = migration([column('a'), late]);
  for (const phase of ['expand', 'migrate'] as const) await world.run(lossy, phase);
  await world.run(lossy, 'contract');
  await world.run(two, 'expand');
  const state = await world.digests();
  const failure = await failureOf(world.undo('first'));
  expect(failure).toMatchObject({ code: 'MIGRATION_REFUSED' });
  expect(failure.message).toContain('operation 2 (rawSql)');
  expect(failure.message).toContain('the rows are gone');
  expect(await world.digests()).toEqual(state);
  expect(await readHistory(world.database)).toHaveLength(4);
});

test('before its contract a migration that will be irreversible comes back', async () => {
  const before = await world.digests();
  const lossy = migration([column('a'), rawSql('DROP TABLE items', null, { phase: 'contract' })]);
  await world.run(lossy, 'expand');
  expect(await world.undo('first')).toMatchObject({ outcome: 'done' });
  expect(await world.digests()).toEqual(before);
});

test('a run that was cut off, or stuck, is taken back from where it is', async () => {
  const before = await world.digests();
  const stuck = handMade({ expand: [makeCopies, failingStep] }, { onFailure: 'pause' });
  expect(await world.run(stuck.migration, 'expand', stuck.parts)).toMatchObject({ outcome: 'stuck' });
  expect(await world.undo('first')).toMatchObject({ outcome: 'done', undone: ['first'] });
  expect(await world.digests()).toEqual(before);
  const stop = new AbortController();
  const emit = ({ type }: { readonly type: string }) => type === 'step-finished' && stop.abort();
  const cut = world.run(stuck.migration, 'expand', { ...stuck.parts, emit, signal: stop.signal });
  expect(await failureOf(cut)).toMatchObject({ code: 'CANCELLED' });
  expect(await world.undo('first')).toMatchObject({ outcome: 'done', undone: ['first'] });
  expect(await world.digests()).toEqual(before);
});

test('an undo that is cut off goes on, though an earlier migration was contracted meanwhile', async () => {
  const first = migration([column('a'), { rawSql: { ...column('b').rawSql!, phase: 'contract' } }]);
  const second = migration([column('c'), column('d')], { name: 'second', schemaVersion: 2 });
  await world.run(first, 'expand');
  await world.run(second, 'expand');
  for (const phase of ['migrate', 'contract'] as const) await world.run(first, phase);
  const cutOff = async (): Promise<void> => {
    const stop = new AbortController();
    const emit = ({ type }: { readonly type: string }) => type === 'step-finished' && stop.abort();
    const cut = world.undo('second', { emit, signal: stop.signal });
    expect(await failureOf(cut)).toMatchObject({ code: 'CANCELLED' });
  };
  await cutOff();
  expect(await world.undo('second')).toMatchObject({ outcome: 'done', undone: ['second'] });
  await world.run(second, 'expand');
  await cutOff();
  expect(await world.run(second, 'expand')).toMatchObject({ outcome: 'done' });
});

test('data that are migrated once more are filled, and what was done once stands; an undo takes back both', async () => {
  const before = await world.digests();
  const fill: Operation = {
    backfill: { table: 'items', set: { a: `'x' || id` }, where: 'a IS NULL', undo: { a: 'NULL' } },
  };
  const filled = migration([column('a'), fill, { rawSql: { ...column('b').rawSql!, phase: 'migrate' } }]);
  for (const phase of ['expand', 'migrate'] as const) await world.run(filled, phase);
  const { applied } = (await readSchemaState(world.database)) as { applied: readonly AppliedMigration[] };
  const again = applied[0]!.finishedAt;
  await world.sql(`INSERT INTO items (id, name) VALUES (99, 'late')`);
  expect(await world.run(filled, 'migrate')).toMatchObject({ outcome: 'unchanged' });
  expect(await world.run(filled, 'migrate', { again })).toMatchObject({ outcome: 'done' });
  expect(await world.sql('SELECT a FROM items WHERE id = 99')).toEqual([{ a: 'x99' }]);
  expect(await world.run(filled, 'migrate', { again })).toMatchObject({ outcome: 'unchanged' });
  await world.sql('DELETE FROM items WHERE id = 99');
  expect(await world.undo('first')).toMatchObject({ outcome: 'done' });
  expect(await world.digests()).toEqual(before);
});

test('an undo that fails is stuck, is tried again, and stands in the way of others until then', async () => {
  const before = await world.digests();
  const stubborn = handMade({
    expand: [makeCopies, step('more', statements('CREATE TABLE more ()'), statements('DROP TABLE more'))],
  });
  await world.run(stubborn.migration, 'expand', stubborn.parts);
  await world.sql('CREATE VIEW reader AS SELECT * FROM more');
  expect(await world.undo('first')).toMatchObject({
    outcome: 'stuck',
    failure: { code: 'DATABASE_REFUSED' },
    undone: [],
  });
  expect(await readSchemaState(world.database)).toMatchObject({ open: { migration: 'first', phase: 'undo' } });
  expect(await failureOf(world.run(two, 'expand'))).toMatchObject({ code: 'MIGRATION_REFUSED' });
  await world.sql('DROP VIEW reader');
  expect(await world.undo('first')).toMatchObject({ outcome: 'done', undone: ['first'] });
  expect(await world.digests()).toEqual(before);
});

test('a rollback that got stuck is ended before the phase begins anew', async () => {
  const meddle = step('meddle', statements('CREATE VIEW reader AS SELECT * FROM copies'));
  const stuck = handMade({ expand: [makeCopies, meddle, failingStep] });
  expect(await world.run(stuck.migration, 'expand', stuck.parts)).toMatchObject({ outcome: 'stuck' });
  await world.sql('DROP VIEW reader');
  const good = handMade({ expand: [makeCopies] });
  expect(await world.run(good.migration, 'expand', good.parts)).toMatchObject({ outcome: 'done' });
  expect((await readHistory(world.database)).map(({ phase, outcome }) => `${phase} ${outcome}`)).toEqual([
    'expand stuck',
    'undo done',
    'expand done',
  ]);
});
