/** Probes of a database on a server: copied into PGlite, tried there, and tried on the server with what it alone knows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tryProbe } from '../../src/fleet/schema/probes/try-probe.ts';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { copySchema } from '../../src/migrate/catalog/copy-schema.ts';
import { rehearse } from '../../src/fleet/schema/probes/rehearse.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { catalogOf, embeddedWith, runOn } from '../support/migrate/embedded.ts';
import { failureOf } from '../support/failure-of.ts';
import { openMemory } from '../support/database/memory.ts';
import { migration, SchemaWorld } from '../support/schema/schema-world.ts';
import { everything } from '../support/migrate/everything.ts';

let world: EngineWorld;
let postgresql: Database;

beforeAll(async () => {
  world = await engineWorlds.postgresql();
  postgresql = await world.openShared();
  await runOn(postgresql, everything.flat());
});
afterAll(async () => {
  await world.close();
});

test('a schema of a server is copied into an embedded database', async () => {
  const before = await catalogOf(postgresql);
  const copy = await embeddedWith([]);
  const leftOut = await copy.use((session) => copySchema(session, before));
  const after = await catalogOf(copy);
  await copy.close();
  expect(leftOut).toEqual(['collation public.plain', 'publication changes']);
  expect(catalogDifference(before, after).filter((line) => !line.includes('publication changes'))).toEqual([
    'collation public.plain is missing',
  ]);
});

test('a migration of a server is rehearsed as that server would have it', async () => {
  const server = new SchemaWorld(postgresql);
  const before = await server.digests();
  const operations: readonly Operation[] = [
    { renameTable: { from: 'animals', to: 'creatures' } },
    { addIndex: { table: 'users', name: 'users_changed', columns: ['changed_at'] } },
    { alterColumn: { table: 'billing.invoices', column: 'note', nullable: false } },
    { dropColumn: { table: 'users', column: 'period' } },
  ];
  const both = { running: true, next: true };
  const request = {
    parts: server.parts(),
    migration: migration(operations),
    unknown: [],
    openScratch: async () => await openMemory(),
  };
  const probes = [
    { name: 'animals', sql: 'INSERT INTO animals VALUES ($1, $2)', running: true, next: false },
    { name: 'creatures', sql: 'SELECT id, kind FROM creatures', running: false, next: true },
    { name: 'period', sql: 'SELECT name FROM users WHERE period @> $1', ...both },
    { name: 'mails', sql: 'SELECT mail, moods FROM public.users WHERE lives IS NOT NULL', ...both },
  ];
  const refused = await failureOf(rehearse({ ...request, probes }));
  expect(refused).toMatchObject({ code: 'MIGRATION_REFUSED' });
  expect(refused.message).toMatch(/: probe period fails after "[^"]+" \(contract\/3\/[^)]+\): 42703 [^;]*$/u);
  expect(server.events).toContainEqual(expect.objectContaining({ type: 'rehearsed', queries: 4, unchecked: [] }));
  expect(await server.digests()).toEqual(before);
});

test('a server says why a query does not work, and does nothing of what it says', async () => {
  const surroundings = { limits: { lockTimeoutMs: 1000, statementTimeoutMs: 10_000 }, searchPath: null };
  const cases: readonly (readonly [string, string | null])[] = [
    ['SELECT name, price FROM users WHERE id = $1 AND feels = $2', null],
    ['SELECT count(*) FROM rich_users;', null],
    [`INSERT INTO scratch VALUES ('line') -- all of it`, null],
    ['UPDATE scratch SET line = $1 RETURNING line', null],
    [`SELECT E'it''s \\\\ so' FROM nothing`, null],
    ['SELECT surname FROM users', '42703'],
    ['SELECT amount FROM invoices', '42P01'],
    ['SELECT name + 1 FROM users WHERE id = $1', '42883'],
    ['DROP TABLE scratch', '42601'],
    ['SELECT 1; COMMIT; DROP TABLE scratch', '42601'],
    [`SELECT 1; SET application_name = 'other'`, '42601'],
    ['SELECT 1; SELECT pg_advisory_lock(1)', '42601'],
  ];
  const found = await postgresql.use(async (session) => {
    const reasons: (readonly [string, string | null])[] = [];
    for (const [sql] of cases) reasons.push([sql, (await tryProbe(session, sql, surroundings))?.reason ?? null]);
    await session.query('SET search_path = billing');
    expect(await tryProbe(session, 'SELECT amount FROM invoices', surroundings)).toBeNull();
    await session.query('RESET search_path');
    expect(
      await tryProbe(session, 'SELECT amount FROM invoices', { ...surroundings, searchPath: 'billing' }),
    ).toBeNull();
    expect((await session.query('SELECT name FROM pg_prepared_statements')).rows).toEqual([]);
    const left = `SELECT current_setting('application_name') AS name,
      (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`;
    expect((await session.query(left)).rows).toEqual([{ name: 'themis', locks: '0' }]);
    return reasons;
  });
  expect(found).toEqual(cases);
  expect(await postgresql.use(async (session) => (await session.query('SELECT line FROM scratch')).rows)).toEqual([]);
});

test('a query fails on a server for whoever may not send it', async () => {
  await runOn(postgresql, ['CREATE TABLE secret (a integer)']);
  const surroundings = { limits: { lockTimeoutMs: 1000, statementTimeoutMs: 10_000 }, searchPath: null };
  const failure = await postgresql.use(async (session) => {
    await session.query('SET ROLE reader');
    const found = await tryProbe(session, 'SELECT a FROM secret', surroundings);
    await session.query('RESET ROLE');
    return found;
  });
  expect(failure?.reason).toBe('42501');
});
