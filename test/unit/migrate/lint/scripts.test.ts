import { expect, test } from 'vitest';
import type { Operation } from '../../../../src/model/documents.ts';
import { catalogOf, constraintNamed, tableNamed, viewNamed } from '../../../support/migrate/catalogs.ts';
import { found, foundIn, lint, probes, raw } from '../../../support/migrate/lint-of.ts';

test.each([
  ['THM7200', 'error', 'ALTR TABLE users'],
  ['THM7208', 'error', 'CREATE INDEX CONCURRENTLY i ON users (a)'],
  ['THM7208', 'error', 'DROP INDEX CONCURRENTLY i'],
  ['THM7208', 'error', 'REINDEX TABLE CONCURRENTLY users'],
  ['THM7208', 'error', 'VACUUM users'],
  ['THM7208', 'error', 'ALTER SYSTEM SET work_mem = 1'],
  ['THM7208', 'error', 'ALTER TABLE users DETACH PARTITION users_1 CONCURRENTLY'],
  ['THM7211', 'error', 'TRUNCATE users'],
  ['THM7212', 'error', 'LOCK TABLE users'],
  ['THM7212', 'error', 'LOCK TABLE users IN SHARE MODE'],
  ['THM7214', 'error', 'UPDATE users SET a = 1'],
  ['THM7214', 'error', 'UPDATE users SET a = 1 WHERE true'],
  ['THM7214', 'error', 'DELETE FROM users'],
  ['THM7214', 'warning', 'DELETE FROM users WHERE closed'],
  ['THM7215', 'warning', 'CREATE TABLE copies AS SELECT * FROM users'],
  ['THM7215', 'warning', 'SELECT * INTO copies FROM users'],
  ['THM7215', 'warning', 'INSERT INTO copies SELECT * FROM users'],
  ['THM7216', 'error', "ALTER TYPE status ADD VALUE 'gone'; UPDATE users SET status = 'gone' WHERE id = 1"],
  ['THM7217', 'warning', 'ALTER TABLE a ADD x int; ALTER TABLE b ADD x int'],
  ['THM7224', 'warning', `ALTER TYPE status RENAME VALUE 'old' TO 'new'`],
  ['THM7247', 'error', `ALTER ROLE app PASSWORD 'x'`],
  ['THM7247', 'warning', `SELECT dblink_connect('host=h user=u password=x')`],
  ['THM7217', 'warning', 'DROP TABLE a, b'],
  ['THM7218', 'error', 'ALTER TABLE users DISABLE TRIGGER ALL'],
  ['THM7218', 'error', 'SET LOCAL session_replication_role = replica'],
  ['THM7219', 'error', 'SET lock_timeout = 0'],
  ['THM7219', 'error', "SET LOCAL lock_timeout = '0s'"],
  ['THM7219', 'error', 'RESET lock_timeout'],
  ['THM7219', 'error', "SELECT set_config('lock_timeout', '0', true)"],
  ['THM7219', 'warning', 'SET LOCAL statement_timeout = 0'],
  ['THM7219', 'warning', "SET work_mem = '1GB'"],
  ['THM7220', 'error', 'COMMIT'],
  ['THM7224', 'warning', 'ALTER TABLE users RENAME COLUMN a TO b'],
  ['THM7224', 'warning', 'ALTER TABLE users RENAME TO people'],
  ['THM7224', 'warning', 'ALTER TABLE users SET SCHEMA crm'],
  ['THM7224', 'error', 'ALTER SCHEMA crm RENAME TO sales'],
  ['THM7225', 'error', 'DROP TABLE users'],
  ['THM7225', 'error', 'ALTER TABLE users DROP COLUMN a'],
  ['THM7225', 'error', 'DROP SCHEMA crm'],
  ['THM7225', 'error', 'DROP DATABASE crm'],
  ['THM7225', 'warning', 'DROP FUNCTION f()'],
  ['THM7226', 'warning', 'DROP VIEW names CASCADE'],
  ['THM7226', 'warning', 'ALTER TABLE users DROP CONSTRAINT c CASCADE'],
  ['THM7229', 'info', 'DO $$ BEGIN END $$'],
  ['THM7229', 'info', 'CALL tidy()'],
  ['THM7245', 'warning', 'ALTER TABLE a ADD x int; UPDATE a SET x = 1 WHERE y'],
  ['THM7245', 'warning', 'ALTER TABLE a ADD x int; CREATE INDEX i ON b (y)'],
  ['THM7245', 'warning', 'DROP VIEW v; INSERT INTO b SELECT * FROM a'],
  ['THM7245', 'warning', 'ALTER TABLE a ADD x int; ALTER TABLE b VALIDATE CONSTRAINT c'],
])('%s is a %s: %s', (code, severity, up) => {
  expect(foundIn(code, up)).toBe(severity);
});

test.each([
  ['THM7200', 'SELECT 1; -- nothing more'],
  ['THM7208', 'CREATE INDEX i ON users (a)'],
  ['THM7208', 'ANALYZE users'],
  ['THM7211', 'CREATE TABLE t (id int); TRUNCATE t'],
  ['THM7212', 'LOCK TABLE users IN ROW EXCLUSIVE MODE'],
  ['THM7214', 'CREATE TABLE t (id int); UPDATE t SET id = 1'],
  ['THM7214', 'INSERT INTO users (a) VALUES (1)'],
  ['THM7215', 'CREATE TABLE copies AS SELECT 1'],
  ['THM7215', 'CREATE TABLE copies AS SELECT * FROM users WITH NO DATA'],
  ['THM7215', 'CREATE MATERIALIZED VIEW copies AS SELECT * FROM users'],
  ['THM7215', 'INSERT INTO copies VALUES (1)'],
  ['THM7216', "ALTER TYPE status ADD VALUE 'gone'; UPDATE users SET status = 'open'"],
  ['THM7217', 'ALTER TABLE a ADD x int; ALTER TABLE a ADD y int'],
  ['THM7217', 'ALTER TABLE a ADD x int; ALTER TABLE b VALIDATE CONSTRAINT c'],
  ['THM7217', 'CREATE TABLE t (id int); ALTER TABLE t ADD x int; ALTER TABLE a ADD x int'],
  ['THM7218', 'ALTER TABLE users ENABLE TRIGGER ALL'],
  ['THM7219', "SET LOCAL lock_timeout = '50ms'"],
  ['THM7219', 'SELECT 1'],
  ['THM7220', "SELECT 'COMMIT'"],
  ['THM7224', 'ALTER INDEX i RENAME TO j'],
  ['THM7224', `CREATE TYPE t AS ENUM ('a'); ALTER TYPE t RENAME VALUE 'a' TO 'b'`],
  ['THM7247', 'ALTER ROLE app PASSWORD NULL'],
  ['THM7224', 'CREATE TABLE t (id int); ALTER TABLE t RENAME TO u'],
  ['THM7225', 'CREATE TABLE t (id int); DROP TABLE t'],
  ['THM7225', 'DROP INDEX CONCURRENTLY i'],
  ['THM7226', 'DROP VIEW names'],
  ['THM7245', 'UPDATE a SET x = 1 WHERE y; ALTER TABLE a ADD z int'],
  ['THM7245', 'ALTER TABLE a ADD x int; INSERT INTO b VALUES (1)'],
  ['THM7245', 'CREATE TABLE t (id int); ALTER TABLE t ADD x int; UPDATE a SET x = 1 WHERE y'],
  ['THM7229', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'],
])('%s has nothing against %s', (code, up) => {
  expect(foundIn(code, up)).toBe('');
});

test('what cannot run in a transaction may stand alone, outside of one', () => {
  const up = 'CREATE INDEX CONCURRENTLY i ON users (a)';
  expect(found('THM7208', [raw(up, { transactional: false })])).toBe('');
  expect(found('THM7208', [raw(`${up}; SELECT 1`, { transactional: false })])).toBe('error');
});

test.each([
  ['CREATE INDEX CONCURRENTLY i ON a (b)', 'warning'],
  ['CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)', 'warning'],
  ['DROP INDEX CONCURRENTLY i', 'warning'],
  ['DROP INDEX CONCURRENTLY IF EXISTS i', ''],
  ["ALTER TYPE s ADD VALUE 'x'", 'warning'],
  ["ALTER TYPE s ADD VALUE IF NOT EXISTS 'x'", ''],
  ["ALTER TYPE s RENAME VALUE 'x' TO 'y'", ''],
  ['CREATE SCHEMA a', 'warning'],
  ['VACUUM a', ''],
])('outside of a transaction %s may be run twice: %j', (up, severity) => {
  expect(found('THM7244', [raw(up, { transactional: false })])).toBe(severity);
  expect(found('THM7244', [raw(up)])).toBe('');
});

test('a value that is added alone may be used by the next operation', () => {
  const use = raw("UPDATE users SET status = 'gone'");
  expect(found('THM7216', [raw("ALTER TYPE status ADD VALUE 'gone'"), use])).toBe('');
});

test('in contract a drop is where it belongs', () => {
  expect(found('THM7225', [raw('DROP TABLE users', { phase: 'contract' })])).toBe('');
  expect(found('THM7225', [raw('DROP TABLE users', { phase: 'migrate' })])).toBe('error');
});

test.each([
  ['SELECT name FROM users', 'error'],
  ['SELECT u.name FROM crm.users AS u JOIN users ON true', 'warning'],
  ['SELECT u.name FROM users AS u', 'error'],
  ['UPDATE users SET name = $1', 'error'],
  ['INSERT INTO users (name) VALUES ($1)', 'error'],
  ['SELECT id FROM users', 'warning'],
  ['SELECT * FROM users', 'warning'],
  ['WITH users AS (SELECT 1 AS name) SELECT name FROM users', 'warning'],
])('a rename that probe %j of the running release meets is: %s', (sql, severity) => {
  const up = 'ALTER TABLE users RENAME COLUMN name TO full_name';
  expect(foundIn('THM7224', up, { probes: probes([sql]) })).toBe(severity);
});

test('the catalog tells whose a bare column is', () => {
  const sql = 'SELECT name FROM users JOIN owners ON owners.id = users.owner_id';
  const up = 'ALTER TABLE users RENAME COLUMN name TO full_name';
  const column = { ...tableNamed('x').columns[0]!, name: 'name' };
  const withName = (name: string) => tableNamed(name, { columns: [column] });
  const at = (...tables: ReturnType<typeof tableNamed>[]) =>
    foundIn('THM7224', up, { probes: probes([sql]), catalog: catalogOf({ tables }) });
  expect(at(tableNamed('users'), withName('owners'))).toBe('warning');
  expect(at(withName('users'), tableNamed('owners'))).toBe('error');
});

test('every text of SQL is read, wherever it stands', () => {
  const broken: readonly Operation[] = [
    { createTable: { table: 't', columns: [{ name: 'a', type: 'integr(' }] } },
    { createTable: { table: 't', columns: [{ name: 'a', type: 'text', check: 'a >' }] } },
    { addColumn: { table: 't', column: { name: 'a', type: 'text, b text' } } },
    { addColumn: { table: 't', column: { name: 'a', type: 'text', defaultExpression: 'now(' } } },
    { alterColumn: { table: 't', column: 'a', type: 'text', using: 'a) , (b' } },
    { addIndex: { table: 't', name: 'i', columns: ['a'], where: 'a IS' } },
    { addConstraint: { table: 't', name: 'c', check: '1 = ' } },
    { backfill: { table: 't', set: { a: '1 +' } } },
    raw('SELECT 1', { down: 'SELEC' }),
  ];
  for (const operation of broken) expect(found('THM7200', [operation]), JSON.stringify(operation)).toBe('error');
  expect(found('THM7200', [], { probes: probes(['SELEC 1']) })).toBe('error');
  expect(found('THM7200', [], { probes: probes(['SELECT 1; SELECT 2']) })).toBe('error');
  expect(found('THM7200', [], { probes: probes(['-- later']) })).toBe('error');
  expect(found('THM7200', [], { probes: probes(['SELECT 1;']) })).toBe('');
});

test('what is SQL is read, comments and all', () => {
  const fine: readonly Operation[] = [
    {
      createTable: { table: 't', columns: [{ name: 'a', type: 'numeric(10, 2)[]', check: 'a IS NOT NULL -- there' }] },
    },
    { alterColumn: { table: 't', column: 'a', type: 'timestamp(3) with time zone', using: "a AT TIME ZONE 'UTC'" } },
    { backfill: { table: 't', set: { a: '(SELECT max(b) FROM c)' }, where: 'a IS NULL' } },
  ];
  expect(found('THM7200', fine)).toBe('');
});

test('details name what CASCADE takes along', () => {
  const owned = constraintNamed('owner', { kind: 'foreignKey', references: 'public.users' });
  const catalog = catalogOf({
    tables: [tableNamed('users'), tableNamed('orders', { constraints: [owned] })],
    views: [viewNamed('names', { reads: ['public.users.name'] })],
  });
  const details = (up: string) => lint([raw(up)], { catalog }).flatMap((finding) => finding.details ?? []);
  expect(details('TRUNCATE users CASCADE').join(' ')).toContain('orders');
  expect(details('ALTER TABLE users DROP COLUMN name CASCADE').join(' ')).toContain('names');
  expect(details('DROP TABLE users CASCADE').join(' ')).toContain('names');
});

test('a write of all rows is shown as a backfill', () => {
  const [finding] = lint([raw('UPDATE sales.users SET a = lower(b) WHERE a IS NULL')]);
  expect(finding!.fix).toContain('`backfill: { table: sales.users, set: { a: lower(b) }, where: a IS NULL }`');
});
