import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Probe } from '../../../../../src/fleet/schema/probes/probes-at.ts';
import { rehearse } from '../../../../../src/fleet/schema/probes/rehearse.ts';
import type { SchemaMigration } from '../../../../../src/fleet/schema/request.ts';
import type { Operation } from '../../../../../src/model/documents.ts';
import type { SchemaEvent } from '../../../../../src/model/schema/schema-event.ts';
import type { Database } from '../../../../../src/ports/schema/database.ts';
import { openMemory } from '../../../../support/database/memory.ts';
import { migration, rawSql, SchemaWorld } from '../../../../support/schema/schema-world.ts';

let world: SchemaWorld;
/** One for all tests, emptied whenever it is opened: to make one takes longest. */
let scratch: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
  scratch = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await Promise.all([world.database.close(), scratch.database.close()]);
});
beforeEach(async () => {
  await world.reset(
    'CREATE TABLE users (id bigint PRIMARY KEY, email text, phone text)',
    'CREATE VIEW mails AS SELECT id, email FROM users',
    `INSERT INTO users VALUES (1, 'a@b', '1')`,
  );
});

async function openScratch(): Promise<Database> {
  await scratch.reset();
  const { engine, sessions } = scratch.database;
  return { engine, sessions, use: async (work) => await scratch.database.use(work), close: () => Promise.resolve() };
}

const old = (name: string, sql: string): Probe => ({ name, sql, running: true, next: false });
const next = (name: string, sql: string): Probe => ({ name, sql, running: false, next: true });

async function rehearsed(
  operations: readonly Operation[],
  probes: readonly Probe[],
  { unknown = [], ...change }: Partial<SchemaMigration> & { unknown?: readonly string[] } = {},
): Promise<readonly Probe[]> {
  return await rehearse({
    parts: world.parts(),
    migration: migration(operations, change),
    probes,
    unknown,
    openScratch,
  });
}

/** The sentence that refuses. */
async function refusalOf(operations: readonly Operation[], probes: readonly Probe[]): Promise<string> {
  try {
    await rehearsed(operations, probes);
  } catch (error) {
    expect(error).toMatchObject({ code: 'MIGRATION_REFUSED' });
    return (error as Error).message.replace(/^.*?: /u, '');
  }
  return 'none';
}

function told(): Extract<SchemaEvent, { type: 'rehearsed' }> | undefined {
  return world.events.find((event) => event.type === 'rehearsed');
}

const rename: Operation = { renameColumn: { table: 'users', from: 'phone', to: 'mobile' } };

test('queries of both releases work through a rename that keeps the old name, and the database is as it was', async () => {
  const before = await world.digests();
  await rehearsed([rename], [old('old', 'SELECT phone FROM users'), next('new', 'SELECT mobile FROM users')]);
  expect(told()).toMatchObject({ queries: 2, unchecked: [] });
  expect(told()!.states).toBeGreaterThan(5);
  expect(await world.digests()).toEqual(before);
  expect(await world.sql(`SELECT to_regnamespace('themis') AS own`)).toEqual([{ own: null }]);
});

test('a column that changes its type, with the index on it, serves both releases all the way', async () => {
  await world.sql('CREATE INDEX users_phone ON users (phone)', 'ALTER TABLE users ADD COLUMN age integer');
  const operations: readonly Operation[] = [
    { alterColumn: { table: 'users', column: 'age', type: 'bigint' } },
    { addIndex: { table: 'users', name: 'users_age', columns: ['age'] } },
  ];
  await rehearsed(operations, [
    { ...old('both', 'UPDATE users SET age = $1 WHERE age > $2 RETURNING id, phone'), next: true },
    { ...old('index', `SELECT 'public.users_phone'::regclass FROM users ORDER BY phone`), next: true },
  ]);
  expect(told()).toMatchObject({ queries: 2, unchecked: [] });
});

test('a rename that does not keep the old name fails the query that reads it, in the state after it', async () => {
  const operation = rawSql('ALTER TABLE users RENAME phone TO mobile', 'ALTER TABLE users RENAME mobile TO phone');
  const refusal = await refusalOf(
    [operation],
    [old('reads-phone', 'SELECT phone FROM users WHERE id = $1'), next('reads-mobile', 'SELECT mobile FROM users')],
  );
  expect(refusal).toMatch(
    /^probe reads-phone fails after ".+" \(expand\/0\/.+\): 42703 column "phone" does not exist/u,
  );
  expect(refusal).not.toContain('reads-mobile');
});

test('a column that is dropped fails the query of the next release that still reads it, and not that of the old one', async () => {
  const drop: Operation = { dropColumn: { table: 'users', column: 'phone' } };
  const sql = 'SELECT phone FROM users';
  expect(await refusalOf([drop], [old('old', sql)])).toBe('none');
  expect(await refusalOf([drop], [next('new', sql)])).toMatch(
    /^probe new fails after ".+" \(contract\/0\/.+\): 42703 /u,
  );
});

test('a query that fails in a state in between is found, though it works before and after', async () => {
  const away = rawSql('DROP VIEW mails', 'CREATE VIEW mails AS SELECT id, email FROM users');
  const back = rawSql('CREATE VIEW mails AS SELECT id, email, phone FROM users', 'DROP VIEW mails');
  const refusal = await refusalOf([away, back], [old('reads-mails', 'SELECT email FROM mails')]);
  expect(refusal).toMatch(/^probe reads-mails fails after ".+" \(expand\/0\/.+\): 42P01 /u);
});

test('a query of the next release need not work before expand has ended, and has to then', async () => {
  const add: Operation = { addColumn: { table: 'users', column: { name: 'age', type: 'integer' } } };
  const probe = next('reads-age', 'UPDATE users SET age = $1 WHERE email = $2');
  expect(await refusalOf([rawSql('SELECT 1', 'SELECT 1'), add], [probe])).toBe('none');
  expect(await refusalOf([rawSql('SELECT 1', 'SELECT 1')], [probe])).toMatch(
    /^probe reads-age fails at the end of expand: 42703 /u,
  );
});

test('a query that does not work in the database itself is refused for that', async () => {
  const refusal = await refusalOf([rename], [old('typo', 'SELECT fone FROM users')]);
  expect(refusal).toMatch(/^probe typo fails in the database as it is: 42703 /u);
});

test('a query of a release that fails before anything is changed is told, not tried, and refuses nothing', async () => {
  const broken: Probe = { ...old('all of db 1.4.0', 'SELECT fone FROM users'), isOfRelease: true };
  const works: Probe = { ...old('one of db 1.4.0', 'SELECT phone FROM users'), isOfRelease: true };
  expect(await rehearsed([rename], [broken, works], { unknown: ['db 1.3.0'] })).toEqual([works]);
  expect(told()).toMatchObject({
    queries: 2,
    unchecked: [
      'queries of db 1.3.0',
      expect.stringMatching(/^probe all of db 1.4.0: fails in the database as it is, column "fone"/u),
    ],
  });
});

test('where nobody has a query that is told too, and nothing is copied', async () => {
  expect(await rehearsed([rename], [], { unknown: ['db 1.3.0'] })).toEqual([]);
  expect(told()).toEqual({ type: 'rehearsed', queries: 0, states: 0, unchecked: ['queries of db 1.3.0'] });
});

test('what the copy cannot have is told, and refuses nothing', async () => {
  await world.sql('CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere');
  await world.sql('CREATE FOREIGN TABLE far_away (a integer) SERVER far', 'CREATE VIEW near AS SELECT a FROM far_away');
  const probes = [next('reads-near', 'SELECT a FROM near'), next('reads-gone', 'SELECT a FROM gone')];
  expect(await refusalOf([rename], probes)).toMatch(/^probe reads-gone fails .* 42P01 [^;]*$/u);
  expect(told()!.unchecked).toEqual([expect.stringMatching(/^probe reads-near: relation "near" does not exist/u)]);
  await world.sql('DROP SERVER far CASCADE; DROP FOREIGN DATA WRAPPER nowhere');
});

test('a step that fails on an empty copy ends the rehearsal, which says so', async () => {
  const operation = rawSql('SELECT 1 / count(*) FROM users', 'SELECT 1');
  expect(await refusalOf([operation, rename], [old('old', 'SELECT phone FROM users')])).toBe('none');
  expect(told()!.unchecked).toEqual([expect.stringMatching(/^expand fails on an empty copy: .*division by zero/u)]);
});

test('a plug-in is not asked to do anything', async () => {
  const custom: Operation = { custom: { plugin: 'themis-plugin-graph', version: '^2.3.0', params: {} } };
  expect(await refusalOf([custom], [old('old', 'SELECT phone FROM users')])).toBe('none');
  expect(told()!.unchecked).toEqual([]);
});

test('a migration that has begun is not rehearsed again', async () => {
  await world.run(migration([rename]), 'expand');
  await rehearsed([rename], [old('typo', 'SELECT fone FROM users')]);
  expect(told()).toBeUndefined();
});
