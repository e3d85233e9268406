import { expect, test } from 'vitest';
import type { Catalog, CatalogTable } from '../../../../src/model/catalog.ts';
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
  viewNamed,
} from '../../../support/migrate/catalogs.ts';

const key = indexNamed('users_pkey', {
  unique: true,
  constraint: 'users_pkey',
  definition: 'CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)',
});
const columns = [
  columnNamed('id', { type: 'integer', nullable: false }),
  columnNamed('mail'),
  columnNamed('amount', { type: 'integer' }),
];
const users = tableNamed('users', { columns, indexes: [key] });
const alter = (params: Partial<NonNullable<Operation['alterColumn']>>): Operation => ({
  alterColumn: { table: 'users', column: 'amount', ...params },
});
const rename: Operation = { renameColumn: { table: 'users', from: 'mail', to: 'email' } };
const big = alter({ type: 'bigint' });
const bigKey = alter({ column: 'id', type: 'bigint' });

const reader = (name: string, reads: readonly string[]): Partial<Catalog> => ({ views: [viewNamed(name, { reads })] });
const trigger = (definition: string): Partial<CatalogTable> => ({
  triggers: [{ name: 'looks', definition, fires: 'origin', calls: 'public.looks()', comment: null }],
});

test.each<[string, string, Operation, Partial<CatalogTable>, Partial<Catalog>]>([
  ['THM7001', 'no table', alter({ table: 'nobody', type: 'bigint' }), {}, {}],
  ['THM7002', 'no column', alter({ column: 'nothing', type: 'bigint' }), {}, {}],
  ['THM7002', 'no column', { renameColumn: { table: 'users', from: 'nothing', to: 'email' } }, {}, {}],
  ['THM7011', 'no key', rename, { constraints: [], indexes: [] }, {}],
  ['THM7050', 'a partitioned table', rename, { kind: 'partitioned' }, {}],
  ['THM7050', 'a partitioned table', big, { kind: 'partitioned' }, {}],
  ['THM7050', 'a foreign table', big, { kind: 'foreign' }, {}],
  ['THM7051', 'a child', big, { inherits: ['public.people'] }, {}],
  ['THM7052', 'forced row security', big, { forcedRowSecurity: true }, {}],
  ['THM7053', 'a publication', big, { publications: ['all'] }, {}],
  ['THM7054', 'a view of the column', big, {}, reader('sums', ['public.users.amount'])],
  ['THM7054', 'a view of another column', bigKey, {}, reader('sums', ['public.users.mail'])],
  ['THM7054', 'a view of whole rows', bigKey, {}, reader('sums', ['public.users'])],
  [
    'THM7055',
    'a generated column',
    big,
    { columns: [...columns, columnNamed('twice', { generated: '(amount * 2)' })] },
    {},
  ],
  [
    'THM7056',
    'a trigger of the column',
    big,
    trigger('CREATE TRIGGER looks BEFORE UPDATE OF amount ON public.users FOR EACH ROW EXECUTE FUNCTION looks()'),
    {},
  ],
  [
    'THM7056',
    'a trigger of the column',
    rename,
    trigger(
      'CREATE TRIGGER looks BEFORE UPDATE ON public.users FOR EACH ROW WHEN ((new.mail IS NULL)) EXECUTE FUNCTION looks()',
    ),
    {},
  ],
  ['THM7057', 'a name that is taken', { renameColumn: { table: 'users', from: 'mail', to: 'amount' } }, {}, {}],
  ['THM7058', 'a name of Themis', { renameColumn: { table: 'users', from: 'mail', to: '_themis_x' } }, {}, {}],
  [
    'THM7059',
    'a generated column',
    rename,
    { columns: [columns[0]!, columnNamed('mail', { generated: 'upper(x)' })] },
    {},
  ],
  [
    'THM7061',
    'a generated column',
    big,
    { columns: [columns[0]!, columnNamed('amount', { generated: '(id * 2)' })] },
    {},
  ],
  ['THM7062', 'a key', alter({ column: 'id', type: 'bigint', method: 'shadowColumn' }), {}, {}],
  [
    'THM7064',
    'a check that was never validated',
    bigKey,
    { constraints: [...users.constraints, constraintNamed('loose', { validated: false })] },
    {},
  ],
  [
    'THM7065',
    'a key that is deferrable',
    bigKey,
    { constraints: [{ ...users.constraints[0]!, definition: 'PRIMARY KEY (id) DEFERRABLE' }] },
    {},
  ],
  ['THM7066', 'a key in another order', alter({ column: 'id', type: 'text', using: `'a' || id` }), {}, {}],
])('%s: %s', (code, _, operation, parts, others) => {
  expect(codeOf(stepsOf(operation, 'expand', catalogOf({ tables: [{ ...users, ...parts }], ...others })))).toBe(code);
});

test('a foreign key from a partitioned table keeps the table as it is', () => {
  const from = tableNamed('parts', {
    kind: 'partitioned',
    constraints: [
      constraintNamed('parts_user', {
        kind: 'foreignKey',
        references: 'public.users',
        definition: 'FOREIGN KEY (user_id) REFERENCES public.users(id)',
      }),
    ],
  });
  expect(codeOf(stepsOf(bigKey, 'expand', catalogOf({ tables: [users, from] })))).toBe('THM7063');
});

test('what was made for the new name keeps the old column from taking it', () => {
  const both = { ...users, columns: [...columns, columnNamed('email')] };
  const contract = (parts: Partial<CatalogTable>, others: Partial<Catalog> = {}) =>
    script(stepsOf(rename, 'contract', catalogOf({ tables: [{ ...both, ...parts }], ...others })));
  const own = indexNamed('by_email', {
    columns: ['email'],
    definition: 'CREATE INDEX by_email ON public.users USING btree (email)',
  });
  expect(contract({ indexes: [key, own] })).toEqual(['refused THM7060']);
  expect(contract({}, reader('mails', ['public.users.email']))).toEqual(['refused THM7054']);
  expect(contract({})).toHaveLength(2);
});
