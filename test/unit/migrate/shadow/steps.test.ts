import { expect, test } from 'vitest';
import type { CatalogTable } from '../../../../src/model/schema/catalog.ts';
import type { Operation } from '../../../../src/model/documents.ts';
import type { SchemaPhase } from '../../../../src/model/schema/database.ts';
import {
  catalogOf,
  columnNamed,
  constraintNamed,
  indexNamed,
  script,
  stepsOf,
  tableNamed,
} from '../../../support/migrate/catalogs.ts';

const key = indexNamed('users_pkey', {
  unique: true,
  constraint: 'users_pkey',
  definition: 'CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)',
});
const byAmount = indexNamed('by_amount', {
  columns: ['amount'],
  definition: 'CREATE INDEX by_amount ON public.users USING btree (amount)',
});
const users = tableNamed('users', {
  columns: [
    columnNamed('id', { type: 'integer', nullable: false }),
    columnNamed('mail', { type: 'character varying(20)' }),
    columnNamed('amount', { type: 'integer', nullable: false, default: '0' }),
  ],
  constraints: [constraintNamed('users_pkey', { kind: 'primaryKey', columns: ['id'], definition: 'PRIMARY KEY (id)' })],
  indexes: [byAmount, key],
});

const steps = (operation: Operation, phase: SchemaPhase = 'expand', parts: Partial<CatalogTable> = {}) =>
  script(stepsOf(operation, phase, catalogOf({ tables: [{ ...users, ...parts }] })));
const alter = (params: Partial<NonNullable<Operation['alterColumn']>>, parts: Partial<CatalogTable> = {}) =>
  steps({ alterColumn: { table: 'users', column: 'amount', ...params } }, 'expand', parts);

/** What stands before the colon or the first statement. */
const keys = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('expand')).map((line) => line.split(' ', 2).join(' '));

test('a default is changed in place, and back', () => {
  expect(alter({ default: 5 })).toEqual([
    'expand/0/default [everybody] statements ALTER TABLE "public"."users" ALTER COLUMN "amount" SET DEFAULT 5',
    'undo statements ALTER TABLE "public"."users" ALTER COLUMN "amount" SET DEFAULT 0',
  ]);
  expect(alter({ dropDefault: true })[0]).toContain('DROP DEFAULT');
  expect(alter({ dropDefault: true }, { columns: [columnNamed('amount')] })).toEqual([]);
});

test('a wider type is had in place, and given back as an assignment would', () => {
  expect(alter({ column: 'mail', type: 'text' }).slice(0, 2)).toEqual([
    'expand/0/type [everybody] statements ALTER TABLE "public"."users" ALTER COLUMN "mail" TYPE text',
    'undo statements ALTER TABLE "public"."users" ALTER COLUMN "mail" TYPE character varying(20)',
  ]);
});

test('a wider type is not had in place where the column loses its collation by it, and its indexes their order', () => {
  const columns = users.columns.map((each) => (each.name === 'mail' ? { ...each, collation: '"C"' } : each));
  expect(keys(alter({ column: 'mail', type: 'text' }, { columns }))).toContain('expand/0/swap [everybody]');
});

test('type and default change in one statement in place', () => {
  expect(
    alter({ type: 'text', method: 'inPlace', default: 'none', reverseUsing: 'length(amount)' }).slice(0, 2),
  ).toEqual([
    `expand/0/type [everybody] statements ALTER TABLE "public"."users" ALTER COLUMN "amount" DROP DEFAULT, ALTER COLUMN "amount" TYPE text USING ("amount")::text, ALTER COLUMN "amount" SET DEFAULT 'none'`,
    'undo statements ALTER TABLE "public"."users" ALTER COLUMN "amount" DROP DEFAULT, ALTER COLUMN "amount" TYPE integer USING (length(amount)), ALTER COLUMN "amount" SET DEFAULT 0',
  ]);
});

test('what is as it is wanted takes no step', () => {
  expect(alter({ type: 'int', nullable: false, default: 0 })).toEqual(alter({ default: 0 }));
  expect(alter({ type: 'int', nullable: false })).toEqual([]);
});

test('NULL and checks are changed in two steps', () => {
  expect(keys(alter({ nullable: true, check: 'amount > 0' }))).toEqual([
    'expand/0/nullable-set-back [none]',
    'expand/0/nullable-validate-back [none]',
    'expand/0/nullable [everybody]',
    'expand/0/nullable-look-back [none]',
    'expand/0/check-constraint [everybody]',
    'expand/0/check-validate [schema]',
  ]);
});

test('a column gets its type behind a shadow, step by step', () => {
  expect(keys(alter({ type: 'bigint' }))).toEqual([
    'expand/0/create [everybody]',
    'expand/0/fill [none]',
    'expand/0/index-0 [schema]',
    'expand/0/analyze [schema]',
    'expand/0/compare [none]',
    'expand/0/swap [everybody]',
    'expand/0/keep-0 [none]',
    'expand/0/lost-back [schema]',
    'expand/0/validate [schema]',
    'expand/0/set-not-null [everybody]',
  ]);
});

test('a key gets its type behind a shadow of its table, step by step', () => {
  expect(keys(alter({ column: 'id', type: 'bigint' }))).toEqual([
    'expand/0/create [writers]',
    'expand/0/copy [none]',
    'expand/0/part-0 [none]',
    'expand/0/analyze [schema]',
    'expand/0/settle [none]',
    'expand/0/heal [writers]',
    'expand/0/compare [none]',
    'expand/0/swap [everybody]',
  ]);
});

test('a shadow column is filled, compared and swapped by these statements', () => {
  const lines = alter({ type: 'bigint' });
  expect(lines[2]).toBe(
    'expand/0/fill [none] walk (id integer) where all: UPDATE "public"."users" SET "_themis_new" = ("amount")::bigint WHERE "id" = ANY (ARRAY(SELECT "id" FROM themis_batch)) AND quote_nullable(("_themis_new")::text) <> quote_nullable(((("amount")::bigint)::bigint)::text)',
  );
  expect(lines[4]).toBe(
    'expand/0/index-0 [schema] build-index public._themis_index0: CREATE INDEX CONCURRENTLY "_themis_index0" ON "public"."users" USING btree ("_themis_new")',
  );
  expect(lines[10]!.split('; ').slice(0, 16)).toEqual([
    'expand/0/swap [everybody] statements LOCK TABLE "public"."users" IN ACCESS EXCLUSIVE MODE',
    'DROP TRIGGER IF EXISTS "~_themis_write" ON "public"."users"',
    'DROP FUNCTION IF EXISTS "public"."_themis_write"()',
    'DROP INDEX IF EXISTS "public"."_themis_lost"',
    'ALTER TABLE "public"."users" DROP CONSTRAINT IF EXISTS "_themis_old_not_null"',
    'DROP INDEX IF EXISTS "public"."by_amount"',
    'ALTER TABLE "public"."users" ALTER COLUMN "amount" DROP DEFAULT',
    'ALTER TABLE "public"."users" ALTER COLUMN "amount" DROP NOT NULL',
    'ALTER TABLE "public"."users" RENAME COLUMN "amount" TO "_themis_old"',
    'ALTER TABLE "public"."users" RENAME COLUMN "_themis_new" TO "amount"',
    'ALTER TABLE "public"."users" ALTER COLUMN "amount" SET DEFAULT 0',
    'ALTER TABLE "public"."users" ADD CONSTRAINT "_themis_old_not_null" CHECK ("amount" IS NOT NULL) NOT VALID',
    expect.stringContaining('RENAME COLUMN "_themis_new" TO "amount"'),
    'END IF',
    'END $themis$',
    'ALTER INDEX "public"."_themis_index0" RENAME TO "by_amount"',
  ]);
});

test('a shadow table is copied without overwriting what a trigger wrote, and repaired from rows that are locked', () => {
  const lines = alter({ column: 'id', type: 'bigint' });
  expect(lines[2]).toBe(
    'expand/0/copy [none] walk (id integer) where all: INSERT INTO "public"."_themis_table" ("id", "mail", "amount") OVERRIDING SYSTEM VALUE SELECT ("id")::bigint, "mail", "amount" FROM "public"."users" AS "users" WHERE "id" = ANY (ARRAY(SELECT "id" FROM themis_batch)) ON CONFLICT DO NOTHING',
  );
  const steps = stepsOf(
    { alterColumn: { table: 'users', column: 'id', type: 'bigint' } },
    'expand',
    catalogOf({ tables: [users] }),
  );
  const repairs =
    'refused' in steps ? [] : steps.flatMap(({ action }) => (action.kind === 'compare' ? [action.repair] : []));
  expect(repairs).toEqual([
    expect.stringMatching(
      /FOR NO KEY UPDATE OF "users" ON CONFLICT \("id"\) DO UPDATE SET "mail" = EXCLUDED."mail", "amount" =/u,
    ),
  ]);
});

test('a renamed column ends with the old column under the new name', () => {
  const both = { columns: [...users.columns, columnNamed('email')] };
  expect(steps({ renameColumn: { table: 'users', from: 'mail', to: 'email' } }, 'contract', both)).toEqual([
    'contract/0/rename [everybody] statements DROP TRIGGER IF EXISTS "!_themis_rename" ON "public"."users"; DROP TRIGGER IF EXISTS "~_themis_rename" ON "public"."users"; DROP FUNCTION IF EXISTS "public"."_themis_rename"(); ALTER TABLE "public"."users" DROP COLUMN IF EXISTS "email"; ALTER TABLE "public"."users" RENAME COLUMN "mail" TO "email"',
    'undo statements ALTER TABLE "public"."users" RENAME COLUMN "email" TO "mail"',
  ]);
});
