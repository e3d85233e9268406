import { afterAll, beforeEach, expect, test } from 'vitest';
import { expandOperation } from '../../../../src/migrate/expand.ts';
import { catalogDifference } from '../../../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../../../src/migrate/catalog/read-catalog.ts';
import { isRefusal } from '../../../../src/migrate/operation.ts';
import type { Catalog } from '../../../../src/model/catalog.ts';
import { schemaPhases, type SchemaPhase } from '../../../../src/model/database.ts';
import type { Operation } from '../../../../src/model/documents.ts';
import type { SchemaStep } from '../../../../src/model/schema-step.ts';
import { embeddedWith } from '../../../support/migrate/embedded.ts';
import { runSteps, undoSteps } from '../../../support/migrate/run-steps.ts';

const database = await embeddedWith(['CREATE ROLE reader', 'CREATE ROLE writer']);
afterAll(async () => await database.close());

const setup = [
  'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS crm CASCADE; CREATE SCHEMA crm',
  `CREATE TYPE status AS ENUM ('open', 'done')`,
  `COMMENT ON TYPE status IS 'of an order'`,
  'GRANT USAGE ON TYPE status TO reader',
  `CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, nick text,
    CONSTRAINT short CHECK (length(email) < 99), CONSTRAINT email_key UNIQUE (email) DEFERRABLE)`,
  `CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, state status NOT NULL DEFAULT 'open',
    past status[], n int, CONSTRAINT not_done CHECK (state <> 'done') NOT VALID)`,
  `CREATE INDEX open ON orders (n DESC) WHERE state = 'open'`,
  'CREATE UNIQUE INDEX "N o" ON orders (n, (n + 1)) INCLUDE (id)',
  `COMMENT ON INDEX open IS 'few'; COMMENT ON CONSTRAINT short ON users IS 'why'; COMMENT ON COLUMN users.nick IS 'what'`,
  'GRANT SELECT, INSERT ON users TO reader; GRANT UPDATE (nick) ON users TO writer WITH GRANT OPTION',
  'ALTER TABLE users CLUSTER ON email_key; ALTER TABLE users OWNER TO writer; GRANT ALL ON SCHEMA public TO writer, reader',
  `INSERT INTO users (email, nick) SELECT 'u' || n, CASE WHEN n % 3 = 0 THEN 'n' || n END FROM generate_series(1, 50) n`,
  `INSERT INTO orders SELECT n, n, 'open', '{open,done}', n FROM generate_series(1, 50) n`,
];
beforeEach(async () => await sql(...setup));

async function sql(...statements: readonly string[]) {
  return await database.use(async (session) => {
    let result = null;
    for (const statement of statements) result = await session.query(statement);
    return result?.rows ?? [];
  });
}

const catalog = async (): Promise<Catalog> => await database.use(readCatalog);

/** In batches of seven rows; the steps that were done. */
async function forward(
  operations: readonly Operation[],
  phases: readonly SchemaPhase[],
): Promise<readonly SchemaStep[]> {
  const done: SchemaStep[] = [];
  for (const phase of phases) {
    for (const [index, operation] of operations.entries()) {
      const input = {
        migration: 'change',
        operation,
        index,
        phase,
        catalog: await catalog(),
        engine: 'pglite' as const,
      };
      const steps = expandOperation({ ...input, serverVersionNumber: 180_000 });
      if (isRefusal(steps)) throw new Error(`${steps.refused.code}: ${steps.refused.summary}`);
      await database.use(async (session) => await runSteps(session, steps, { batchRows: 7 }));
      done.push(...steps);
    }
  }
  return done;
}

const back = async (steps: readonly SchemaStep[]): Promise<void> =>
  await database.use(async (session) => await undoSteps(session, steps, { batchRows: 7 }));

const foreignKey = {
  columns: ['user_id'],
  references: { table: 'users', columns: ['id'] },
  onDelete: 'cascade' as const,
};

/** With the script that does the same, whoever waits for it. */
const cases: readonly [name: string, operation: Operation, plain: string][] = [
  [
    'createTable',
    {
      createTable: {
        table: 'crm.Notes',
        columns: [
          { name: 'id', type: 'bigint', nullable: false },
          { name: 'Text', type: 'text', default: "it's \\ so", check: `"Text" <> ''`, comment: 'c' },
          { name: 'at', type: 'timestamptz', defaultExpression: 'now()', nullable: false },
          { name: 'user_id', type: 'bigint' },
        ],
        primaryKey: ['id'],
        constraints: [
          { name: 'who', foreignKey },
          { name: 'u', unique: ['Text', 'at'] },
          { name: 'c', check: 'id > 0 -- x' },
        ],
        comment: 'notes',
      },
    },
    `CREATE TABLE crm."Notes" (id bigint PRIMARY KEY, "Text" text DEFAULT E'it''s \\\\ so' CHECK ("Text" <> ''),
      at timestamptz NOT NULL DEFAULT now(), user_id bigint CONSTRAINT who REFERENCES users (id) ON DELETE CASCADE,
      CONSTRAINT u UNIQUE ("Text", at), CONSTRAINT c CHECK (id > 0));
      COMMENT ON TABLE crm."Notes" IS 'notes'; COMMENT ON COLUMN crm."Notes"."Text" IS 'c'`,
  ],
  ['renameTable', { renameTable: { from: 'users', to: 'people' } }, 'ALTER TABLE users RENAME TO people'],
  [
    'renameTable to another schema',
    { renameTable: { from: 'users', to: 'crm.people' } },
    'ALTER TABLE users SET SCHEMA crm; ALTER TABLE crm.users RENAME TO people',
  ],
  [
    'addColumn with a constant',
    { addColumn: { table: 'users', column: { name: 'x', type: 'int', default: 5, nullable: false, check: 'x > 0' } } },
    'ALTER TABLE users ADD COLUMN x int NOT NULL DEFAULT 5 CHECK (x > 0)',
  ],
  [
    'addColumn with an expression',
    {
      addColumn: {
        table: 'users',
        column: { name: 'x', type: 'uuid', defaultExpression: 'gen_random_uuid()', nullable: false, comment: 'c' },
      },
    },
    `ALTER TABLE users ADD COLUMN x uuid NOT NULL DEFAULT gen_random_uuid(); COMMENT ON COLUMN users.x IS 'c'`,
  ],
  [
    'addColumn with a check of two columns',
    {
      addColumn: {
        table: 'orders',
        column: { name: 'x', type: 'int', defaultExpression: '1 + 1', check: 'x > 0 AND id > 0' },
      },
    },
    'ALTER TABLE orders ADD COLUMN x int DEFAULT 1 + 1 CHECK (x > 0 AND id > 0)',
  ],
  [
    'addIndex',
    {
      addIndex: {
        table: 'users',
        name: 'Nick',
        columns: ['lower(nick) DESC', 'nick text_pattern_ops', 'EMAIL'],
        unique: true,
        include: ['id'],
        where: 'nick IS NOT NULL -- x',
      },
    },
    `CREATE UNIQUE INDEX "Nick" ON users (lower(nick) DESC, nick text_pattern_ops, email) INCLUDE (id) WHERE nick IS NOT NULL`,
  ],
  ['dropIndex', { dropIndex: { table: 'orders', name: 'open' } }, 'DROP INDEX open'],
  ['dropIndex over expressions', { dropIndex: { table: 'orders', name: 'N o', online: false } }, 'DROP INDEX "N o"'],
  [
    'addConstraint check',
    { addConstraint: { table: 'orders', name: 'c', check: 'n > 0' } },
    'ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0)',
  ],
  [
    'addConstraint check of new rows',
    { addConstraint: { table: 'orders', name: 'c', check: 'n > 25', validate: false } },
    'ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 25) NOT VALID',
  ],
  [
    'addConstraint unique',
    { addConstraint: { table: 'orders', name: 'U n', unique: ['user_id', 'n'] } },
    'ALTER TABLE orders ADD CONSTRAINT "U n" UNIQUE (user_id, n)',
  ],
  [
    'addConstraint foreign key',
    { addConstraint: { table: 'orders', name: 'f', foreignKey } },
    'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE',
  ],
  [
    'dropConstraint check',
    { dropConstraint: { table: 'users', name: 'short' } },
    'ALTER TABLE users DROP CONSTRAINT short',
  ],
  [
    'dropConstraint check that is not valid',
    { dropConstraint: { table: 'orders', name: 'not_done' } },
    'ALTER TABLE orders DROP CONSTRAINT not_done',
  ],
  [
    'dropConstraint unique',
    { dropConstraint: { table: 'users', name: 'email_key' } },
    'ALTER TABLE users DROP CONSTRAINT email_key',
  ],
  [
    'dropConstraint primary key',
    { dropConstraint: { table: 'orders', name: 'orders_pkey' } },
    'ALTER TABLE orders DROP CONSTRAINT orders_pkey',
  ],
  [
    'dropConstraint foreign key',
    { dropConstraint: { table: 'orders', name: 'orders_user_id_fkey' } },
    'ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey',
  ],
  [
    'addEnumValue',
    { addEnumValue: { type: 'status', value: "can't", before: 'done' } },
    `ALTER TYPE status ADD VALUE 'can''t' BEFORE 'done'`,
  ],
  ['rawSql', { rawSql: { up: 'CREATE SEQUENCE s', down: 'DROP SEQUENCE s' } }, 'CREATE SEQUENCE s'],
];

test.each(cases)(
  '%s makes the schema of the plain script, and undo the one from before',
  async (_, operation, plain) => {
    const before = await catalog();
    await sql(plain);
    const wanted = await catalog();
    expect(catalogDifference(before, wanted)).not.toEqual([]);
    await sql(...setup);
    const steps = await forward([operation], schemaPhases);
    expect(catalogDifference(wanted, await catalog())).toEqual([]);
    await back(steps);
    expect(catalogDifference(before, await catalog())).toEqual([]);
  },
);

test.each<[name: string, operation: Operation, plain: string]>([
  ['dropTable', { dropTable: { table: 'orders' } }, 'DROP TABLE orders'],
  ['dropColumn', { dropColumn: { table: 'users', column: 'email' } }, 'ALTER TABLE users DROP COLUMN email'],
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
  await expect(back(steps)).rejects.toThrow(/irreversible/u);
});

test('every step that was done last can be undone', async () => {
  const before = await catalog();
  for (const [, operation] of cases) {
    const whole = await forward([operation], schemaPhases);
    await back(whole);
    for (let done = 1; done < whole.length; done += 1) {
      const some = whole.slice(0, done);
      await database.use(async (session) => await runSteps(session, some, { batchRows: 7 }));
      await back(some);
      expect(catalogDifference(before, await catalog())).toEqual([]);
    }
  }
});

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
  expect(after.tables.find(({ name }) => name === 'people')?.columns.map(({ name }) => name)).toEqual(['email', 'id']);
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
