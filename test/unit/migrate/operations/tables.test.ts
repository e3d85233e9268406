import { expect, test } from 'vitest';
import { operations } from '../../../../src/migrate/index.ts';
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
  viewNamed,
} from '../../../support/migrate/catalogs.ts';

const users = tableNamed('users', {
  columns: [columnNamed('id', { type: 'bigint', nullable: false, position: 1 }), columnNamed('email', { position: 2 })],
  indexes: [indexNamed('users_by_id')],
  grants: ['GRANT SELECT ON public.users TO reader'],
  owner: 'app "x"',
});
const catalog = catalogOf({ tables: [users], sequences: [] });

test('a new table comes in one transaction, with everything that belongs to it', () => {
  const createTable = {
    table: 'orders',
    columns: [
      { name: 'id', type: 'bigint', nullable: false },
      { name: 'user', type: 'bigint', comment: "who's" },
      { name: 'price', type: 'numeric(9,2)', default: 0, check: 'price >= 0' },
      { name: 'at', type: 'timestamptz', defaultExpression: 'now()' },
    ],
    primaryKey: ['id'],
    constraints: [
      { name: 'one', unique: ['user', 'at'] },
      { name: 'cheap', check: 'price < 10 -- euro' },
      {
        name: 'who',
        foreignKey: {
          columns: ['user'],
          references: { table: 'users', columns: ['id'] },
          onDelete: 'cascade',
          onUpdate: 'setNull',
        },
      },
    ],
    comment: 'orders',
  } satisfies Operation['createTable'];
  expect(script(stepsOf({ createTable }, 'expand', catalog))).toEqual([
    [
      'expand/0/create [writers] statements CREATE TABLE "public"."orders" (',
      '"id" bigint NOT NULL, "user" bigint, "price" numeric(9,2) DEFAULT 0 CHECK (price >= 0), ',
      '"at" timestamptz DEFAULT (now()), PRIMARY KEY ("id"), CONSTRAINT "one" UNIQUE ("user", "at"), ',
      'CONSTRAINT "cheap" CHECK (price < 10 -- euro\n), CONSTRAINT "who" FOREIGN KEY ("user") ',
      'REFERENCES "public"."users" ("id") ON DELETE CASCADE ON UPDATE SET NULL); ',
      `COMMENT ON TABLE "public"."orders" IS 'orders'; COMMENT ON COLUMN "public"."orders"."user" IS 'who''s'`,
    ].join(''),
    'undo statements DROP TABLE "public"."orders"',
  ]);
  expect(operations.createTable.describe(createTable)).toBe('creates table orders');
  expect(operations.createTable.traits(createTable)).toEqual({
    phases: ['expand'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'drops the table' },
    rewrites: false,
    lock: 'writers',
    graceMs: 0,
    tables: ['public.orders', 'public.users'],
  });
});

test('a new table without foreign keys to others locks nothing', () => {
  const columns = [{ name: 'id', type: 'bigint' }];
  const own = { name: 'up', foreignKey: { columns: ['id'], references: { table: 'public.tree', columns: ['id'] } } };
  expect(operations.createTable.traits({ table: 'tree', columns, constraints: [own] })).toMatchObject({
    lock: 'none',
    tables: ['public.tree'],
  });
});

test('a table is dropped in contract, after a week where nobody says otherwise', () => {
  expect(script(stepsOf({ dropTable: { table: 'users' } }, 'expand', catalog))).toEqual([]);
  expect(script(stepsOf({ dropTable: { table: 'users' } }, 'contract', catalog))).toEqual([
    'contract/0/drop [everybody] statements DROP TABLE "public"."users"',
    'undo irreversible',
  ]);
  expect(operations.dropTable.describe({ table: 'users' })).toBe('drops table users');
  expect(operations.dropTable.traits({ table: 'users' })).toEqual({
    phases: ['contract'],
    transactional: true,
    inverse: { kind: 'irreversible', why: 'the rows of a dropped table are gone' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 604_800_000,
    tables: ['public.users'],
  });
  expect(operations.dropTable.traits({ table: 'a.b', gracePeriod: '60000ms' })).toMatchObject({
    graceMs: 60_000,
    tables: ['a.b'],
  });
});

const viewStatements = [
  'CREATE VIEW "public"."users" WITH (security_invoker = true) AS SELECT "id", "email" FROM "public"."people"',
  'ALTER VIEW "public"."users" OWNER TO "app ""x"""',
  `COMMENT ON VIEW "public"."users" IS 'Old name of public.people, kept by Themis until no release uses it.'`,
  'GRANT SELECT ON public.users TO reader',
].join('; ');
const saying = (place: string): string => `Old name of ${place}, kept by Themis until no release uses it.`;

test('a renamed table keeps its old name as a view with its owner and rights, in the same transaction', () => {
  const renameTable = { from: 'users', to: 'people' };
  expect(script(stepsOf({ renameTable }, 'expand', catalog))).toEqual([
    `expand/0/rename [everybody] statements ALTER TABLE "public"."users" RENAME TO "people"; ${viewStatements}`,
    'undo statements DROP VIEW "public"."users"; ALTER TABLE "public"."people" RENAME TO "users"',
  ]);
  expect(operations.renameTable.describe(renameTable)).toBe('renames table users to people');
  expect(operations.renameTable.traits(renameTable)).toEqual({
    phases: ['expand', 'contract'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'gives the table its old name back' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 604_800_000,
    tables: ['public.users', 'public.people'],
  });
});

test('the old name goes in contract, and can come back', () => {
  const view = viewNamed('users', {
    owner: users.owner,
    grants: users.grants,
    comment: saying('public.people'),
    options: ['security_invoker=true'],
    definition: ' SELECT id FROM public.people;',
  });
  const renamed = catalogOf({ tables: [{ ...users, name: 'people', grants: [] }], views: [view] });
  const again = [
    'CREATE VIEW "public"."users" WITH (security_invoker=true) AS SELECT id FROM public.people',
    'ALTER VIEW "public"."users" OWNER TO "app ""x"""',
    'GRANT SELECT ON public.users TO reader',
    `COMMENT ON VIEW "public"."users" IS '${saying('public.people')}'`,
  ].join('; ');
  const renameTable = { from: 'users', to: 'people' };
  expect(script(stepsOf({ renameTable }, 'migrate', renamed))).toEqual([]);
  expect(script(stepsOf({ renameTable }, 'contract', renamed))).toEqual([
    'contract/0/drop-old-name [everybody] statements DROP VIEW "public"."users"',
    `undo statements ${again}`,
  ]);
  expect(stepsOf({ renameTable }, 'contract', { ...renamed, views: [] })).toEqual([]);
});

test.each([
  ['crm.users', ['ALTER TABLE "public"."users" SET SCHEMA "crm"'], ['ALTER TABLE "crm"."users" SET SCHEMA "public"']],
  [
    'crm.people',
    [
      'ALTER TABLE "public"."users" RENAME TO "_themis_renamed"',
      'ALTER TABLE "public"."_themis_renamed" SET SCHEMA "crm"',
      'ALTER TABLE "crm"."_themis_renamed" RENAME TO "people"',
    ],
    [
      'ALTER TABLE "crm"."people" RENAME TO "_themis_renamed"',
      'ALTER TABLE "crm"."_themis_renamed" SET SCHEMA "public"',
      'ALTER TABLE "public"."_themis_renamed" RENAME TO "users"',
    ],
  ],
])('a table moves to %s through no name that is taken', (to, forward, back) => {
  const [done, undone] = script(stepsOf({ renameTable: { from: 'users', to } }, 'expand', catalog));
  expect(done).toContain(forward.join('; '));
  expect(undone).toContain(back.join('; '));
});

test('before PostgreSQL 15 a view takes the rights of its owner, so tables with row policies are not renamed', () => {
  const secured = catalogOf({ tables: [{ ...users, rowSecurity: true }] });
  const rename = (version: number, at = catalog) =>
    stepsOf({ renameTable: { from: 'users', to: 'people' } }, 'expand', at, version);
  expect(script(rename(140_012))[0]).toContain('CREATE VIEW "public"."users" AS SELECT');
  expect(codeOf(rename(140_012, secured))).toBe('THM7029');
  expect(codeOf(rename(150_000, secured))).toBeUndefined();
});

test('a table is found by its old name while the view stands', () => {
  const people = { ...users, name: 'people' };
  const view = viewNamed('users', {
    comment: saying('public.people'),
  });
  const renamed = catalogOf({ tables: [people], views: [view] });
  const steps = stepsOf({ addConstraint: { table: 'users', name: 'c', check: 'id > 0' } }, 'migrate', renamed);
  expect(script(steps)[0]).toContain('ALTER TABLE "public"."people" VALIDATE CONSTRAINT "c"');
  const foreignKey = { columns: ['id'], references: { table: 'users', columns: ['id'] } };
  const orders = {
    table: 'orders',
    columns: [{ name: 'id', type: 'bigint' }],
    constraints: [{ name: 'f', foreignKey }],
  };
  for (const operation of [{ addConstraint: { table: 'people', name: 'f', foreignKey } }, { createTable: orders }]) {
    expect(script(stepsOf(operation, 'expand', renamed))[0]).toContain('REFERENCES "public"."people" ("id")');
  }
  const twice = viewNamed('accounts', { comment: saying('public.users') });
  const drop = (table: string, views = [view, twice]) =>
    codeOf(stepsOf({ dropTable: { table } }, 'expand', { ...renamed, views }));
  expect(drop('accounts')).toBeUndefined();
  expect(drop('accounts', [twice])).toBe('THM7001');
  expect(drop('accounts', [{ ...twice, comment: saying('public.accounts') }])).toBe('THM7001');
  expect(drop('users', [{ ...view, comment: null }])).toBe('THM7001');
});

const columns = [{ name: 'id', type: 'bigint' }];
const policy = { name: 'own', definition: 'CREATE POLICY', reads: ['public.users.email'], comment: null };
const reader = viewNamed('active', { reads: ['public.users.id'] });
const pointing = tableNamed('orders', {
  constraints: [
    constraintNamed('orders_user', {
      kind: 'foreignKey',
      columns: ['id'],
      references: 'public.users',
      definition: 'FOREIGN KEY (id) REFERENCES public.users(id)',
    }),
  ],
});

test.each<[code: string, phase: 'expand' | 'contract', operation: Operation, parts?: object]>([
  ['THM7006', 'expand', { createTable: { table: 'users', columns } }],
  ['THM7006', 'expand', { createTable: { table: 'users_by_id', columns } }],
  ['THM7006', 'expand', { createTable: { table: 'active', columns } }, { views: [reader] }],
  ['THM7006', 'expand', { createTable: { table: 'status', columns } }, { enums: [enumNamed('status', [])] }],
  ['THM7006', 'expand', { renameTable: { from: 'users', to: 'status' } }, { enums: [enumNamed('status', [])] }],
  ['THM7015', 'expand', { createTable: { table: '_themis_x', columns } }],
  ['THM7015', 'expand', { createTable: { table: 'x', columns: [{ name: '_themis_x', type: 'text' }] } }],
  ['THM7016', 'expand', { createTable: { table: 'themis.x', columns } }],
  ['THM7018', 'expand', { createTable: { table: 'ü'.repeat(32), columns } }],
  ['THM7025', 'expand', { createTable: { table: 'x', columns, primaryKey: ['ID'] } }],
  ['THM7025', 'expand', { createTable: { table: 'x', columns, constraints: [{ name: 'c', unique: ['a'] }] } }],
  ['THM7033', 'expand', { createTable: { table: 'x', columns: [...columns, ...columns] } }],
  [
    'THM7001',
    'expand',
    {
      createTable: {
        table: 'x',
        columns,
        constraints: [{ name: 'c', foreignKey: { columns: ['id'], references: { table: 'y', columns: ['id'] } } }],
      },
    },
  ],
  ['THM7001', 'expand', { dropTable: { table: 'Users' } }],
  ['THM7001', 'contract', { dropTable: { table: 'other.users' } }],
  ['THM7012', 'contract', { dropTable: { table: 'users' } }, { tables: [{ ...users, kind: 'foreign' }] }],
  ['THM7013', 'contract', { dropTable: { table: 'users' } }, { views: [reader] }],
  [
    'THM7013',
    'contract',
    { dropTable: { table: 'users' } },
    { tables: [users, tableNamed('orders', { policies: [policy] })] },
  ],
  ['THM7021', 'contract', { dropTable: { table: 'users' } }, { tables: [users, pointing] }],
  ['THM7001', 'expand', { renameTable: { from: 'x', to: 'y' } }],
  ['THM7001', 'contract', { renameTable: { from: 'x', to: 'y' } }],
  ['THM7006', 'expand', { renameTable: { from: 'users', to: 'users' } }],
  ['THM7015', 'expand', { renameTable: { from: 'users', to: '_themis_users' } }],
  ['THM7016', 'expand', { renameTable: { from: 'users', to: 'themis.users' } }],
  [
    'THM7013',
    'contract',
    { renameTable: { from: 'old', to: 'users' } },
    { views: [viewNamed('old', { comment: saying('public.users') }), viewNamed('on', { reads: ['public.old.id'] })] },
  ],
])('%s in %s: %j', (code, phase, operation, parts = {}) => {
  const refused = stepsOf(operation, phase, { ...catalog, ...parts });
  expect(codeOf(refused)).toBe(code);
  expect(refused).toMatchObject({
    refused: { summary: expect.stringMatching(/\.$/u), fix: expect.stringMatching(/\.$/u) },
  });
});

test('policies of a table go with it', () => {
  const secured = { ...catalog, tables: [{ ...users, policies: [policy] }] };
  expect(codeOf(stepsOf({ dropTable: { table: 'users' } }, 'contract', secured))).toBeUndefined();
  expect(codeOf(stepsOf({ dropColumn: { table: 'users', column: 'email' } }, 'contract', secured))).toBe('THM7013');
});

test('what is in the way of a drop may go before it: expand does not refuse for it', () => {
  const crowded = { ...catalog, tables: [users, pointing], views: [reader] };
  expect(stepsOf({ dropTable: { table: 'users' } }, 'expand', crowded)).toEqual([]);
});
