import { expect, test } from 'vitest';
import type { Operation } from '../../../../src/model/documents.ts';
import { catalogOf, columnNamed, indexNamed, tableNamed } from '../../../support/migrate/catalogs.ts';
import { found, lint, probes, raw } from '../../../support/migrate/lint-of.ts';

const dropColumn: Operation = { dropColumn: { table: 'users', column: 'name' } };
const dropTable: Operation = { dropTable: { table: 'users' } };
const renameColumn: Operation = { renameColumn: { table: 'users', from: 'name', to: 'full_name' } };
const renameTable: Operation = { renameTable: { from: 'users', to: 'people' } };
const backfill = (set: Record<string, string>, where?: string): Operation => ({
  backfill: { table: 'users', set, ...(where === undefined ? {} : { where }), undo: { name: 'NULL' } },
});
const alter = (more: object): Operation => ({ alterColumn: { table: 'users', column: 'name', ...more } });

test.each<[string, Operation]>([
  ['dropColumn', dropColumn],
  ['dropTable', dropTable],
  ['renameColumn', renameColumn],
  ['renameTable', renameTable],
])('%s takes nothing away that the new release reads', (_, operation) => {
  expect(found('THM7230', [operation], { probes: probes([], ['SELECT name FROM users']) })).toBe('error');
  expect(found('THM7230', [operation], { probes: probes([], ['SELECT full_name FROM people']) })).toBe('');
  const needsLater = probes([], ['SELECT name FROM users']).next.map((probe) => ({ ...probe, needsLater: true }));
  expect(found('THM7230', [operation], { probes: { running: [], next: needsLater } })).toBe('warning');
});

test('what the running release reads goes when no node can run it any more, and only then', () => {
  const reads = probes(['SELECT name FROM users']);
  expect(found('THM7230', [dropColumn], { probes: reads })).toBe('info');
  expect(found('THM7230', [dropColumn], { probes: reads, bound: false })).toBe('error');
  const both = { running: reads.running, next: reads.running };
  expect(found('THM7230', [dropColumn], { probes: both })).toBe('error');
});

test.each([
  ['59m', 'warning'],
  ['0s', 'warning'],
  ['1h', ''],
  ['7d', ''],
])('a grace of %s is: %j', (gracePeriod, severity) => {
  expect(found('THM7231', [{ dropTable: { table: 'users', gracePeriod } }])).toBe(severity);
  expect(found('THM7231', [{ dropColumn: { table: 'users', column: 'a', gracePeriod } }])).toBe(severity);
  expect(found('THM7231', [{ renameTable: { from: 'users', to: 'people', gracePeriod } }])).toBe(severity);
});

test('without one, grace is a week', () => {
  expect(found('THM7231', [dropTable])).toBe('');
});

test('contract waits for a release that somebody names', () => {
  expect(found('THM7232', [dropColumn], { bound: false })).toBe('warning');
  expect(found('THM7232', [raw('DROP TABLE a', { phase: 'contract' })], { bound: false })).toBe('error');
  expect(found('THM7232', [raw('DROP TABLE a', { phase: 'contract' })])).toBe('');
  expect(found('THM7232', [dropColumn])).toBe('');
  expect(found('THM7232', [raw('SELECT f()')], { bound: false })).toBe('');
});

test.each([
  ['', 'CREATE EXTENSION pg_trgm', 'DROP EXTENSION pg_trgm'],
  ['warning', 'CREATE EXTENSION pg_trgm', '-- nothing to do'],
  ['warning', 'CREATE EXTENSION pg_trgm', 'SELECT 1'],
  ['', 'CREATE EXTENSION pg_trgm', 'SELECT forget()'],
  ['', 'SELECT forget()', "SELECT 'nothing to take back'"],
  ['warning', 'GRANT SELECT ON a TO b', 'GRANT  select on a to b;'],
])('an inverse is: %j where %s is taken back by %s', (severity, up, down) => {
  expect(found('THM7233', [{ rawSql: { up, down } }])).toBe(severity);
});

test('what overwrites says how the old value comes back', () => {
  expect(found('THM7233', [{ backfill: { table: 'users', set: { name: 'upper(a)' } } }])).toBe('warning');
  expect(found('THM7233', [backfill({ name: 'upper(a)' })])).toBe('');
  expect(found('THM7233', [alter({ type: 'integer', using: 'name::int' })])).toBe('warning');
  expect(found('THM7233', [alter({ type: 'integer', using: 'name::int', reverseUsing: 'name::text' })])).toBe('');
  expect(found('THM7233', [alter({ type: 'integer' })])).toBe('');
});

test('what cannot be undone is named', () => {
  const all = [dropTable, dropColumn, raw('SELECT 1'), { backfill: { table: 't', set: { a: '1' } } }, renameColumn];
  expect(found('THM7234', all)).toBe('info info info info');
  expect(found('THM7234', [{ rawSql: { up: 'SELECT 1', down: 'SELECT 2' } }, backfill({ a: '1' })])).toBe('');
});

test('a backfill has a key to walk by', () => {
  const bare = tableNamed('users', { constraints: [] });
  const keyed = tableNamed('users');
  const at = (table: typeof bare, ...operations: readonly Operation[]) =>
    found('THM7235', operations, { catalog: catalogOf({ tables: [table] }) });
  const by = (...key: string[]): Operation => ({ backfill: { table: 'users', set: { a: '1' }, key } });
  expect(at(keyed, backfill({ a: '1' }))).toBe('');
  expect(at(bare, backfill({ a: '1' }))).toBe('error');
  expect(at(keyed, by('id'))).toBe('');
  expect(at(keyed, by('name'))).toBe('error');
  const unique: Operation = { addIndex: { table: 'users', name: 'by_name', columns: ['name'], unique: true } };
  expect(at(keyed, unique, by('name'))).toBe('');
  expect(found('THM7235', [backfill({ a: '1' })])).toBe('');
});

test('a table of the same migration has its key from there', () => {
  const created = (more: object): Operation => ({
    createTable: { table: 'users', columns: [{ name: 'id', type: 'bigint' }], ...more },
  });
  expect(found('THM7235', [created({}), backfill({ a: '1' })])).toBe('error');
  expect(found('THM7235', [created({ primaryKey: ['id'] }), backfill({ a: '1' })])).toBe('');
});

test('an index that a failed build left is found on a table that is touched', () => {
  const at = (valid: boolean, ...operations: readonly Operation[]) =>
    found('THM7236', operations, {
      catalog: catalogOf({ tables: [tableNamed('users', { indexes: [indexNamed('by_name', { valid })] })] }),
    });
  expect(at(false, dropColumn)).toBe('warning');
  expect(at(false, raw('UPDATE users SET a = 1'))).toBe('warning');
  expect(at(true, dropColumn)).toBe('');
  expect(at(false, { dropColumn: { table: 'others', column: 'a' } })).toBe('');
  expect(at(false, { addIndex: { table: 'users', name: 'by_name', columns: ['name'] } })).toBe('');
});

test('rollback meets nothing on its way that cannot be undone', () => {
  const unique: Operation = { addIndex: { table: 'users', name: 'i', columns: ['a'], unique: true } };
  expect(found('THM7237', [raw('SELECT 1'), unique])).toBe('warning');
  expect(found('THM7237', [unique, raw('SELECT 1')])).toBe('');
  expect(found('THM7237', [raw('SELECT 1'), unique], { onFailure: 'pause' })).toBe('');
  // It is done in contract, after everything else.
  expect(found('THM7237', [dropColumn, unique])).toBe('');
  expect(found('THM7237', [raw('SELECT 1', { phase: 'contract' }), backfill({ a: '1' })])).toBe('');
});

test.each<[string, string, readonly Operation[]]>([
  [
    'warning',
    'added and dropped',
    [{ addColumn: { table: 'users', column: { name: 'name', type: 'text' } } }, dropColumn],
  ],
  [
    'error',
    'dropped and added',
    [dropColumn, { addColumn: { table: 'users', column: { name: 'name', type: 'text' } } }],
  ],
  ['error', 'renamed and changed', [renameColumn, alter({ nullable: true })]],
  ['error', 'changed and renamed', [alter({ type: 'integer' }), renameColumn]],
  ['warning', 'changed twice', [alter({ nullable: true }), alter({ nullable: false })]],
  ['warning', 'dropped and filled', [dropColumn, backfill({ name: '1' })]],
  [
    'warning',
    'indexed after its table goes',
    [dropTable, { addIndex: { table: 'public.users', name: 'i', columns: ['a'] } }],
  ],
  [
    'error',
    'made twice',
    [
      { addIndex: { table: 'users', name: 'i', columns: ['a'] } },
      { addIndex: { table: 'orders', name: 'i', columns: ['a'] } },
    ],
  ],
  [
    'error',
    'an index made anew',
    [{ dropIndex: { table: 'users', name: 'i' } }, { addIndex: { table: 'users', name: 'i', columns: ['a'] } }],
  ],
  [
    'error',
    'a value twice',
    [{ addEnumValue: { type: 'status', value: 'x' } }, { addEnumValue: { type: 'status', value: 'x' } }],
  ],
  ['', 'changed in two ways', [alter({ nullable: true }), alter({ default: 'x' })]],
  [
    '',
    'added and filled',
    [{ addColumn: { table: 'users', column: { name: 'name', type: 'text' } } }, backfill({ name: '1' })],
  ],
  [
    '',
    'of the same name elsewhere',
    [dropColumn, { addColumn: { table: 'orders', column: { name: 'name', type: 'text' } } }],
  ],
  [
    '',
    'added and indexed',
    [
      { addColumn: { table: 'users', column: { name: 'name', type: 'text' } } },
      { addIndex: { table: 'users', name: 'i', columns: ['name'] } },
    ],
  ],
])('operations conflict (%j) over a thing that is %s', (severity, _, operations) => {
  expect(found('THM7238', operations)).toBe(severity);
});

test.each([
  ['visits + 1', undefined, 'error'],
  ["name || '!'", undefined, 'error'],
  ['own_function(name)', undefined, 'error warning'],
  ["name || '!'", 'name IS NULL', ''],
  ['visits', undefined, ''],
  ['lower(name)', undefined, ''],
  ['coalesce(name, first_name)', undefined, ''],
  ['gen_random_uuid()', undefined, 'warning'],
  ['now()', undefined, ''],
])('a backfill of name with %s where %s is: %j', (expression, where, severity) => {
  const set = expression.startsWith('visits +') ? { visits: expression } : { name: expression };
  expect(found('THM7239', [backfill(set, where)])).toBe(severity);
});

test('two columns that are filled from each other never come to rest', () => {
  expect(found('THM7239', [backfill({ a: 'b', b: 'a' })])).toBe('error error');
});

test('a value that is added and used cannot be taken back', () => {
  const added: Operation = { addEnumValue: { type: 'status', value: 'gone' } };
  const column = (more: object): Operation => ({
    addColumn: { table: 'users', column: { name: 'status', type: 'status', ...more } },
  });
  expect(found('THM7240', [added, column({ default: 'gone' })])).toBe('warning');
  expect(found('THM7240', [added, column({ defaultExpression: "'gone'::status" })])).toBe('warning');
  expect(found('THM7240', [added, column({ default: 'open' })])).toBe('');
  expect(found('THM7240', [column({ default: 'gone' })])).toBe('');
});

test('a constraint is validated some day', () => {
  const constraint = { table: 'users', name: 'c', check: 'id > 0' };
  expect(found('THM7241', [{ addConstraint: { ...constraint, validate: false } }])).toBe('warning');
  expect(found('THM7241', [{ addConstraint: constraint }])).toBe('');
});

test('what the new release reads is there after expand', () => {
  const catalog = catalogOf({ tables: [tableNamed('users', { columns: [columnNamed('id'), columnNamed('name')] })] });
  const reads = (sql: string, ...operations: readonly Operation[]) =>
    found('THM7242', operations, { catalog, probes: probes([], [sql]) });
  expect(reads('SELECT phone FROM users')).toBe('error');
  expect(reads('SELECT u.phone, u.phone FROM users u')).toBe('error');
  expect(reads('SELECT phone FROM users', raw('SELECT add_phone()'))).toBe('');
  expect(
    reads('SELECT phone FROM users', { addColumn: { table: 'users', column: { name: 'phone', type: 'text' } } }),
  ).toBe('');
  expect(reads('SELECT full_name FROM users', renameColumn)).toBe('');
  expect(reads('SELECT count(*) AS total FROM users ORDER BY total')).toBe('');
  expect(reads('SELECT users FROM users')).toBe('');
  expect(reads('SELECT v FROM users, jsonb_each(name::jsonb) AS e (k, v)')).toBe('');
  expect(reads('SELECT a FROM unknown')).toBe('');
  const next = probes([], ['SELECT phone FROM users']).next.map((probe) => ({ ...probe, needsLater: true }));
  expect(found('THM7242', [], { catalog, probes: { running: [], next } })).toBe('');
});

test('NULL that the running release never met there is said to whoever reads it', () => {
  const reads = probes(['SELECT name FROM users']);
  expect(found('THM7246', [alter({ nullable: true })], { probes: reads })).toBe('warning');
  expect(found('THM7246', [alter({ nullable: false })], { probes: reads })).toBe('');
  expect(found('THM7246', [alter({ nullable: true })], { probes: probes(['SELECT id FROM users']) })).toBe('');
  const up = 'ALTER TABLE users ALTER COLUMN name DROP NOT NULL';
  expect(found('THM7246', [raw(up)], { probes: reads })).toBe('warning');
});

test('NOT NULL waits for what fills the column', () => {
  expect(found('THM7243', [alter({ nullable: false }), backfill({ name: '1' })])).toBe('error');
  expect(found('THM7243', [backfill({ name: '1' }), alter({ nullable: false })])).toBe('error');
  expect(found('THM7243', [backfill({ other: '1' }), alter({ nullable: false })])).toBe('');
  expect(found('THM7243', [backfill({ name: '1' }), alter({ default: 'x' })])).toBe('');
});

test('findings come in the order of operations, at their places', () => {
  const place = (line: number) => ({ file: 'a.yaml', line, col: 1 });
  const findings = lint([raw('TRUNCATE a'), raw('TRUNCATE b')], { places: [place(3), place(7)] });
  const lines = findings.map(({ source }) => source!.line);
  expect([...new Set(lines)]).toEqual([3, 7]);
  expect(lines.lastIndexOf(3)).toBeLessThan(lines.indexOf(7));
});

test('a column whose shadow takes its place comes to stand last, which whoever names none notices', () => {
  const [id, name] = [columnNamed('id', { type: 'bigint' }), columnNamed('name', { type: 'text' })];
  const after = (columns: readonly (typeof id)[], more: object) =>
    found('THM7249', [alter(more)], { catalog: catalogOf({ tables: [tableNamed('users', { columns })] }) });
  const last = columnNamed('age', { type: 'integer' });
  expect(after([id, name, last], { type: 'integer', using: 'length(name)' })).toBe('warning');
  expect(after([id, name], { type: 'integer', using: 'length(name)' })).toBe('');
  expect(after([id, name, last], { type: 'integer', using: 'length(name)', method: 'shadowTable' })).toBe('');
  expect(after([id, name, last], { type: 'text' })).toBe('');
  expect(after([id, name, last], { nullable: true })).toBe('');
  expect(found('THM7249', [alter({ type: 'integer', using: 'length(name)' })])).toBe('');
});
