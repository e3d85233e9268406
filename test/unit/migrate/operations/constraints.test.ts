import { expect, test } from 'vitest';
import { operations } from '../../../../src/migrate/index.ts';
import type { CatalogConstraint, CatalogTable } from '../../../../src/model/schema/catalog.ts';
import type { Operation } from '../../../../src/model/documents.ts';
import {
  catalogOf,
  codeOf,
  columnNamed,
  constraintNamed,
  indexNamed,
  script,
  stepsOf,
  tableNamed,
} from '../../../support/migrate/catalogs.ts';

type Adding = Omit<NonNullable<Operation['addConstraint']>, 'table' | 'name'>;

const users = tableNamed('users', {
  columns: [columnNamed('id', { nullable: false }), columnNamed('email')],
  indexes: [indexNamed('by_id')],
});
const catalog = catalogOf({ tables: [users] });
const add = (params: Adding, phase: 'expand' | 'migrate' | 'contract' = 'expand') =>
  stepsOf({ addConstraint: { table: 'users', name: 'c', ...params } }, phase, catalog);
const alter = 'ALTER TABLE "public"."users"';
const foreignKey = { columns: ['id'], references: { table: 'users', columns: ['id'] } };

test.each<[name: string, lock: string, params: Adding, text: string]>([
  ['check', 'everybody', { check: 'id > 0' }, 'CHECK (id > 0)'],
  ['foreign key', 'writers', { foreignKey }, 'FOREIGN KEY ("id") REFERENCES "public"."users" ("id")'],
])('a %s holds for new rows in expand and for the others in migrate', (_, lock, params, text) => {
  expect(script(add(params))).toEqual([
    `expand/0/constraint [${lock}] statements ${alter} ADD CONSTRAINT "c" ${text} NOT VALID`,
    `undo statements ${alter} DROP CONSTRAINT "c"`,
  ]);
  expect(script(add(params, 'migrate'))).toEqual([
    `migrate/0/validate [schema] scan ${alter} VALIDATE CONSTRAINT "c"`,
    'undo none',
  ]);
  expect(add(params, 'contract')).toEqual([]);
  expect(add({ ...params, validate: false }, 'migrate')).toEqual([]);
});

test('a unique constraint takes over an index that was built beside the writers', () => {
  expect(script(add({ unique: ['email', 'id'] }))).toEqual([
    'expand/0/build [schema] build-index public.c: CREATE UNIQUE INDEX CONCURRENTLY "c" ON "public"."users" USING btree ("email", "id")',
    'undo drop-index public.c concurrently',
    `expand/0/constraint [everybody] statements ${alter} ADD CONSTRAINT "c" UNIQUE USING INDEX "c"`,
    `undo statements ${alter} DROP CONSTRAINT "c"`,
  ]);
  expect(add({ unique: ['email'] }, 'migrate')).toEqual([]);
});

test('addConstraint says what it is', () => {
  const traitsOf = (params: Adding) => operations.addConstraint.traits({ table: 'users', name: 'c', ...params });
  const traits = {
    phases: ['expand', 'migrate'],
    transactional: false,
    inverse: { kind: 'inverse', describe: 'drops the constraint' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 0,
    tables: ['public.users'],
  };
  expect(operations.addConstraint.describe({ table: 'users', name: 'c', check: 'x' })).toBe(
    'adds constraint c to users',
  );
  expect(traitsOf({ check: 'id > 0' })).toEqual(traits);
  expect(traitsOf({ check: 'id > 0', validate: false })).toEqual({
    ...traits,
    phases: ['expand'],
    transactional: true,
  });
  expect(traitsOf({ unique: ['id'] })).toEqual({ ...traits, phases: ['expand'] });
  expect(traitsOf({ foreignKey })).toEqual({ ...traits, lock: 'writers', tables: ['public.users', 'public.users'] });
});

const drop = (constraint: CatalogConstraint, parts: Partial<CatalogTable> = {}) =>
  script(
    stepsOf(
      { dropConstraint: { table: 'users', name: constraint.name } },
      'contract',
      catalogOf({ tables: [{ ...users, constraints: [constraint], ...parts }] }),
    ),
  );
const ifThere = (negated: string, name: string, statement: string) =>
  `DO $themis$ #variable_conflict use_column\nBEGIN IF ${negated}EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = '"public"."users"'::regclass AND conname = '${name}') THEN ${statement}; END IF; END $themis$`;

test('a check or foreign key that was validated comes back for new rows first', () => {
  for (const definition of ['CHECK ((id > 0))', 'FOREIGN KEY (id) REFERENCES public.users(id) ON DELETE CASCADE']) {
    const kind = definition.startsWith('CHECK') ? 'check' : 'foreignKey';
    expect(drop(constraintNamed('c', { kind, definition, comment: "it's" }))).toEqual([
      'contract/0/constraint-back [none] statements',
      `undo statements COMMENT ON CONSTRAINT "c" ON "public"."users" IS 'it''s'`,
      'contract/0/validate-back [none] statements',
      `undo scan ${ifThere('', 'c', `${alter} VALIDATE CONSTRAINT "c"`)}`,
      `contract/0/drop [everybody] statements ${alter} DROP CONSTRAINT "c"`,
      `undo statements ${alter} ADD CONSTRAINT "c" ${definition} NOT VALID`,
    ]);
  }
});

test('one that was not validated is not validated again', () => {
  expect(drop(constraintNamed('c', { validated: false }))).toEqual([
    `contract/0/drop [everybody] statements ${alter} DROP CONSTRAINT "c"`,
    `undo statements ${alter} ADD CONSTRAINT "c" CHECK ((id > 0)) NOT VALID`,
  ]);
});

test.each<[kind: CatalogConstraint['kind'], definition: string]>([
  ['exclusion', 'EXCLUDE USING gist (id WITH =)'],
  ['check', 'CHECK ((id > 0)) NOT ENFORCED'],
  ['primaryKey', 'PRIMARY KEY (id, during WITHOUT OVERLAPS)'],
])('a constraint that cannot come in two steps comes in one: %s, %s', (kind, definition) => {
  const indexes = [indexNamed('c', { constraint: 'c' })];
  expect(drop(constraintNamed('c', { kind, definition }), { indexes })).toEqual([
    `contract/0/drop [everybody] statements ${alter} DROP CONSTRAINT "c"`,
    `undo scan ${alter} ADD CONSTRAINT "c" ${definition}`,
  ]);
});

test.each<[kind: 'unique' | 'primaryKey', definition: string, taking: string]>([
  ['unique', 'UNIQUE (id)', 'UNIQUE USING INDEX "c"'],
  ['unique', 'UNIQUE (id) DEFERRABLE INITIALLY DEFERRED', 'UNIQUE USING INDEX "c" DEFERRABLE INITIALLY DEFERRED'],
  ['primaryKey', 'PRIMARY KEY (id)', 'PRIMARY KEY USING INDEX "c"'],
])('a key comes back with its index, built beside the writers: %s, %s', (kind, definition, taking) => {
  const built = 'CREATE UNIQUE INDEX c ON public.users USING btree (id)';
  const indexes = [indexNamed('c', { unique: true, constraint: 'c', definition: built, clustered: true })];
  expect(drop(constraintNamed('c', { kind, definition, columns: ['id'] }), { indexes })).toEqual([
    'contract/0/constraint-back [none] statements',
    `undo statements ${ifThere('NOT ', 'c', `${alter} ADD CONSTRAINT "c" ${taking}`)}; ${alter} CLUSTER ON "c"`,
    `contract/0/drop [everybody] statements ${alter} DROP CONSTRAINT "c"`,
    'undo build-index public.c: CREATE UNIQUE INDEX CONCURRENTLY c ON public.users USING btree (id)',
  ]);
});

test('dropConstraint says what it is, and does nothing before contract', () => {
  const params = { table: 'users', name: 'users_pkey' };
  expect(stepsOf({ dropConstraint: params }, 'expand', catalog)).toEqual([]);
  expect(stepsOf({ dropConstraint: params }, 'migrate', catalog)).toEqual([]);
  expect(operations.dropConstraint.describe(params)).toBe('drops constraint users_pkey of users');
  expect(operations.dropConstraint.traits(params)).toEqual({
    phases: ['contract'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'adds the constraint again' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 604_800_000,
    tables: ['public.users'],
  });
});

test.each<[code: string, params: object, parts?: Partial<CatalogTable>]>([
  ['THM7001', { table: 'none', check: 'true' }],
  ['THM7001', { foreignKey: { ...foreignKey, references: { table: 'none', columns: ['id'] } } }],
  ['THM7002', { unique: ['Email'] }],
  ['THM7002', { foreignKey: { ...foreignKey, columns: ['Id'] } }],
  ['THM7002', { foreignKey: { ...foreignKey, references: { table: 'users', columns: ['Id'] } } }],
  ['THM7006', { name: 'by_id', unique: ['id'] }],
  ['THM7009', { name: 'users_pkey', check: 'true' }],
  ['THM7012', { check: 'true' }, { kind: 'foreign' }],
  ['THM7012', { unique: ['id'] }, { kind: 'partitioned' }],
  ['THM7015', { name: '_themis_c', check: 'true' }],
  ['THM7018', { name: 'ü'.repeat(32), check: 'true' }],
  ['THM7028', { unique: ['id'], validate: false }],
])('%s: addConstraint %j', (code, params, parts = {}) => {
  const addConstraint = { table: 'users', name: 'c', ...params };
  expect(codeOf(stepsOf({ addConstraint }, 'expand', catalogOf({ tables: [{ ...users, ...parts }] })))).toBe(code);
});

test('a partitioned table takes a foreign key that is not valid yet from PostgreSQL 18 on, and a check always', () => {
  const parted = catalogOf({ tables: [{ ...users, kind: 'partitioned' }] });
  const addTo = (params: Adding, version: number) =>
    codeOf(stepsOf({ addConstraint: { table: 'users', name: 'c', ...params } }, 'expand', parted, version));
  expect(addTo({ foreignKey }, 170_005)).toBe('THM7012');
  expect(addTo({ foreignKey }, 180_000)).toBeUndefined();
  expect(addTo({ check: 'true' }, 140_000)).toBeUndefined();
});

const pointing = constraintNamed('up', {
  kind: 'foreignKey',
  definition: 'FOREIGN KEY (email) REFERENCES public.users(id)',
  references: 'public.users',
});

test.each<[code: string, name: string, parts?: Partial<CatalogTable>]>([
  ['THM7004', 'Users_pkey'],
  ['THM7012', 'users_pkey', { kind: 'partitioned' }],
  ['THM7021', 'users_pkey', { constraints: [...users.constraints, pointing] }],
  ['THM7026', 'users_pkey', { replicaIdentity: 'USING INDEX users_pkey' }],
])('%s: dropConstraint %s', (code, name, parts = {}) => {
  const tables = [{ ...users, ...parts }];
  expect(codeOf(stepsOf({ dropConstraint: { table: 'users', name } }, 'contract', catalogOf({ tables })))).toBe(code);
});
