import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expandOperation } from '../../src/migrate/expand.ts';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../src/migrate/catalog/read-catalog.ts';
import { operationOf } from '../../src/migrate/index.ts';
import { isRefusal } from '../../src/migrate/operation.ts';
import type { Catalog } from '../../src/model/schema/catalog.ts';
import { schemaPhases, type SchemaPhase } from '../../src/model/schema/database.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { LockLevel, SchemaStep, WalkAction } from '../../src/model/schema/schema-step.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { engineVersions, engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { serverVersionOf } from '../support/database/server-version.ts';
import { cases, oldRelease, setup } from '../support/migrate/operation-cases.ts';
import { runSteps, undoSteps } from '../support/migrate/run-steps.ts';
import { isSoak } from '../support/runs.ts';

const worlds: EngineWorld[] = [];
let database: Database;
let serverVersionNumber: number;
/** What the plain scripts make, by the names of their cases: of either engine. */
const wantedOf = new Map<string, Catalog>();
afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
});

async function sql(...statements: readonly string[]) {
  return await database.use(async (session) => {
    let result = null;
    for (const statement of statements) result = await session.query(statement);
    return result?.rows ?? [];
  });
}

const catalog = async (): Promise<Catalog> => await database.use(readCatalog);

/** In batches of seven rows; the steps that were done. `between`: after each of them. */
async function forward(
  operations: readonly Operation[],
  phases: readonly SchemaPhase[],
  between?: () => Promise<void>,
): Promise<readonly SchemaStep[]> {
  const done: SchemaStep[] = [];
  const { engine } = database;
  let now = await catalog();
  for (const phase of phases) {
    for (const [index, operation] of operations.entries()) {
      const input = { migration: 'change', operation, index, phase, catalog: now, engine, serverVersionNumber };
      const steps = expandOperation(input);
      if (isRefusal(steps)) throw new Error(`${steps.refused.code}: ${steps.refused.summary}`);
      for (const step of steps) {
        await database.use(async (session) => await runSteps(session, [step], { batchRows: 7 }));
        await between?.();
      }
      done.push(...steps);
      if (steps.length > 0) now = await catalog();
    }
  }
  return done;
}

const keyOfUsers = { table: 'users', columns: ['id'] };

const back = async (steps: readonly SchemaStep[]): Promise<void> =>
  await database.use(async (session) => await undoSteps(session, steps, { batchRows: 7 }));

function expectWithinTraits(operation: Operation, steps: readonly SchemaStep[]): void {
  const { code, params } = operationOf(operation);
  const traits = code.traits(params);
  const strength = (lock: LockLevel): number => ['none', 'schema', 'writers', 'everybody'].indexOf(lock);
  expect(steps.filter(({ phase }) => !traits.phases.includes(phase))).toEqual([]);
  expect(steps.filter(({ lock }) => strength(lock) > strength(traits.lock))).toEqual([]);
  expect(steps.filter(({ rewrites }) => rewrites && !traits.rewrites)).toEqual([]);
  expect(steps.some(({ undo }) => undo.kind === 'irreversible')).toBe(traits.inverse.kind === 'irreversible');
  expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
  expect(traits.tables.filter((place) => !place.includes('.'))).toEqual([]);
}

describe.each(engineVersions)('$name', ({ name, engine, version }) => {
  const isThorough = isSoak || version === engineVersions[0]!.version;
  beforeAll(async () => {
    const world = await engineWorlds[engine](version);
    worlds.push(world);
    database = await world.openShared();
    serverVersionNumber = await database.use(serverVersionOf);
    await sql('CREATE ROLE reader', 'CREATE ROLE writer');
  });
  beforeEach(async () => {
    await sql(...setup);
  });

  test.each(cases)(
    '%s makes the schema of the plain script, no more than its traits say, and is undone after whichever step',
    async (name, operation, plain) => {
      const before = await catalog();
      let wanted = wantedOf.get(name);
      if (wanted === undefined) {
        await sql(plain);
        wanted = await catalog();
        wantedOf.set(name, wanted);
        expect(catalogDifference(before, wanted)).not.toEqual([]);
        await sql(...setup);
      }
      const steps = await forward([operation], schemaPhases);
      expect(catalogDifference(wanted, await catalog())).toEqual([]);
      expectWithinTraits(operation, steps);
      await back(steps);
      expect(catalogDifference(before, await catalog())).toEqual([]);
      for (let done = 1; done < (isThorough ? steps.length : 0); done += 1) {
        const some = steps.slice(0, done);
        await database.use(async (session) => await runSteps(session, some, { batchRows: 7 }));
        await back(some);
        expect(catalogDifference(before, await catalog())).toEqual([]);
      }
    },
  );

  test.each<[name: string, operation: Operation, plain: string]>([
    ['dropTable', { dropTable: { table: 'orders' } }, 'DROP TABLE orders'],
    ['dropColumn', { dropColumn: { table: 'users', column: 'email' } }, 'ALTER TABLE users DROP COLUMN email'],
    [
      'alterColumn',
      { alterColumn: { table: 'orders', column: 'n', type: 'bigint' } },
      'ALTER TABLE orders ALTER COLUMN n TYPE bigint',
    ],
  ])('%s is undone until contract, and then for good', async (_, operation, plain) => {
    const before = await catalog();
    const early = await forward([operation], ['expand', 'migrate']);
    await back(early);
    expect(catalogDifference(before, await catalog())).toEqual([]);
    await sql(plain);
    const wanted = await catalog();
    await sql(...setup);
    const steps = await forward([operation], schemaPhases);
    expect(catalogDifference(wanted, await catalog())).toEqual([]);
    expectWithinTraits(operation, steps);
    await expect(back(steps)).rejects.toThrow(/irreversible/u);
  });

  test.each(isThorough ? [name] : [])(
    '%s: the old release writes at every boundary of what it lives to see, and of what is taken back',
    async () => {
      let boundaries = 0;
      const write = async (): Promise<void> => {
        boundaries += 1;
        const undone = new Error('undone');
        const writes = database.use(
          async (session) =>
            await session.transaction({ lockTimeoutMs: null, statementTimeoutMs: null }, async () => {
              for (const statement of oldRelease) await session.query(statement);
              throw undone;
            }),
        );
        await expect(writes).rejects.toBe(undone);
      };
      const operations = [
        ...cases.map(([, operation]) => operation),
        { dropColumn: { table: 'users', column: 'email' } },
        { dropTable: { table: 'orders' } },
      ];
      for (const operation of operations) {
        await sql(...setup);
        const steps = await forward([operation], ['expand', 'migrate'], write);
        for (const step of steps.toReversed()) {
          await back([step]);
          await write();
        }
      }
      expect(boundaries).toBeGreaterThan(operations.length * 2);
    },
  );

  test('both releases write while a table has two names', async () => {
    await forward([{ renameTable: { from: 'users', to: 'people' } }], ['expand']);
    await sql(
      `INSERT INTO users (email) VALUES ('old'), ('gone')`,
      `INSERT INTO people (email) VALUES ('new')`,
      `INSERT INTO users (id, email) OVERRIDING SYSTEM VALUE VALUES (1, 'old') ON CONFLICT (id) DO UPDATE SET nick = 'first'`,
      `UPDATE users SET nick = 'x' WHERE email IN ('old', 'new')`,
      `DELETE FROM users WHERE email = 'gone'`,
    );
    expect(await sql(`SELECT email, nick FROM people WHERE id > 50 OR id = 1 ORDER BY id`)).toEqual([
      { email: 'u1', nick: 'first' },
      { email: 'old', nick: 'x' },
      { email: 'new', nick: 'x' },
    ]);
    await sql('SET ROLE reader', `INSERT INTO users (email) VALUES ('reader')`, 'RESET ROLE');
    await expect(sql('SET ROLE reader', `UPDATE users SET nick = 'no'`)).rejects.toThrow(/permission denied/u);
  });

  test('rows without the dropped column make undo fail before it changes anything', async () => {
    const before = await catalog();
    const steps = await forward([{ dropColumn: { table: 'users', column: 'email' } }], ['expand']);
    const expanded = await catalog();
    await sql(`INSERT INTO users (nick) VALUES ('new')`);
    await expect(back(steps)).rejects.toThrow(/has rows with NULL/u);
    expect(catalogDifference(expanded, await catalog())).toEqual([]);
    await sql(`DELETE FROM users WHERE email IS NULL`);
    await back(steps);
    expect(catalogDifference(before, await catalog())).toEqual([]);
  });

  test('views over a type are made again when it goes back', async () => {
    await sql(
      `CREATE VIEW live WITH (security_barrier = true) AS SELECT id, state FROM orders WHERE state = 'open'`,
      `CREATE VIEW a_live AS SELECT state AS "St", count(*) FROM live GROUP BY state`,
      `COMMENT ON VIEW live IS 'v'; COMMENT ON COLUMN live.state IS 'c'; GRANT SELECT ON live TO reader`,
      `ALTER VIEW live ALTER COLUMN state SET DEFAULT 'done'; ALTER VIEW a_live OWNER TO writer`,
    );
    const before = await catalog();
    await back(await forward([{ addEnumValue: { type: 'status', value: 'lost' } }], schemaPhases));
    expect(catalogDifference(before, await catalog())).toEqual([]);
  });

  test('a column of a table with an old name is dropped, and the old name stays', async () => {
    const renameTable = { from: 'users', to: 'people' };
    await forward([{ renameTable }, { dropColumn: { table: 'users', column: 'nick' } }], ['expand']);
    const { views } = await catalog();
    await forward([{ dropColumn: { table: 'users', column: 'nick' } }], ['contract']);
    const after = await catalog();
    expect(after.views.map(({ name, grants }) => ({ name, grants }))).toEqual([
      { name: 'users', grants: views[0]!.grants.filter((grant) => !grant.includes('nick')) },
    ]);
    expect(after.tables.find(({ name }) => name === 'people')?.columns.map(({ name }) => name)).toEqual([
      'email',
      'id',
    ]);
  });

  test('rows with a value keep its type from going back, and nothing is changed', async () => {
    const steps = await forward([{ addEnumValue: { type: 'status', value: 'lost' } }], schemaPhases);
    const added = await catalog();
    await sql(`UPDATE orders SET state = 'lost' WHERE id = 7`);
    await expect(back(steps)).rejects.toThrow(/invalid input value for enum/u);
    expect(catalogDifference(added, await catalog())).toEqual([]);
  });

  test('a walk fills every row that was there, and old writers get the default', async () => {
    const column = { name: 'x', type: 'int', defaultExpression: '40 + 2' };
    await forward([{ addColumn: { table: 'users', column } }], ['expand']);
    await sql(`INSERT INTO users (email) VALUES ('old')`);
    expect(await sql('SELECT count(*) AS n, min(x), max(x) FROM users')).toEqual([{ n: '51', min: '42', max: '42' }]);
  });

  test('a backfill fills the rows it is about, and undo takes those back', async () => {
    const set = { nick: `'b' || id`, email: `id || email` };
    const undo = { nick: 'NULL', email: `substr(email, length(id::text) + 1)` };
    const before = await sql('SELECT id, email, nick FROM users ORDER BY id');
    const backfill = { table: 'users', set, undo, where: 'users.id > 10 AND users.id % 3 <> 0' };
    const steps = await forward([{ backfill }], schemaPhases);
    expect(await sql(`SELECT count(*) AS n FROM users WHERE nick = 'b' || id AND email = id || 'u' || id`)).toEqual([
      { n: '27' },
    ]);
    await back(steps);
    expect(await sql('SELECT id, email, nick FROM users ORDER BY id')).toEqual(before);
  });

  test.each(['id', 'part, id'])('a batch by (%s) reads no more of a large table than its own rows', async (key) => {
    await sql(
      `CREATE TABLE large (part int, id int, note text, PRIMARY KEY (${key}))`,
      `INSERT INTO large SELECT n % 20, n, 'row number ' || n FROM generate_series(1, 50000) n`,
      'ANALYZE large',
    );
    const large = await catalog();
    const backfill = { table: 'large', set: { note: 'upper(note)' } };
    const input = { migration: 'change', operation: { backfill }, index: 0, phase: 'migrate' as const, catalog: large };
    const steps = expandOperation({ ...input, engine, serverVersionNumber }) as readonly SchemaStep[];
    const action = steps[0]!.action as WalkAction;
    const batch = 'SELECT n % 20 AS part, n AS id FROM generate_series(1, 5000) n';
    const plan = await sql(`EXPLAIN WITH themis_batch AS MATERIALIZED (${batch}) ${action.statement}`);
    const lines = plan.map((row) => Object.values(row)[0]!).filter((line) => line.includes(' on large'));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => line.includes('Seq Scan'))).toEqual([]);
  });

  test('a partitioned table is treated as one', async () => {
    await sql(
      'CREATE TABLE parts (id int, at int NOT NULL, note text NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)',
      'CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (20)',
      'CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (20) TO (99)',
      `INSERT INTO parts SELECT n, n, 'x' FROM generate_series(1, 40) n`,
    );
    const before = await catalog();
    const column = { name: 'x', type: 'int', defaultExpression: '1 + 1', nullable: false, check: 'x > at - 99' };
    const steps = await forward(
      [
        { addColumn: { table: 'parts', column } },
        { addConstraint: { table: 'parts', name: 'c', check: 'id = at' } },
        // Before 18 a foreign key of a partitioned table holds for all rows at once, or not at all.
        ...(serverVersionNumber < 180_000
          ? []
          : [
              { addConstraint: { table: 'parts', name: 'f', foreignKey: { columns: ['id'], references: keyOfUsers } } },
            ]),
        { addIndex: { table: 'parts_2', name: 'by_x', columns: ['x'] } },
        { addIndex: { table: 'parts', name: 'all_x', columns: ['x'], online: false } },
        { backfill: { table: 'parts', set: { x: 'id' }, undo: { x: '2' } } },
        { backfill: { table: 'parts_1', set: { note: `'y'` }, key: ['at', 'id'], undo: { note: `'x'` } } },
        { dropConstraint: { table: 'parts', name: 'c' } },
        { renameTable: { from: 'parts', to: 'pieces' } },
        { dropColumn: { table: 'parts', column: 'note' } },
      ],
      ['expand', 'migrate'],
    );
    expect(
      await sql(`SELECT count(*) AS n, sum(x) AS x FROM pieces WHERE x = id AND (note = 'y') = (at < 20)`),
    ).toEqual([{ n: '40', x: '820' }]);
    await back(steps);
    expect(catalogDifference(before, await catalog())).toEqual([]);
  });

  test('a type goes back though a second name of its column is gone by then', async () => {
    const before = await catalog();
    const steps = await forward(
      [
        { renameColumn: { table: 'orders', from: 'state', to: 'status' } },
        { addEnumValue: { type: 'status', value: 'lost' } },
      ],
      schemaPhases,
    );
    await back(steps);
    expect(catalogDifference(before, await catalog())).toEqual([]);
  });

  test('an operation may name what an operation before it made or renamed', async () => {
    const operations: readonly Operation[] = [
      { addConstraint: { table: 'orders', name: 'c', check: 'n > 0' } },
      { renameTable: { from: 'orders', to: 'sales' } },
      { addColumn: { table: 'sales', column: { name: 'x', type: 'int' } } },
      { addEnumValue: { type: 'status', value: 'lost' } },
      { backfill: { table: 'sales', set: { x: 'n', state: `'lost'` }, undo: { x: 'NULL', state: `'open'` } } },
      { addIndex: { table: 'sales', name: 'by_x', columns: ['x'] } },
    ];
    const before = await catalog();
    const steps = await forward(operations, schemaPhases);
    expect(await sql(`SELECT count(*) AS n FROM sales WHERE x = n AND state = 'lost'`)).toEqual([{ n: '50' }]);
    await back(steps);
    expect(catalogDifference(before, await catalog())).toEqual([]);
  });
});
