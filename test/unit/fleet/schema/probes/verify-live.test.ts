import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Probe } from '../../../../../src/fleet/schema/probes/probes-at.ts';
import { verifyLive } from '../../../../../src/fleet/schema/probes/verify-live.ts';
import { ThemisError } from '../../../../../src/kernel/error.ts';
import { openMemory } from '../../../../support/database/memory.ts';
import { migration, rawSql, SchemaWorld } from '../../../../support/schema/schema-world.ts';

let world: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
});
beforeEach(async () => {
  await world.reset('CREATE TABLE users (id bigint PRIMARY KEY, phone text)', `INSERT INTO users VALUES (1, '1')`);
});

const operations = [rawSql('ALTER TABLE users RENAME phone TO mobile', 'ALTER TABLE users RENAME mobile TO phone')];
const verifying = (...probes: readonly Probe[]) => ({ verify: verifyLive(probes, world.parts().settings) });
const old: Probe = { name: 'reads-phone', sql: 'SELECT phone FROM users', running: true, next: false };
const next: Probe = { name: 'reads-mobile', sql: 'SELECT mobile FROM users', running: false, next: true };

test('queries that work are part of the expand, and of no later phase', async () => {
  expect(await world.run(migration(operations), 'expand', verifying(next))).toMatchObject({ outcome: 'done' });
  expect(await world.journal()).toContain('verify/expand done');
  await world.run(migration(operations), 'migrate', verifying(old));
  expect((await world.journal()).filter((entry) => entry.startsWith('verify'))).toEqual([]);
});

test('a query that fails takes the expand back', async () => {
  const before = await world.digests();
  const result = await world.run(migration(operations), 'expand', verifying(old, next));
  expect(result).toMatchObject({ outcome: 'undone', failure: { code: 'DATABASE_REFUSED' } });
  expect(result.failure?.message).toMatch(/probe reads-phone fails after expand: 42703 column "phone"[^;]*$/u);
  expect(await world.digests()).toEqual(before);
});

test('where failures are for a person, the expand is stuck, and ends when the query works', async () => {
  const paused = migration(operations, { onFailure: 'pause' });
  expect(await world.run(paused, 'expand', verifying(old))).toMatchObject({ outcome: 'stuck' });
  expect(await world.run(paused, 'expand', verifying(old))).toMatchObject({ outcome: 'stuck' });
  await world.sql('ALTER TABLE users ADD COLUMN phone text');
  expect(await world.run(paused, 'expand', verifying(old))).toMatchObject({ outcome: 'done' });
  expect((await world.journal()).filter((entry) => entry.includes('/run'))).toHaveLength(1);
});

test('while a lock is not to be had, or the connection is lost, nothing has failed', async () => {
  const answers = ['DATABASE_LOCKED', 'UNREACHABLE'] as const;
  let asked = 0;
  const verify = async (): Promise<null> => {
    const code = answers[asked];
    asked += 1;
    await Promise.resolve();
    if (code !== undefined) throw new ThemisError(code, 'not now');
    return null;
  };
  expect(await world.run(migration(operations), 'expand', { verify })).toMatchObject({ outcome: 'done' });
  expect(asked).toBe(3);
  expect((await world.journal()).filter((entry) => entry.startsWith('verify'))).toEqual([
    'verify/expand begin',
    'verify/expand done',
  ]);
});

test('a run that was cut off before its queries is ended by whoever has none', async () => {
  const stopped = new AbortController();
  const cutOff = verifying(next);
  const watch = (): Promise<void> => Promise.resolve(stopped.abort());
  const change = { ...cutOff, watch, signal: stopped.signal };
  await expect(world.run(migration(operations), 'expand', change)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await world.run(migration(operations), 'expand')).toMatchObject({ outcome: 'done' });
  expect(await world.journal()).toContain('verify/expand done');
});

test('a query is never run, whatever it says', async () => {
  const probes = [
    'DELETE FROM users',
    `INSERT INTO users VALUES ($1, $2)`,
    'SELECT 1; DROP TABLE users',
    'SELECT 1; COMMIT; DROP TABLE users',
    'DROP TABLE users',
  ].map((sql, index): Probe => ({ ...next, name: `writes-${index}`, sql }));
  const result = await world.run(migration([rawSql('SELECT 1', 'SELECT 1')]), 'expand', verifying(...probes));
  expect(result.failure?.message.match(/writes-\d/gu)).toEqual(['writes-2', 'writes-3', 'writes-4']);
  expect(await world.sql('SELECT id, phone FROM users')).toEqual([{ id: '1', phone: '1' }]);
});
