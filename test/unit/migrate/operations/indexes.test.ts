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

const users = tableNamed('users', {
  columns: [columnNamed('id'), columnNamed('email'), columnNamed('Full Name'), columnNamed('Email Desc')],
  indexes: [indexNamed('by_id'), indexNamed('users_pkey', { unique: true, constraint: 'users_pkey' })],
});
const catalog = catalogOf({ tables: [users] });
const add = (params: Omit<NonNullable<Operation['addIndex']>, 'table' | 'name'>) =>
  stepsOf({ addIndex: { table: 'users', name: 'one', ...params } }, 'expand', catalog);
const drop = (name: string, parts: Partial<CatalogTable> = {}, online = true) =>
  stepsOf({ dropIndex: { table: 'users', name, online } }, 'contract', catalogOf({ tables: [{ ...users, ...parts }] }));

test('an index is built beside the writers, and undo drops it beside them', () => {
  expect(script(add({ columns: ['email'] }))).toEqual([
    'expand/0/build [schema] build-index public.one: CREATE INDEX CONCURRENTLY "one" ON "public"."users" USING btree ("email")',
    'undo drop-index public.one concurrently',
  ]);
});

test('an index may have the name of a type', () => {
  const typed = { ...catalog, enums: [enumNamed('one', [])] };
  const addIndex = { table: 'users', name: 'one', columns: ['email'] };
  expect(codeOf(stepsOf({ addIndex }, 'expand', typed))).toBeUndefined();
});

test('everything that an index may be', () => {
  const all = { unique: true, method: 'gist' as const, include: ['id'], where: 'id IS NULL' };
  expect(script(add({ columns: ['email'], online: false, ...all }))).toEqual([
    'expand/0/build [writers] build-index public.one: CREATE UNIQUE INDEX "one" ON "public"."users" USING gist ("email") INCLUDE ("id") WHERE (id IS NULL)',
    'undo drop-index public.one',
  ]);
});

test.each([
  ['email', '"email"'],
  ['EMAIL', '"email"'],
  ['"email"', '"email"'],
  ['Full Name', '"Full Name"'],
  ['"Full Name" DESC', '"Full Name" DESC'],
  ['Email Desc', '"Email Desc"'],
  ['email DESC', '"email" DESC'],
  ['email asc nulls first', '"email" asc nulls first'],
  ['email COLLATE "C" text_pattern_ops DESC NULLS LAST', '"email" COLLATE "C" text_pattern_ops DESC NULLS LAST'],
  ['email public.gist_trgm_ops(siglen=32)', '"email" public.gist_trgm_ops(siglen=32)'],
  ['lower(email)', '(lower(email))'],
  ['lower(email) text_pattern_ops', '(lower(email)) text_pattern_ops'],
  ['(id + 1) DESC', '((id + 1)) DESC'],
  ["email || ' desc'", "(email || ' desc')"],
])('%s becomes %s', (written, sql) => {
  expect(script(add({ columns: [written] }))[0]).toContain(`USING btree (${sql})`);
});

test('addIndex says what it is', () => {
  const params = { table: 'users', name: 'one', columns: ['email'] };
  expect(operations.addIndex.describe(params)).toBe('adds index one to users');
  expect(operations.addIndex.describe({ ...params, unique: true })).toBe('adds unique index one to users');
  const traits = {
    phases: ['expand'],
    transactional: false,
    inverse: { kind: 'inverse', describe: 'drops the index' },
    rewrites: false,
    lock: 'schema',
    graceMs: 0,
    tables: ['public.users'],
  };
  expect(operations.addIndex.traits(params)).toEqual(traits);
  expect(operations.addIndex.traits({ ...params, online: false })).toEqual({ ...traits, lock: 'writers' });
});

test('an index is dropped in contract, and undo builds what it was', () => {
  expect(stepsOf({ dropIndex: { table: 'users', name: 'by_id' } }, 'expand', catalog)).toEqual([]);
  expect(stepsOf({ dropIndex: { table: 'users', name: 'by_id' } }, 'migrate', catalog)).toEqual([]);
  expect(script(drop('by_id'))).toEqual([
    'contract/0/drop [schema] drop-index public.by_id concurrently',
    'undo build-index public.by_id: CREATE INDEX CONCURRENTLY by_id ON public.users USING btree (id)',
  ]);
  expect(script(drop('by_id', {}, false))).toEqual([
    'contract/0/drop [everybody] drop-index public.by_id',
    'undo build-index public.by_id: CREATE INDEX by_id ON public.users USING btree (id)',
  ]);
});

test('the tablespace, the comment and the clustering of an index come back too', () => {
  const definition = `CREATE UNIQUE INDEX "a WHERE" ON public.users USING btree (f(' WHERE ', ((id) WHERE ))) WHERE (id > 0)`;
  const index = indexNamed('a WHERE', { definition, tablespace: 'fast', comment: "it's", clustered: true });
  expect(script(drop('a WHERE', { indexes: [index] }))).toEqual([
    'contract/0/besides-back [none] statements',
    `undo statements COMMENT ON INDEX "public"."a WHERE" IS 'it''s'; ALTER TABLE "public"."users" CLUSTER ON "a WHERE"`,
    'contract/0/drop [schema] drop-index public.a WHERE concurrently',
    `undo build-index public.a WHERE: CREATE UNIQUE INDEX CONCURRENTLY "a WHERE" ON public.users USING btree (f(' WHERE ', ((id) WHERE ))) TABLESPACE "fast" WHERE (id > 0)`,
  ]);
  const whole = indexNamed('by_id', { tablespace: 'fast' });
  expect(script(drop('by_id', { indexes: [whole] }))[1]).toMatch(/ USING btree \(id\) TABLESPACE "fast"$/u);
});

test('dropIndex says what it is', () => {
  const params = { table: 'a.users', name: 'one' };
  expect(operations.dropIndex.describe(params)).toBe('drops index one of a.users');
  const traits = {
    phases: ['contract'],
    transactional: false,
    inverse: { kind: 'inverse', describe: 'builds the index anew' },
    rewrites: false,
    lock: 'schema',
    graceMs: 604_800_000,
    tables: ['a.users'],
  };
  expect(operations.dropIndex.traits(params)).toEqual(traits);
  expect(operations.dropIndex.traits({ ...params, online: false })).toEqual({ ...traits, lock: 'everybody' });
});

test.each<[code: string, params: Partial<NonNullable<Operation['addIndex']>>, parts?: Partial<CatalogTable>]>([
  ['THM7001', { table: 'none' }],
  ['THM7002', { columns: ['emial'] }],
  ['THM7002', { include: ['Id'] }],
  ['THM7006', { name: 'by_id' }],
  ['THM7006', { name: 'users' }],
  ['THM7012', {}, { kind: 'partitioned' }],
  ['THM7012', {}, { kind: 'foreign' }],
  ['THM7015', { name: '_themis_x' }],
  ['THM7018', { name: 'ü'.repeat(32) }],
])('%s: addIndex %j', (code, params, parts = {}) => {
  const addIndex = { table: 'users', name: 'one', columns: ['email'], ...params };
  expect(codeOf(stepsOf({ addIndex }, 'expand', catalogOf({ tables: [{ ...users, ...parts }] })))).toBe(code);
});

test('partitions and, where writers may be kept out, partitioned tables take an index', () => {
  const build = (kind: CatalogTable['kind'], online: boolean) =>
    stepsOf(
      { addIndex: { table: 'users', name: 'one', columns: ['email'], online } },
      'expand',
      catalogOf({ tables: [{ ...users, kind }] }),
    );
  expect(codeOf(build('partition', true))).toBeUndefined();
  expect(codeOf(build('partitioned', false))).toBeUndefined();
});

const byMail = indexNamed('one_mail', { unique: true, columns: ['email'] });
const toMail = constraintNamed('boss', {
  kind: 'foreignKey',
  references: 'public.users',
  definition: 'FOREIGN KEY (id) REFERENCES public.users(email)',
});

test('of two indexes that a foreign key may point to by, one may go', () => {
  const indexes = [byMail, { ...byMail, name: 'same_mail' }];
  expect(codeOf(drop('one_mail', { indexes, constraints: [toMail] }))).toBeUndefined();
});

test.each<[code: string, name: string, parts?: Partial<CatalogTable>]>([
  ['THM7003', 'BY_ID'],
  ['THM7012', 'by_id', { kind: 'partitioned' }],
  ['THM7020', 'users_pkey'],
  ['THM7021', 'one_mail', { indexes: [byMail], constraints: [toMail] }],
  ['THM7026', 'by_id', { replicaIdentity: 'USING INDEX by_id' }],
])('%s: dropIndex %s', (code, name, parts) => {
  expect(codeOf(drop(name, parts))).toBe(code);
});
