import { expect, test } from 'vitest';
import { operations } from '../../../../src/migrate/index.ts';
import type { Column, Operation } from '../../../../src/model/documents.ts';
import type { CatalogTable } from '../../../../src/model/schema/catalog.ts';
import {
  catalogOf,
  codeOf,
  columnNamed,
  constraintNamed,
  indexNamed,
  script,
  stepsOf,
  tableNamed,
  viewNamed,
} from '../../../support/migrate/catalogs.ts';

const users = tableNamed('users', {
  columns: [
    columnNamed('email', { nullable: false, position: 2 }),
    columnNamed('id', { type: 'bigint', nullable: false, position: 1 }),
    columnNamed('nick', { position: 3 }),
  ],
});
const catalog = catalogOf({ tables: [users] });
const add = (column: Column, parts: Partial<CatalogTable> = {}) =>
  stepsOf({ addColumn: { table: 'users', column } }, 'expand', { ...catalog, tables: [{ ...users, ...parts }] });

test('a column without a default, or with a constant one, is one statement', () => {
  expect(script(add({ name: 'phone', type: 'varchar(20)' }))).toEqual([
    'expand/0/add [everybody] statements ALTER TABLE "public"."users" ADD COLUMN "phone" varchar(20)',
    'undo statements ALTER TABLE "public"."users" DROP COLUMN "phone"',
  ]);
  expect(script(add({ name: 'A "b"', type: 'int', default: -1, nullable: false, comment: 'c' }))).toEqual([
    `expand/0/add [everybody] statements ALTER TABLE "public"."users" ADD COLUMN "A ""b""" int DEFAULT -1 NOT NULL; COMMENT ON COLUMN "public"."users"."A ""b""" IS 'c'`,
    'undo statements ALTER TABLE "public"."users" DROP COLUMN "A ""b"""',
  ]);
});

const alter = 'ALTER TABLE "public"."users"';

test('an expression is the default of new rows first, and fills the others before anything is demanded of them', () => {
  const column = { name: 'at', type: 'date', defaultExpression: 'now()', nullable: false, check: "at > '2000-01-01'" };
  expect(script(add(column))).toEqual([
    `expand/0/add [everybody] statements ${alter} ADD COLUMN "at" date; ${alter} ALTER COLUMN "at" SET DEFAULT (now())`,
    `undo statements ${alter} DROP COLUMN "at"`,
    'expand/0/fill [none] walk (id bigint) where "at" IS NULL: UPDATE "public"."users" SET "at" = DEFAULT WHERE "id" = ANY (ARRAY(SELECT "id" FROM themis_batch)) AND ("at" IS NULL)',
    'undo none',
    `expand/0/constraint [everybody] statements ${alter} ADD CONSTRAINT "users_at_check" CHECK (at > '2000-01-01') NOT VALID`,
    'undo none',
    `expand/0/validate [schema] scan ${alter} VALIDATE CONSTRAINT "users_at_check"`,
    'undo none',
    `expand/0/not_null-check [everybody] statements ${alter} ADD CONSTRAINT "_themis_not_null" CHECK ("at" IS NOT NULL) NOT VALID`,
    'undo none',
    `expand/0/not_null-validate [schema] scan ${alter} VALIDATE CONSTRAINT "_themis_not_null"`,
    'undo none',
    `expand/0/not_null-set [everybody] statements ${alter} ALTER COLUMN "at" SET NOT NULL; ${alter} DROP CONSTRAINT IF EXISTS "_themis_not_null"`,
    'undo none',
  ]);
});

test('an empty table needs no walk, so no key', () => {
  const column = { name: 'at', type: 'date', defaultExpression: 'now()', nullable: false };
  expect(script(add(column, { rows: 0, constraints: [] }))[0]).toBe(
    `expand/0/add [everybody] statements ${alter} ADD COLUMN "at" date DEFAULT (now()) NOT NULL`,
  );
});

test('a check of a column with a constant default is validated by a scan of its own', () => {
  expect(script(add({ name: 'n', type: 'int', default: 1, check: 'n > 0 AND id > n' }))).toEqual([
    `expand/0/add [everybody] statements ${alter} ADD COLUMN "n" int DEFAULT 1`,
    `undo statements ${alter} DROP COLUMN "n"`,
    `expand/0/constraint [everybody] statements ${alter} ADD CONSTRAINT "users_check" CHECK (n > 0 AND id > n) NOT VALID`,
    'undo none',
    `expand/0/validate [schema] scan ${alter} VALIDATE CONSTRAINT "users_check"`,
    'undo none',
  ]);
});

test('addColumn says what it is', () => {
  const params = { table: 'users', column: { name: 'phone', type: 'text' } };
  expect(operations.addColumn.describe(params)).toBe('adds column phone to users');
  const traits = {
    phases: ['expand'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'drops the column' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 0,
    tables: ['public.users'],
  };
  expect(operations.addColumn.traits(params)).toEqual(traits);
  const filled = { ...params, column: { ...params.column, defaultExpression: 'now()' } };
  expect(operations.addColumn.traits(filled)).toEqual({ ...traits, transactional: false, rewrites: true });
});

const guard =
  `DO $themis$ #variable_conflict use_column\nBEGIN IF EXISTS (SELECT FROM "public"."users" WHERE "email" IS NULL) THEN ` +
  `RAISE not_null_violation USING MESSAGE = 'column "email" of "public"."users" has rows with NULL'; END IF; END $themis$`;
const validate =
  `DO $themis$ #variable_conflict use_column\nBEGIN IF EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = '"public"."users"'::regclass ` +
  `AND conname = '_themis_nullable') THEN ${alter} VALIDATE CONSTRAINT "_themis_nullable"; END IF; END $themis$`;

test('a column to be dropped is not asked for any more, and undo looks, scans and believes before it asks again', () => {
  expect(script(stepsOf({ dropColumn: { table: 'users', column: 'email' } }, 'expand', catalog))).toEqual([
    'expand/0/nullable-set-back [none] statements',
    `undo statements ${alter} ALTER COLUMN "email" SET NOT NULL; ${alter} DROP CONSTRAINT IF EXISTS "_themis_nullable"`,
    'expand/0/nullable-validate-back [none] statements',
    `undo scan ${validate}`,
    `expand/0/nullable [everybody] statements ${alter} ALTER COLUMN "email" DROP NOT NULL`,
    `undo statements ${alter} ADD CONSTRAINT "_themis_nullable" CHECK ("email" IS NOT NULL) NOT VALID`,
    'expand/0/nullable-look-back [none] statements',
    `undo scan ${guard}`,
  ]);
});

test.each([
  ['may be null', { nullable: true }],
  ['has a default', { default: "'x'::text" }],
  ['counts itself', { identity: 'always' as const }],
  ['is generated', { generated: 'lower(nick)' }],
])('a column that %s stays as it is until contract', (_, parts) => {
  const columns = [columnNamed('email', { nullable: false, ...parts })];
  const dropColumn = { table: 'users', column: 'email' };
  expect(stepsOf({ dropColumn }, 'expand', catalogOf({ tables: [{ ...users, columns }] }))).toEqual([]);
});

test('dropColumn drops in contract', () => {
  const dropColumn = { table: 'users', column: 'email', gracePeriod: '1000ms' };
  expect(stepsOf({ dropColumn }, 'migrate', catalog)).toEqual([]);
  expect(script(stepsOf({ dropColumn }, 'contract', catalog))).toEqual([
    `contract/0/drop [everybody] statements ${alter} DROP COLUMN "email"`,
    'undo irreversible',
  ]);
  expect(operations.dropColumn.describe(dropColumn)).toBe('drops column email of users');
  expect(operations.dropColumn.traits(dropColumn)).toEqual({
    phases: ['expand', 'contract'],
    transactional: true,
    inverse: { kind: 'irreversible', why: 'the values of a dropped column are gone' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 1000,
    tables: ['public.users'],
  });
});

const positive = { schema: 'public', name: 'positive', owner: 'app', grants: [], comment: null };
const domain = { ...positive, kind: 'domain' as const, definition: 'integer CHECK ((VALUE > 0))' };

test.each<[code: string, column: Column, parts?: Partial<CatalogTable>]>([
  ['THM7007', { name: 'email', type: 'text' }],
  ['THM7010', { name: 'x', type: 'text', nullable: false }],
  ['THM7010', { name: 'x', type: 'text', nullable: false, default: null }],
  ['THM7011', { name: 'x', type: 'text', defaultExpression: 'now()' }, { constraints: [] }],
  ['THM7012', { name: 'x', type: 'text' }, { kind: 'partition' }],
  ['THM7012', { name: 'x', type: 'text' }, { kind: 'foreign' }],
  ['THM7015', { name: '_themis_x', type: 'text' }],
  ['THM7018', { name: 'ü'.repeat(32), type: 'text' }],
  ['THM7023', { name: 'x', type: 'text', default: 'a', defaultExpression: 'now()' }],
  ['THM7024', { name: 'x', type: 'bigserial' }],
  ['THM7024', { name: 'x', type: 'int GENERATED ALWAYS AS (id + 1) STORED' }],
  ['THM7030', { name: 'x', type: 'positive' }],
  ['THM7030', { name: 'x', type: 'public."positive"' }],
])('%s: %j', (code, column, parts = {}) => {
  const tables = [{ ...users, ...parts }];
  const refused = stepsOf({ addColumn: { table: 'users', column } }, 'expand', catalogOf({ tables, types: [domain] }));
  expect(codeOf(refused)).toBe(code);
});

test.each<[name: string, column: Column]>([
  ['an identity', { name: 'x', type: 'bigserial' }],
  ['NOT NULL without a default', { name: 'x', type: 'text', nullable: false }],
  ['a domain', { name: 'x', type: 'positive' }],
])('an empty table takes %s', (_, column) => {
  expect(codeOf(add(column, { rows: 0 }))).toBeUndefined();
});

const key = constraintNamed('orders_email', {
  kind: 'foreignKey',
  columns: ['email'],
  references: 'public.users',
  definition: 'FOREIGN KEY (nick) REFERENCES public.users(email)',
});

test.each<[code: string, phase: 'expand' | 'contract', column: string, parts?: object]>([
  ['THM7002', 'expand', 'Email'],
  ['THM7002', 'contract', 'none'],
  ['THM7012', 'expand', 'email', { tables: [{ ...users, kind: 'partition' }] }],
  ['THM7013', 'contract', 'email', { views: [viewNamed('v', { reads: ['public.users.email'] })] }],
  ['THM7021', 'contract', 'email', { tables: [users, tableNamed('orders', { constraints: [key] })] }],
  ['THM7022', 'expand', 'id'],
  [
    'THM7027',
    'contract',
    'email',
    { tables: [{ ...users, columns: [...users.columns, columnNamed('low', { generated: 'lower(email)' })] }] },
  ],
  ['THM7034', 'contract', 'email', { tables: [{ ...users, publications: ['changes', '"p (x" (email, id)'] }] }],
  ['THM7034', 'contract', 'email', { tables: [{ ...users, publications: [`changes WHERE (email <> ''::text)`] }] }],
  [
    'THM7056',
    'contract',
    'email',
    {
      tables: [
        {
          ...users,
          triggers: [
            {
              name: 'looks',
              definition:
                'CREATE TRIGGER looks BEFORE UPDATE OF email ON public.users FOR EACH ROW EXECUTE FUNCTION looks()',
              fires: 'origin',
              calls: 'public.looks()',
              comment: null,
            },
          ],
        },
      ],
    },
  ],
])('%s: in %s, %s is not dropped', (code, phase, column, parts = {}) => {
  expect(codeOf(stepsOf({ dropColumn: { table: 'users', column } }, phase, { ...catalog, ...parts }))).toBe(code);
});

test('a view or foreign key that is about another column is in the way of nothing', () => {
  const others = {
    tables: [users, tableNamed('orders', { constraints: [key] })],
    views: [viewNamed('v', { reads: ['public.users.email', 'public.users.nick2', 'public.users2.nick'] })],
  };
  const dropColumn = { table: 'users', column: 'nick' };
  expect(codeOf(stepsOf({ dropColumn }, 'contract', { ...catalog, ...others }))).toBeUndefined();
});

const unique = (definition: string, columns = ['email']) =>
  indexNamed('one', { unique: true, columns, definition: `CREATE UNIQUE INDEX one ON public.users ${definition}` });

test.each<[walked: string, index: ReturnType<typeof unique>]>([
  ['(email text)', unique('USING btree (email)')],
  ['(email text)', unique('USING btree (email) NULLS NOT DISTINCT')],
  ['(email text, id bigint)', unique('USING btree (email, id)', ['email', 'id'])],
  ['refused THM7011', { ...unique('USING btree (email)'), valid: false }],
  ['refused THM7011', unique('USING btree (email) WHERE (id > 0)')],
  ['refused THM7011', unique('USING btree (email, lower(nick))')],
  ['refused THM7011', unique('USING btree (email) INCLUDE (id)', ['email', 'id'])],
  ['refused THM7011', unique('USING btree (nick)', ['nick'])],
  ['refused THM7011', { ...unique('USING btree (email)'), unique: false }],
])('without a primary key, rows are walked by %s', (walked, index) => {
  const steps = add({ name: 'x', type: 'text', defaultExpression: 'now()' }, { constraints: [], indexes: [index] });
  expect(script(steps).find((line) => line.startsWith('refused') || line.includes('walk'))).toContain(walked);
});

test.each<[name: string, table: string, check: string]>([
  ['users_x_check', 'users', "x <> 'id' AND x <> E'\\'id' -- id"],
  ['users_x_check', 'users', 'length("x") > 0 /* id */ AND X::id IS NOT NULL'],
  ['users_check', 'users', 'x <> id($$id$$) OR "id" = 1'],
  ['users_check', 'users', '1 = 1'],
  [`${'t'.repeat(55)}_x_check`, 't'.repeat(63), 'x > 0'],
])('PostgreSQL would call it %s: %s, %s', (name, table, check) => {
  const named = catalogOf({ tables: [tableNamed(table)] });
  const operation = { addColumn: { table, column: { name: 'x', type: 'text', check } } };
  expect(script(stepsOf(operation, 'expand', named)).join()).toContain(`VALIDATE CONSTRAINT "${name}"`);
});

test('a name that is taken gets a number, and letters are not cut in half', () => {
  const long = 'ü'.repeat(31);
  const taken = [constraintNamed('users_x_check'), constraintNamed('users_x_check1')];
  expect(script(add({ name: 'x', type: 'int', check: 'x > 0' }, { constraints: taken })).join()).toContain(
    'CONSTRAINT "users_x_check2"',
  );
  const operation: Operation = {
    addColumn: { table: long, column: { name: long, type: 'int', check: `${long} > 0` } },
  };
  expect(script(stepsOf(operation, 'expand', catalogOf({ tables: [tableNamed(long)] }))).join()).toContain(
    `CONSTRAINT "${'ü'.repeat(14)}_${'ü'.repeat(14)}_check"`,
  );
});
