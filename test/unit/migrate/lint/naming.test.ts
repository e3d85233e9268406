import { expect, test } from 'vitest';
import type { Operation } from '../../../../src/model/documents.ts';
import { found, foundIn, raw } from '../../../support/migrate/lint-of.ts';

test.each([
  ['char(3)', 'warning'],
  ['money', 'warning'],
  ['timestamp', 'warning'],
  ['timestamp(3) without time zone', 'warning'],
  ['timetz', 'warning'],
  ['json', 'warning'],
  ['json[]', 'warning'],
  ['serial', 'warning'],
  ['varchar(20)', 'info'],
  ['varchar', ''],
  ['timestamptz', ''],
  ['time', ''],
  ['jsonb', ''],
  ['text', ''],
  ['integer', ''],
  ['"char"', ''],
  ['constructor', ''],
])('type %s is: %j', (type, severity) => {
  const column = { name: 'a', type };
  const created: Operation = { createTable: { table: 't', columns: [column] } };
  expect(found('THM7221', [created])).toBe(severity);
  expect(found('THM7221', [{ addColumn: { table: 't', column } }])).toBe(severity);
  expect(foundIn('THM7221', `CREATE TABLE t (a ${type})`)).toBe(severity);
  expect(foundIn('THM7221', `ALTER TABLE t ADD COLUMN a ${type}`)).toBe(severity);
  expect(foundIn('THM7221', `ALTER TABLE t ALTER COLUMN a TYPE ${type}`)).toBe(severity);
});

test('a key that counts rows is long enough for them', () => {
  const key = (type: string): Operation => ({
    createTable: { table: 't', columns: [{ name: 'id', type }], primaryKey: ['id'] },
  });
  expect(found('THM7221', [key('integer')])).toBe('warning');
  expect(found('THM7221', [key('bigint')])).toBe('');
  expect(foundIn('THM7221', 'CREATE TABLE t (id int PRIMARY KEY, other int)')).toBe('warning');
  expect(foundIn('THM7221', 'CREATE TABLE t (id int, PRIMARY KEY (id))')).toBe('warning');
});

test('a name is as long as its bytes', () => {
  const named = (name: string): Operation => ({ addIndex: { table: 't', name, columns: ['a'] } });
  expect(found('THM7222', [named('x'.repeat(63))])).toBe('');
  expect(found('THM7222', [named('ü'.repeat(32))])).toBe('error');
  expect(foundIn('THM7222', `CREATE TABLE ${'x'.repeat(64)} (id int)`)).toBe('error');
  expect(foundIn('THM7222', `COMMENT ON TABLE t IS '${'x'.repeat(64)}'`)).toBe('');
});

test.each<[string, Operation]>([
  ['a column', { addColumn: { table: 't', column: { name: '_themis_a', type: 'text' } } }],
  ['a schema', { createTable: { table: 'themis.t', columns: [{ name: 'a', type: 'text' }] } }],
  ['the target of a rename', { renameTable: { from: 't', to: '_themis_t' } }],
  [
    'a table of a foreign key',
    {
      addConstraint: {
        table: 't',
        name: 'c',
        foreignKey: { columns: ['a'], references: { table: 'themis.history', columns: ['run'] } },
      },
    },
  ],
  ['a table in a statement', raw('DELETE FROM themis.history')],
  ['a schema that is made', raw('CREATE SCHEMA IF NOT EXISTS themis')],
  ['a setting', raw("SET LOCAL themis.quiet = 'on'")],
  ['a trigger', raw('DROP TRIGGER _themis_1_copy ON t')],
])('what belongs to Themis is left alone: %s', (_, operation) => {
  expect(found('THM7223', [operation])).toBe('error');
});

test('a name that only looks like one of Themis is anybody’s', () => {
  expect(found('THM7223', [{ dropColumn: { table: 'themis_users', column: 'themis' } }])).toBe('');
  expect(foundIn('THM7223', 'ALTER TABLE t ADD themis text')).toBe('');
});
