/** What a step of a plan makes of probes; journal and stepper only write down what they are told. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actionOf } from '../../../../../src/actions/index.ts';
import { ThemisError } from '../../../../../src/kernel/error.ts';
import type { ObservedNode } from '../../../../../src/model/observed.ts';
import { manifestsOf, type ManifestOf } from '../../../../../src/plan/schema/release-probes.ts';
import { observedNode, release } from '../../../../support/fleet-fixture.ts';
import { openSqlParser } from '../../../../../src/adapters/sql-parser/libpg-query.ts';
import { SchemaTask, type SchemaTaskWorld } from '../../../../../src/fleet/schema/schema-task.ts';
import type { DesiredProbe } from '../../../../../src/model/desired.ts';
import type { Operation } from '../../../../../src/model/documents.ts';
import type { PlanStep } from '../../../../../src/model/plan.ts';
import { emptyRecord } from '../../../../../src/model/rollout-record.ts';
import type { Database } from '../../../../../src/ports/schema/database.ts';
import { desiredDatabase, desiredMigration } from '../../../../support/schema-fixture.ts';
import { seen } from '../../../../support/plans.ts';
import { openMemory } from '../../../../support/database/memory.ts';
import { hurriedClock, rawSql, SchemaWorld } from '../../../../support/schema/schema-world.ts';

let world: SchemaWorld;
let scratch: SchemaWorld;
/** Of copies: opened, closed. */
let copies: string[];

beforeAll(async () => {
  [world, scratch] = [new SchemaWorld(await openMemory()), new SchemaWorld(await openMemory())];
});
afterAll(async () => {
  await Promise.all([world.database.close(), scratch.database.close()]);
});
beforeEach(async () => {
  copies = [];
  await world.reset('CREATE TABLE users (id bigint PRIMARY KEY, phone text)', `INSERT INTO users VALUES (1, '1')`);
});

/** The database outlives whoever opens and closes it. */
function lent({ database }: SchemaWorld, onClose: () => void = () => {}): Database {
  const { engine, sessions } = database;
  const use: Database['use'] = async (work) => await database.use(work);
  return { engine, sessions, use, close: () => Promise.resolve(onClose()) };
}

function having(name: string, version: string): ObservedNode {
  return seen(name, version, { packages: { themisdb: seen(name, version).packages['db']! } });
}

interface Around {
  /** When it was planned, and now. */
  readonly observed: readonly ObservedNode[];
  readonly nodes: readonly ObservedNode[];
  readonly patient: boolean;
  readonly manifests: () => Promise<ManifestOf>;
}

const noManifests = (): Promise<ManifestOf> => Promise.resolve(() => undefined);

/** The end in the fleet's journal, and what was told, of a step of a migration that has not begun. */
async function carriedOut(
  phase: 'expand' | 'contract',
  operations: readonly Operation[],
  probes: readonly DesiredProbe[],
  { observed = [], nodes = [having('a', '1.5.0')], patient = true, manifests = noManifests }: Partial<Around> = {},
) {
  const migration = desiredMigration('first', 1, { operations, probes });
  const { name, schemaVersion, digest, release: bound } = migration;
  const step: PlanStep = {
    id: 'orders/expand/1',
    kind: `schema-${phase}`,
    target: 'database/orders',
    before: { schema: { version: 0, done: null } },
    after: { schema: { version: 1, done: phase } },
    reason: 'test',
    needs: [],
    stage: 1,
    params: { migration: name, schemaVersion, digest, phase, operations: [], graceMs: 0, release: bound! },
  };
  const entries: unknown[] = [];
  const told: unknown[] = [];
  const task = new SchemaTask({
    request: {
      plan: { steps: [step] },
      observed: { nodes: observed },
      header: { by: 'ops@control' },
      token: 1,
      record: emptyRecord,
      actions: actionOf,
      emit: (event: unknown) => void told.push(event),
    },
    store: 'store-1',
    schemas: {
      databases: [desiredDatabase()],
      migrations: [migration],
      open: () => Promise.resolve(lent(world)),
      openScratch: async () => {
        await scratch.reset();
        copies.push('opened');
        return lent(scratch, () => void copies.push('closed'));
      },
      manifests,
      openParser: openSqlParser,
      plugins: world.parts().plugins,
      random: () => 0.5,
    },
    stepper: {
      mayBegin: () => true,
      release: () => {},
      stop: () => {},
      isInDoubt: () => false,
      notNow: () => patient,
    },
    journal: { write: (entry: unknown) => Promise.resolve(entries.push(entry) > 0) },
    clock: hurriedClock,
    look: () => Promise.resolve(nodes),
    measured: () => {},
  } as unknown as SchemaTaskWorld);
  await task.run(step.id);
  return { end: entries.at(-1), told };
}

const probe = (sql: string, themisdb: string): DesiredProbe => ({ name: 'probe', sql, release: { themisdb } });
const readsPhone = probe('SELECT phone FROM users', '<1.5.0');
const add: Operation = { addColumn: { table: 'users', column: { name: 'age', type: 'integer' } } };

test('a query that fails on the copy refuses the step, and the database was never touched', async () => {
  const rename = rawSql('ALTER TABLE users RENAME phone TO mobile', 'ALTER TABLE users RENAME mobile TO phone');
  const { end } = await carriedOut('expand', [rename], [readsPhone]);
  expect(end).toMatchObject({
    event: 'failed',
    failure: { code: 'MIGRATION_REFUSED', message: expect.stringContaining('42703') as string },
    detail: { asBefore: true, refused: true },
  });
  expect(await world.sql(`SELECT to_regnamespace('themis') AS own`)).toEqual([{ own: null }]);
  expect(copies).toEqual(['opened', 'closed']);
});

test('a query that fails in the database alone takes the expand back', async () => {
  const drops = 'DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN ALTER TABLE users DROP phone; END IF; END $$';
  const before = await world.digests();
  const { end } = await carriedOut(
    'expand',
    [rawSql(drops, 'ALTER TABLE users ADD COLUMN IF NOT EXISTS phone text')],
    [readsPhone],
  );
  expect(end).toMatchObject({
    event: 'failed',
    failure: { code: 'DATABASE_REFUSED' },
    detail: { asBefore: true, refused: false },
  });
  expect((await world.digests()).catalog).toEqual(before.catalog);
});

test('queries that work are told of, and the step is done', async () => {
  const { end, told } = await carriedOut('expand', [add], [readsPhone, probe('SELECT age FROM users', '>=1.5.0')]);
  expect(end).toMatchObject({ event: 'done' });
  expect(told).toContainEqual(
    expect.objectContaining({ event: { type: 'rehearsed', queries: 2, states: 5, unchecked: [] } }),
  );
  expect(await world.journal()).toContain('verify/expand done');
});

test('a migration that only contracts owes nothing to the release before', async () => {
  const gone = probe('SELECT gone FROM users', '<1.5.0');
  const drop: Operation = { dropColumn: { table: 'users', column: 'phone' } };
  expect((await carriedOut('contract', [drop], [gone])).end).toMatchObject({ event: 'done' });
  await world.reset('CREATE TABLE users (id bigint PRIMARY KEY, phone text)');
  const still = probe('SELECT phone FROM users', '>=1.5.0');
  expect((await carriedOut('contract', [drop], [gone, still])).end).toMatchObject({
    event: 'failed',
    failure: { code: 'MIGRATION_REFUSED', message: expect.stringMatching(/\(contract\/0\/.*42703/u) as string },
  });
});

const sends = (sql: string) =>
  release('themisdb', '1.4.0', { probes: [{ name: 'reads-phone', database: 'orders', sql }] });
const rename = rawSql('ALTER TABLE users RENAME phone TO mobile', 'ALTER TABLE users RENAME mobile TO phone');

test('a query that the manifest of a running release lists refuses the step', async () => {
  const running = sends('SELECT phone FROM users');
  const { end } = await carriedOut('expand', [rename], [], {
    observed: [observedNode('node-a', [running])],
    manifests: () => Promise.resolve(manifestsOf({ releases: [running], yanked: [] })),
  });
  expect(end).toMatchObject({
    event: 'failed',
    failure: {
      code: 'MIGRATION_REFUSED',
      message: expect.stringMatching(
        /: probe reads-phone of themisdb 1\.4\.0 fails after "[^"]+" .* 42703 /u,
      ) as string,
    },
  });
});

test('what nobody knows of running releases is told, and refuses nothing', async () => {
  const nodes = [observedNode('node-a', [sends('SELECT 1')])];
  const told = async (manifests: () => Promise<ManifestOf>) => {
    const { told: all, end } = await carriedOut('expand', [add], [], { observed: nodes, manifests });
    expect(end).toMatchObject({ event: 'done' });
    await world.reset('CREATE TABLE users (id bigint PRIMARY KEY, phone text)');
    return all;
  };
  const rehearsed = (unchecked: string) =>
    expect.objectContaining({ event: { type: 'rehearsed', queries: 0, states: 0, unchecked: [unchecked] } }) as unknown;
  expect(await told(() => Promise.resolve(() => undefined))).toContainEqual(rehearsed('queries of themisdb 1.4.0'));
  const away = () => Promise.reject(new ThemisError('UNREACHABLE', 'the source does not answer'));
  expect(await told(away)).toContainEqual(rehearsed('queries of any release: the source does not answer'));
});

test('a contract is refused where a release that came meanwhile still reads what it takes away', async () => {
  const later = release('themisdb', '1.6.0', {
    probes: [{ name: 'reads-phone', database: 'orders', sql: 'SELECT phone FROM users' }],
  });
  const drop: Operation = { dropColumn: { table: 'users', column: 'phone' } };
  expect((await carriedOut('expand', [drop], [])).end).toMatchObject({ event: 'done' });
  const contract = async (...nodes: ObservedNode[]) =>
    await carriedOut('contract', [drop], [], {
      observed: nodes,
      manifests: () => Promise.resolve(manifestsOf({ releases: [later], yanked: [] })),
    });
  expect((await contract(observedNode('node-a', [later]))).end).toMatchObject({
    event: 'failed',
    failure: { code: 'MIGRATION_REFUSED', message: expect.stringContaining('reads-phone of themisdb 1.6.0') as string },
    detail: { asBefore: true, refused: true },
  });
  expect((await contract()).end).toMatchObject({ event: 'done' });
});

test('a plug-in whose turn comes after the nodes has to be there before anything begins', async () => {
  const custom: Operation = { custom: { plugin: 'nowhere', phase: 'migrate', params: {} } };
  const { end } = await carriedOut('expand', [add, custom], []);
  expect(end).toMatchObject({
    event: 'failed',
    failure: { code: 'MIGRATION_REFUSED', message: expect.stringContaining('THM7100: Plug-in nowhere') as string },
    detail: { asBefore: true, refused: true },
  });
  expect(await world.sql(`SELECT to_regnamespace('themis') AS own`)).toEqual([{ own: null }]);
});

test('without queries nothing is copied', async () => {
  expect((await carriedOut('expand', [add], [])).end).toMatchObject({ event: 'done' });
  expect(copies).toEqual([]);
});

describe('before a contract every node is asked once more', () => {
  const drop: Operation = { dropColumn: { table: 'users', column: 'phone' } };
  const silent: ObservedNode = {
    name: 'b',
    reachable: false,
    failure: { code: 'UNREACHABLE', message: '', retry: 'backoff' },
  };
  const untouched = async (): Promise<void> => {
    expect(await world.sql(`SELECT to_regnamespace('themis') AS own`)).toEqual([{ own: null }]);
  };

  test('one that has an earlier version is against it, whoever does not answer', async () => {
    const { end } = await carriedOut('contract', [drop], [], {
      nodes: [having('a', '1.5.0'), silent, having('c', '1.4.0')],
    });
    const message = expect.stringMatching(/^c does not have themisdb >=1\.5\.0/u) as string;
    expect(end).toMatchObject({ event: 'failed', failure: { code: 'STALE_PLAN', message }, detail: { refused: true } });
    await untouched();
  });

  test('one that does not answer is waited for, and then nothing is done either', async () => {
    const nodes = [having('a', '1.5.0'), silent];
    expect((await carriedOut('contract', [drop], [], { nodes })).end).toBeUndefined();
    const { end } = await carriedOut('contract', [drop], [], { nodes, patient: false });
    expect(end).toMatchObject({ event: 'failed', failure: { code: 'STALE_PLAN' }, detail: { asBefore: true } });
    await untouched();
  });
});
