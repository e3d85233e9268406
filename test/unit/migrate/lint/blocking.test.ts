import { expect, test } from 'vitest';
import type { Operation } from '../../../../src/model/documents.ts';
import type { CatalogTable } from '../../../../src/model/schema/catalog.ts';
import { catalogOf, columnNamed, constraintNamed, tableNamed, viewNamed } from '../../../support/migrate/catalogs.ts';
import { found, foundIn, lint, raw } from '../../../support/migrate/lint-of.ts';

const users = tableNamed('users', {
  columns: [
    columnNamed('id', { type: 'bigint', nullable: false }),
    columnNamed('name', { type: 'character varying(20)' }),
    columnNamed('price', { type: 'numeric(10,2)' }),
  ],
  constraints: [constraintNamed('name_there', { definition: 'CHECK ((name IS NOT NULL))' })],
  rows: 10_000_000,
  sizeBytes: 2 ** 30,
});
const catalog = catalogOf({ tables: [users] });

test.each([
  ['THM7201', 'ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()'],
  ['THM7201', 'ALTER TABLE users ADD COLUMN at timestamptz DEFAULT clock_timestamp()'],
  ['THM7201', 'ALTER TABLE users ADD COLUMN rank int DEFAULT own_function(1)'],
  ['THM7202', 'ALTER TABLE users ADD COLUMN phone text NOT NULL'],
  ['THM7202', 'ALTER TABLE users ADD COLUMN phone text PRIMARY KEY'],
  ['THM7203', 'ALTER TABLE users ADD COLUMN number serial'],
  ['THM7203', 'ALTER TABLE users ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY'],
  ['THM7203', 'ALTER TABLE users ADD COLUMN size int GENERATED ALWAYS AS (length(name)) STORED'],
  ['THM7204', 'ALTER TABLE users ALTER COLUMN id TYPE bigint'],
  ['THM7205', 'ALTER TABLE users ALTER COLUMN name SET NOT NULL'],
  ['THM7205', 'ALTER TABLE users ADD CONSTRAINT there NOT NULL name'],
  ['THM7206', 'CREATE INDEX by_name ON users (name)'],
  ['THM7207', 'DROP INDEX by_name'],
  ['THM7209', 'ALTER TABLE users ADD CONSTRAINT positive CHECK (id > 0)'],
  ['THM7209', 'ALTER TABLE users ADD CONSTRAINT owner FOREIGN KEY (owner_id) REFERENCES owners (id)'],
  ['THM7209', 'ALTER TABLE users ADD COLUMN owner_id bigint DEFAULT 1 REFERENCES owners (id)'],
  ['THM7209', 'ALTER TABLE users ADD COLUMN b int REFERENCES owners (id), ADD COLUMN c int DEFAULT 1'],
  ['THM7209', 'ALTER DOMAIN email ADD CONSTRAINT at CHECK (value ~ $$@$$)'],
  ['THM7210', 'ALTER TABLE users ADD CONSTRAINT one UNIQUE (name)'],
  ['THM7210', 'ALTER TABLE users ADD PRIMARY KEY (id)'],
  ['THM7210', 'ALTER TABLE users ADD COLUMN code text UNIQUE'],
  ['THM7210', 'ALTER TABLE users ADD EXCLUDE USING gist (span WITH &&)'],
  ['THM7213', 'CLUSTER users USING by_name'],
  ['THM7213', 'VACUUM FULL users'],
  ['THM7213', 'ALTER TABLE users SET TABLESPACE fast'],
  ['THM7213', 'ALTER TABLE users SET LOGGED'],
  ['THM7227', 'REINDEX TABLE users'],
  ['THM7227', 'REFRESH MATERIALIZED VIEW totals'],
])('%s: %s is an error', (code, up) => {
  expect(foundIn(code, up)).toBe('error');
});

test.each([
  ['THM7201', 'ALTER TABLE users ADD COLUMN at timestamptz DEFAULT now()'],
  ['THM7201', "ALTER TABLE users ADD COLUMN kind text NOT NULL DEFAULT 'a'"],
  ['THM7201', 'CREATE TABLE t (id int); ALTER TABLE t ADD COLUMN token uuid DEFAULT gen_random_uuid()'],
  ['THM7202', 'ALTER TABLE users ADD COLUMN phone text NOT NULL DEFAULT $$$$'],
  ['THM7202', 'ALTER TABLE users ADD COLUMN number serial NOT NULL'],
  ['THM7203', 'ALTER TABLE users ADD COLUMN size int GENERATED ALWAYS AS (length(name)) VIRTUAL'],
  ['THM7203', 'ALTER TABLE users ADD COLUMN number bigint'],
  ['THM7204', 'ALTER TABLE users ALTER COLUMN id SET DEFAULT 1'],
  ['THM7205', 'ALTER TABLE users ALTER COLUMN name DROP NOT NULL'],
  ['THM7205', 'ALTER TABLE users ADD CONSTRAINT there NOT NULL name NOT VALID'],
  ['THM7206', 'CREATE INDEX CONCURRENTLY by_name ON users (name)'],
  ['THM7206', 'CREATE TABLE t (id int); CREATE INDEX by_id ON t (id)'],
  ['THM7207', 'DROP INDEX CONCURRENTLY by_name'],
  ['THM7209', 'ALTER TABLE users ADD CONSTRAINT positive CHECK (id > 0) NOT VALID'],
  ['THM7209', 'ALTER TABLE users VALIDATE CONSTRAINT positive'],
  ['THM7209', 'ALTER TABLE users ADD COLUMN owner_id bigint REFERENCES owners (id)'],
  ['THM7209', 'ALTER DOMAIN email ADD CONSTRAINT at CHECK (value ~ $$@$$) NOT VALID'],
  ['THM7210', 'ALTER TABLE users ADD CONSTRAINT one UNIQUE USING INDEX by_name'],
  ['THM7213', 'VACUUM users'],
  ['THM7213', 'ALTER TABLE users SET (fillfactor = 70)'],
  ['THM7227', 'REINDEX TABLE CONCURRENTLY users'],
  ['THM7227', 'REFRESH MATERIALIZED VIEW CONCURRENTLY totals'],
  ['THM7228', 'ALTER TABLE users DETACH PARTITION users_1 CONCURRENTLY'],
])('%s has nothing against %s', (code, up) => {
  expect(foundIn(code, up)).toBe('');
});

const added = (name: string, type: string, more = {}): Operation => ({
  addColumn: { table: 'users', column: { name, type, ...more } },
});
const created: Operation = { createTable: { table: 'users', columns: [{ name: 'id', type: 'bigint' }] } };

test.each<[string, string, Operation]>([
  ['THM7202', 'error', added('phone', 'text', { nullable: false })],
  ['THM7203', 'error', added('number', 'bigserial')],
  ['THM7204', 'error', { alterColumn: { table: 'users', column: 'id', type: 'text', method: 'inPlace' } }],
  ['THM7206', 'warning', { addIndex: { table: 'users', name: 'by_name', columns: ['name'], online: false } }],
  ['THM7207', 'warning', { dropIndex: { table: 'users', name: 'by_name', online: false } }],
])('%s is a %s of an operation that asks for it', (code, severity, operation) => {
  expect(found(code, [operation])).toBe(severity);
});

test.each<[string, Operation]>([
  ['THM7202', added('phone', 'text', { nullable: false, default: '' })],
  ['THM7202', added('phone', 'text')],
  ['THM7203', added('number', 'bigint')],
  ['THM7204', { alterColumn: { table: 'users', column: 'id', type: 'text' } }],
  ['THM7206', { addIndex: { table: 'users', name: 'by_name', columns: ['name'] } }],
  ['THM7207', { dropIndex: { table: 'users', name: 'by_name' } }],
])('%s has nothing against an operation that is done online', (code, operation) => {
  expect(found(code, [operation])).toBe('');
});

test('a table that the migration makes is nobody’s yet', () => {
  expect(found('THM7202', [created, added('phone', 'text', { nullable: false })])).toBe('');
  expect(found('THM7206', [created, raw('CREATE INDEX by_name ON users (name)')])).toBe('');
});

test('an exception for one table holds for no other', () => {
  expect(found('THM7206', [created, raw('CREATE INDEX by_name ON sales.users (name)')])).toBe('error');
});

test.each([
  ['ALTER TABLE users ALTER COLUMN name TYPE varchar(30)', ''],
  ['ALTER TABLE users ALTER COLUMN name TYPE text', ''],
  ['ALTER TABLE users ALTER COLUMN name TYPE varchar(10)', 'error'],
  ['ALTER TABLE users ALTER COLUMN name TYPE text USING lower(name)', 'error'],
  ['ALTER TABLE users ALTER COLUMN price TYPE numeric(12,2)', ''],
  ['ALTER TABLE users ALTER COLUMN price TYPE numeric(12,4)', 'error'],
  ['ALTER TABLE users ALTER COLUMN price TYPE numeric', ''],
  ['ALTER TABLE users ALTER COLUMN id TYPE integer', 'error'],
])('with the catalog, %s is %j', (up, severities) => {
  expect(foundIn('THM7204', up, { catalog })).toBe(severities);
});

test('a view that reads the column makes its change of type fail', () => {
  const seen = catalogOf({ tables: [users], views: [viewNamed('names', { reads: ['public.users.name'] })] });
  const [finding] = lint([raw('ALTER TABLE users ALTER COLUMN name TYPE integer USING 1')], { catalog: seen });
  expect(finding!.details![0]).toContain('names');
});

test('NOT NULL that a valid check says already reads nothing', () => {
  expect(foundIn('THM7205', 'ALTER TABLE users ALTER COLUMN name SET NOT NULL', { catalog })).toBe('');
  expect(foundIn('THM7205', 'ALTER TABLE users ALTER COLUMN price SET NOT NULL', { catalog })).toBe('error');
  const check = 'ALTER TABLE t ADD CONSTRAINT there CHECK (a IS NOT NULL) NOT VALID';
  const validate = 'ALTER TABLE t VALIDATE CONSTRAINT there';
  const steps = (...texts: readonly string[]) =>
    found(
      'THM7205',
      texts.map((text) => raw(text)),
    );
  expect(steps(check, validate, 'ALTER TABLE t ALTER a SET NOT NULL')).toBe('');
  expect(steps(check, 'ALTER TABLE t ALTER a SET NOT NULL')).toBe('error');
  expect(steps(check, validate, 'ALTER TABLE t ALTER b SET NOT NULL')).toBe('error');
});

test('validating in the transaction that adds a constraint keeps its lock', () => {
  const add = 'ALTER TABLE users ADD CONSTRAINT positive CHECK (id > 0) NOT VALID';
  const validate = 'ALTER TABLE users VALIDATE CONSTRAINT positive';
  expect(foundIn('THM7209', `${add}; ${validate}`)).toBe('error');
  expect(found('THM7209', [raw(add), raw(validate)])).toBe('');
});

test('partitions come and go under a lock', () => {
  expect(foundIn('THM7228', 'ALTER TABLE users DETACH PARTITION users_1')).toBe('warning');
  const attach = 'ALTER TABLE users ATTACH PARTITION users_1 FOR VALUES FROM (1) TO (10)';
  expect(foundIn('THM7228', attach)).toBe('warning');
  const checked = tableNamed('users_1', { constraints: [constraintNamed('bounds')] });
  expect(foundIn('THM7228', attach, { catalog: catalogOf({ tables: [checked] }) })).toBe('');
});

test('where the engine has one session, nobody is kept out', () => {
  expect(foundIn('THM7206', 'CREATE INDEX by_name ON users (name)', { engine: 'pglite' })).toBe('info');
  expect(foundIn('THM7202', 'ALTER TABLE users ADD COLUMN phone text NOT NULL', { engine: 'pglite' })).toBe('error');
});

test('the fix is the operation, and the details are rows, size and time', () => {
  const up = 'CREATE UNIQUE INDEX by_name ON users (lower(name), id) INCLUDE (price) WHERE price > 0';
  const finding = lint([raw(up)], { catalog }).find(({ code }) => code === 'THM7206');
  expect(finding!.fix).toContain(
    '`addIndex: { table: users, name: by_name, columns: [lower(name), id], unique: true, include: [price], where: "price > 0" }`',
  );
  expect(finding!.details).toEqual([
    'Table users has about 10,000,000 rows in 1 GiB.',
    'This takes about 43s, and nobody can write to it meanwhile.',
    'Done online it takes about 17s, and everybody goes on.',
  ]);
});

test.each([
  ['ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()', 'defaultExpression: gen_random_uuid()'],
  ['ALTER TABLE users ADD COLUMN number serial', 'type: integer'],
  ['ALTER TABLE users ADD CONSTRAINT positive CHECK (id > 0)', 'check: "id > 0"'],
  [
    'ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES sales.owners (b)',
    'references: { table: sales.owners, columns: [b] }',
  ],
  ['ALTER TABLE users ADD UNIQUE (name)', '`addConstraint: { table: users, name: users_name_key, unique: [name] }`'],
  ['ALTER TABLE users ALTER name TYPE char(3) USING left(name, 3)', 'type: character(3)'],
])('the fix of %s says %s', (up, text) => {
  expect(lint([raw(up)]).some(({ fix }) => fix!.includes(text))).toBe(true);
});

test('on a table that is known to be small nothing lasts, and its partitions count', () => {
  const statement = 'CREATE INDEX i ON users (name)';
  const severity = (...tables: CatalogTable[]): string =>
    foundIn('THM7206', statement, { catalog: catalogOf({ tables }) });
  expect(severity(tableNamed('users', { rows: 20_000 }))).toBe('warning');
  expect(severity(tableNamed('users', { rows: 50_000 }))).toBe('error');
  expect(severity(tableNamed('other'))).toBe('error');
  const parent = tableNamed('users', { kind: 'partitioned', rows: 0, sizeBytes: 0 });
  const child = tableNamed('users_1', {
    kind: 'partition',
    inherits: ['public.users'],
    rows: 3_000_000,
    sizeBytes: 1024,
  });
  expect(severity(parent)).toBe('warning');
  expect(severity(parent, child)).toBe('error');
  const [finding] = lint([raw(statement)], { catalog: catalogOf({ tables: [parent, child] }) });
  expect(finding!.details![0]).toBe('Table users has about 3,000,000 rows in 1 KiB.');
});
