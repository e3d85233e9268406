import { expect, test } from 'vitest';
import { operations } from '../../../../src/migrate/index.ts';
import type { CatalogTable } from '../../../../src/model/schema/catalog.ts';
import type { Operation } from '../../../../src/model/documents.ts';
import {
  catalogOf,
  codeOf,
  columnNamed,
  constraintNamed,
  enumNamed,
  indexNamed,
  script,
  stepsOf,
  tableNamed,
} from '../../../support/migrate/catalogs.ts';

const status = enumNamed('status', ['open', "isn't"], { comment: "it's", grants: ['GRANT x'] });
const orders = tableNamed('orders', {
  columns: [
    columnNamed('id', { type: 'bigint', nullable: false }),
    columnNamed('status', { type: 'public.status', default: "'open'::public.status" }),
    columnNamed('past', { type: 'public.status[]' }),
    columnNamed('note', { type: 'text' }),
  ],
  constraints: [
    constraintNamed('orders_pkey', { kind: 'primaryKey', columns: ['id'], definition: 'PRIMARY KEY (id)' }),
    constraintNamed('not_x', {
      definition: `CHECK ((status <> 'x'::public.status))`,
      validated: false,
      comment: 'why',
    }),
    constraintNamed('other'),
  ],
  indexes: [
    indexNamed('open', {
      definition: `CREATE INDEX open ON public.orders USING btree (id) WHERE (status = 'open'::public.status)`,
      comment: 'few',
    }),
    indexNamed('by_status', { definition: 'CREATE INDEX by_status ON public.orders USING btree (status)' }),
  ],
});
const catalog = catalogOf({
  tables: [orders, tableNamed('users')],
  enums: [status, enumNamed('status', [], { schema: 'a' })],
});
const addValue = (params: Partial<NonNullable<Operation['addEnumValue']>>, at = catalog) =>
  stepsOf({ addEnumValue: { type: 'status', value: "can't", ...params } }, 'expand', at);

test('a value comes in a short transaction; undo makes the type anew and moves over all that uses it', () => {
  const alter = 'ALTER TABLE "public"."orders"';
  const back = [
    `${alter} DROP CONSTRAINT "not_x"`,
    'DROP INDEX "public"."open"',
    'ALTER TYPE "public"."status" RENAME TO "_themis_old_type"',
    `CREATE TYPE "public"."status" AS ENUM ('open', 'isn''t')`,
    'ALTER TYPE "public"."status" OWNER TO "app"',
    `COMMENT ON TYPE "public"."status" IS 'it''s'`,
    'GRANT x',
    [
      `${alter} ALTER COLUMN "status" DROP DEFAULT`,
      'ALTER COLUMN "status" TYPE "public"."status" USING "status"::text::"public"."status"',
      `ALTER COLUMN "status" SET DEFAULT 'open'::public.status`,
      'ALTER COLUMN "past" TYPE "public"."status"[] USING "past"::text[]::"public"."status"[]',
    ].join(', '),
    `${alter} ADD CONSTRAINT "not_x" CHECK ((status <> 'x'::public.status)) NOT VALID`,
    `COMMENT ON CONSTRAINT "not_x" ON "public"."orders" IS 'why'`,
    `CREATE INDEX open ON public.orders USING btree (id) WHERE (status = 'open'::public.status)`,
    `COMMENT ON INDEX "public"."open" IS 'few'`,
    'DROP TYPE "public"."_themis_old_type"',
  ];
  expect(script(addValue({}))).toEqual([
    `expand/0/add [none] statements ALTER TYPE "public"."status" ADD VALUE 'can''t'`,
    `undo statements ${back.join('; ')}`,
  ]);
});

test.each([
  [{ before: 'open' }, ` BEFORE 'open'`],
  [{ after: "isn't" }, ` AFTER 'isn''t'`],
])('a value is put where it is to stand: %j', (params, sql) => {
  expect(script(addValue(params))[0]).toContain(`ADD VALUE 'can''t'${sql}`);
});

const policy = { name: 'own', definition: 'CREATE POLICY', reads: ['public.orders.status'], comment: null };
const pointing = { kind: 'foreignKey', definition: 'FOREIGN KEY (status) REFERENCES public.states(name)' } as const;

test.each<[why: string, parts: Partial<CatalogTable>]>([
  ['policy own', { policies: [policy] }],
  ['constraint state of public.orders', { constraints: [constraintNamed('state', pointing)] }],
  [
    'generated column is_open of public.orders',
    { columns: [...orders.columns, columnNamed('is_open', { generated: `(status = 'open'::public.status)` })] },
  ],
  ['the partition key of public.orders', { kind: 'partitioned', partitionKey: 'LIST (status)' }],
])('a value is there for good where %s hangs on its type', (why, parts) => {
  const steps = addValue({}, catalogOf({ tables: [{ ...orders, ...parts }], enums: [status] }));
  expect(steps).toMatchObject([{ undo: { kind: 'irreversible', why: `${why} hangs on type public.status` } }]);
});

test.each([
  ['status', '"public"."status"'],
  ['public.status', '"public"."status"'],
  ['a.status', '"a"."status"'],
])('type %s is %s', (type, sql) => {
  expect(script(addValue({ type }))[0]).toContain(`ALTER TYPE ${sql} ADD`);
});

test('a type that is not in public is found by its bare name where there is only one', () => {
  const one = catalogOf({ enums: [enumNamed('mood', [], { schema: 'a' })] });
  const two = catalogOf({ enums: [...one.enums, enumNamed('mood', [], { schema: 'b' })] });
  expect(script(addValue({ type: 'mood' }, one))[0]).toContain('ALTER TYPE "a"."mood"');
  expect(codeOf(addValue({ type: 'mood' }, two))).toBe('THM7005');
});

test.each<[code: string, params: Partial<NonNullable<Operation['addEnumValue']>>]>([
  ['THM7005', { type: 'Status' }],
  ['THM7014', { value: 'open' }],
  ['THM7019', { before: 'Open' }],
  ['THM7019', { after: 'done' }],
  ['THM7031', { before: 'open', after: "isn't" }],
  ['THM7032', { value: 'ü'.repeat(32) }],
])('%s: addEnumValue %j', (code, params) => {
  expect(codeOf(addValue(params))).toBe(code);
});

test('addEnumValue says what it is', () => {
  const params = { type: 'status', value: 'done' };
  expect(operations.addEnumValue.describe(params)).toBe('adds value done to type status');
  expect(operations.addEnumValue.traits(params)).toEqual({
    phases: ['expand'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'makes the type anew without the value, where no row has it' },
    rewrites: false,
    lock: 'none',
    graceMs: 0,
    tables: [],
  });
});

const fill = (params: Partial<NonNullable<Operation['backfill']>>, parts: Partial<CatalogTable> = {}) =>
  stepsOf(
    { backfill: { table: 'orders', set: { note: 'lower(note)' }, ...params } },
    'migrate',
    catalogOf({ tables: [{ ...orders, ...parts }] }),
  );
const inBatch = 'WHERE "id" = ANY (ARRAY(SELECT "id" FROM themis_batch))';

test('a backfill walks by the primary key, and is irreversible where nothing takes it back', () => {
  const where = 'note IS NOT NULL';
  expect(script(fill({ set: { note: 'lower(note) -- x', status: "'open'" }, where }))).toEqual([
    `migrate/0/fill [none] walk (id bigint) where ${where}: UPDATE "public"."orders" SET "note" = (lower(note) -- x\n), "status" = ('open') ${inBatch} AND (${where})`,
    'undo irreversible',
  ]);
  expect(stepsOf({ backfill: { table: 'orders', set: { note: '1' } } }, 'expand', catalog)).toEqual([]);
});

test('its first batch is as large as it says', () => {
  expect(fill({})).toMatchObject([{ action: { firstBatchRows: 1000 } }]);
  expect(fill({ batchSize: 7, undo: { note: 'NULL' } })).toMatchObject([
    { action: { firstBatchRows: 7 }, undo: { firstBatchRows: 7 } },
  ]);
});

test.each([
  ['id > 5', 'id > 5', `${inBatch} AND (id > 5)`],
  ['note IS NULL', 'all', inBatch],
  [undefined, 'all', inBatch],
])('what was filled where %s is taken back where %s', (where, walked, sql) => {
  const params = { undo: { note: 'NULL' }, ...(where === undefined ? {} : { where }) };
  expect(script(fill(params))[1]).toBe(
    `undo walk (id bigint) where ${walked}: UPDATE "public"."orders" SET "note" = (NULL) ${sql}`,
  );
});

test('the key of a backfill is one whose values are unique and never NULL', () => {
  expect(script(fill({ key: ['id'] }))[0]).toContain('walk (id bigint)');
  expect(codeOf(fill({ key: ['note'] }))).toBe('THM7017');
  expect(codeOf(fill({ key: ['id', 'note'] }))).toBe('THM7017');
  const unique = 'CREATE UNIQUE INDEX u ON public.orders USING btree (note, "order")';
  const columns = ['id', 'note', 'order'].map((name) => columnNamed(name, { nullable: false }));
  const indexes = [indexNamed('u', { unique: true, columns: ['note', 'order'], definition: unique })];
  expect(script(fill({ key: ['order', 'note'] }, { columns, indexes }))[0]).toContain('walk (order text, note text)');
});

test('a key of several columns is bounded by its first one and by all of them', () => {
  const unique = 'CREATE UNIQUE INDEX u ON public.orders USING btree (id, note)';
  const columns = ['id', 'note'].map((name) => columnNamed(name, { nullable: false }));
  const indexes = [indexNamed('u', { unique: true, columns: ['id', 'note'], definition: unique })];
  const [up, down] = ['"id" ASC, "note" ASC LIMIT 1', '"id" DESC, "note" DESC LIMIT 1'];
  expect(script(fill({ key: ['id', 'note'] }, { columns, indexes }))[0]).toContain(
    [
      `WHERE "id" >= (SELECT "id" FROM themis_batch ORDER BY ${up})`,
      `"id" <= (SELECT "id" FROM themis_batch ORDER BY ${down})`,
      `("id", "note") >= (SELECT "id", "note" FROM themis_batch ORDER BY ${up})`,
      `("id", "note") <= (SELECT "id", "note" FROM themis_batch ORDER BY ${down})`,
      '("id", "note") IN (SELECT "id", "note" FROM themis_batch)',
    ].join(' AND '),
  );
});

test.each<[code: string, params: Partial<NonNullable<Operation['backfill']>>, parts?: Partial<CatalogTable>]>([
  ['THM7001', { table: 'none' }],
  ['THM7002', { set: { Note: '1' } }],
  ['THM7002', { undo: { none: '1' } }],
  ['THM7002', { key: ['none'] }],
  ['THM7011', {}, { constraints: [] }],
  ['THM7012', {}, { kind: 'foreign' }],
])('%s: backfill %j', (code, params, parts) => {
  expect(codeOf(fill(params, parts))).toBe(code);
});

test('backfill says what it is', () => {
  const params = { table: 'orders', set: { a: '1', b: '2' } };
  const traits = {
    phases: ['migrate'],
    transactional: false,
    rewrites: true,
    lock: 'none',
    graceMs: 0,
    tables: ['public.orders'],
  };
  expect(operations.backfill.describe(params)).toBe('fills a, b of orders');
  expect(operations.backfill.traits(params)).toEqual({
    ...traits,
    inverse: { kind: 'irreversible', why: 'the values from before the backfill are kept nowhere' },
  });
  expect(operations.backfill.traits({ ...params, undo: { a: 'NULL' } })).toEqual({
    ...traits,
    inverse: { kind: 'inverse', describe: 'sets a to NULL' },
  });
});

test('a plug-in applies in its phase, and undo has it roll back', () => {
  const custom = { plugin: '@x/y', version: '^1', params: { b: 1, a: [2] }, timeout: '90000ms' };
  expect(script(stepsOf({ custom }, 'migrate', catalog))).toEqual([
    'migrate/0/plugin [everybody] plugin @x/y ^1 apply {"a":[2],"b":1} 90000ms',
    'undo plugin @x/y ^1 rollback {"a":[2],"b":1} 90000ms',
  ]);
  expect(stepsOf({ custom }, 'expand', catalog)).toEqual([]);
  expect(script(stepsOf({ custom: { plugin: 'y', phase: 'contract' } }, 'contract', catalog))[0]).toBe(
    'contract/0/plugin [everybody] plugin y * apply {} 600000ms',
  );
  expect(operations.custom.describe(custom)).toBe('runs plug-in @x/y ^1');
  expect(operations.custom.describe({ plugin: 'y' })).toBe('runs plug-in y');
  expect(operations.custom.traits({ plugin: 'y' })).toEqual({
    phases: ['migrate'],
    transactional: false,
    inverse: { kind: 'inverse', describe: 'has the plug-in roll back' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 0,
    tables: [],
  });
});

test('SQL runs as it is in its phase, in a transaction or not', () => {
  const rawSql = { up: 'CREATE  EXTENSION x', down: 'DROP EXTENSION x' };
  expect(script(stepsOf({ rawSql }, 'expand', catalog))).toEqual([
    'expand/0/run [everybody] statements CREATE  EXTENSION x',
    'undo statements DROP EXTENSION x',
  ]);
  const bare = { ...rawSql, transactional: false, phase: 'contract' as const };
  expect(stepsOf({ rawSql: bare }, 'expand', catalog)).toEqual([]);
  expect(script(stepsOf({ rawSql: bare }, 'contract', catalog))).toEqual([
    'contract/0/run [everybody] bare CREATE  EXTENSION x',
    'undo bare DROP EXTENSION x',
  ]);
  expect(stepsOf({ rawSql: { up: 'x', irreversible: 'gone' } }, 'expand', catalog)).toMatchObject([
    { undo: { kind: 'irreversible', why: 'gone' } },
  ]);
  expect(operations.rawSql.describe({ up: `SELECT ${'x'.repeat(99)}` })).toBe(`runs SELECT ${'x'.repeat(53)}…`);
  expect(operations.rawSql.traits({ up: 'x', irreversible: 'gone' }).inverse).toEqual({
    kind: 'irreversible',
    why: 'gone',
  });
  expect(operations.rawSql.traits(rawSql).inverse).toEqual({ kind: 'inverse', describe: 'runs DROP EXTENSION x' });
});
