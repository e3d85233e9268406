import { expect, test } from 'vitest';
import type { Operation } from '../../../../src/model/documents.ts';
import { operationsOf } from '../../../support/migrate/convert.ts';

const forms: readonly [sql: string, ...operations: Operation[]][] = [
  [
    `CREATE TABLE s."T" (id bigint PRIMARY KEY, "A b" text DEFAULT 'x' NOT NULL CHECK ("A b" <> ''), UNIQUE (id, "A b"))`,
    {
      createTable: {
        table: 's.T',
        columns: [
          { name: 'id', type: 'bigint' },
          { name: 'A b', type: 'text', default: 'x', nullable: false },
        ],
        primaryKey: ['id'],
        constraints: [
          { name: 'T_A b_check', check: `"A b" <> ''` },
          { name: 'T_id_A b_key', unique: ['id', 'A b'] },
        ],
      },
    },
  ],
  [
    'ALTER TABLE t ADD COLUMN c varchar (20) DEFAULT lower(/* why */ $$X$$) REFERENCES o (id) ON DELETE SET NULL',
    {
      addColumn: { table: 't', column: { name: 'c', type: 'varchar (20)', defaultExpression: 'lower( $$X$$)' } },
    },
    {
      addConstraint: {
        table: 't',
        name: 't_c_fkey',
        foreignKey: { columns: ['c'], references: { table: 'o', columns: ['id'] }, onDelete: 'setNull' },
      },
    },
  ],
  [
    'ALTER TABLE t ADD a int, DROP b',
    { dropColumn: { table: 't', column: 'b' } },
    { addColumn: { table: 't', column: { name: 'a', type: 'int' } } },
  ],
  [
    'ALTER TABLE t RENAME a TO b; ALTER TABLE u RENAME TO "V"',
    { renameColumn: { table: 't', from: 'a', to: 'b' } },
    { renameTable: { from: 'u', to: 'V' } },
  ],
  ['ALTER TABLE t SET SCHEMA s', { renameTable: { from: 't', to: 's.t' } }],
  [
    'ALTER TABLE t ALTER a TYPE int USING a::int, ALTER b SET DATA TYPE numeric (3, 1)',
    { alterColumn: { table: 't', column: 'a', type: 'int', using: 'a::int' } },
    { alterColumn: { table: 't', column: 'b', type: 'numeric (3, 1)' } },
  ],
  [
    'ALTER TABLE t ALTER a SET DEFAULT -1, ALTER b SET DEFAULT now(), ALTER c DROP DEFAULT',
    { alterColumn: { table: 't', column: 'c', dropDefault: true } },
    { alterColumn: { table: 't', column: 'a', default: -1 } },
    { alterColumn: { table: 't', column: 'b', defaultExpression: 'now()' } },
  ],
  ['ALTER TABLE t ALTER a SET NOT NULL', { alterColumn: { table: 't', column: 'a', nullable: false } }],
  ['ALTER TABLE t ALTER a DROP NOT NULL', { alterColumn: { table: 't', column: 'a', nullable: true } }],
  [
    'ALTER TABLE t ADD CHECK (a > b), ADD CONSTRAINT u UNIQUE (a)',
    { addConstraint: { table: 't', name: 'u', unique: ['a'] } },
    { addConstraint: { table: 't', name: 't_check', check: 'a > b' } },
  ],
  [
    'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID',
    { addConstraint: { table: 't', name: 'c', check: 'a > 0', validate: false } },
  ],
  [
    'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c',
    { addConstraint: { table: 't', name: 'c', check: 'a > 0' } },
  ],
  ['ALTER TABLE t DROP CONSTRAINT c', { dropConstraint: { table: 't', name: 'c' } }],
  [
    'CREATE UNIQUE INDEX CONCURRENTLY i ON t USING gin (a jsonb_path_ops, (b || c), "D" DESC) INCLUDE (e) WHERE (a IS NULL)',
    {
      addIndex: {
        table: 't',
        name: 'i',
        columns: ['a jsonb_path_ops', 'b || c', '"D" DESC'],
        unique: true,
        method: 'gin',
        include: ['e'],
        where: '(a IS NULL)',
      },
    },
  ],
  ['CREATE INDEX ON t (lower(a), b)', { addIndex: { table: 't', name: 't_lower_b_idx', columns: ['lower(a)', 'b'] } }],
  [
    'CREATE INDEX i ON s.t (a); DROP INDEX s.i',
    { addIndex: { table: 's.t', name: 'i', columns: ['a'] } },
    { dropIndex: { table: 's.t', name: 'i' } },
  ],
  ['DROP TABLE s.t', { dropTable: { table: 's.t' } }],
  [
    `ALTER TYPE s.mood ADD VALUE 'it''s' BEFORE 'ok'`,
    { addEnumValue: { type: 's.mood', value: "it's", before: 'ok' } },
  ],
  [`ALTER TYPE mood ADD VALUE 'x' AFTER 'y'`, { addEnumValue: { type: 'mood', value: 'x', after: 'y' } }],
  [
    `CREATE TABLE t (a int); COMMENT ON TABLE t IS 'T'; COMMENT ON COLUMN t.a IS 'A'; COMMENT ON COLUMN t.a IS NULL`,
    { createTable: { table: 't', columns: [{ name: 'a', type: 'int' }], comment: 'T' } },
  ],
  [
    `ALTER TABLE t ADD a int; COMMENT ON COLUMN public.t.a IS 'A'`,
    { addColumn: { table: 't', column: { name: 'a', type: 'int', comment: 'A' } } },
  ],
];

test.each(forms.map(([sql, ...operations]) => ({ sql, operations })))('$sql', ({ sql, operations }) => {
  expect(operationsOf(sql)).toEqual(operations);
});

const constants: readonly (readonly [type: string, sql: string, made: object])[] = [
  ['int', '0', { default: 0 }],
  ['int', '-7', { default: -7 }],
  ['numeric', '1.50', { defaultExpression: '1.50' }],
  ['numeric', '1.5', { default: 1.5 }],
  ['bigint', '9223372036854775807', { defaultExpression: '9223372036854775807' }],
  ['boolean', 'FALSE', { default: false }],
  ['text', 'NULL', { default: null }],
  ['text', `E'a\\tb'`, { default: 'a\tb' }],
  ['text', `'x'::text`, { default: 'x' }],
  ['jsonb', `'{}'::jsonb`, { default: '{}' }],
  ['varchar(3)', `'x'::varchar(3)`, { defaultExpression: `'x'::varchar(3)` }],
  ['text', `'x'::varchar`, { defaultExpression: `'x'::varchar` }],
  ['int', '(1 + 2)', { defaultExpression: '(1 + 2)' }],
];

test.each(constants)('a default of %s that says %s', (type, sql, made) => {
  expect(operationsOf(`ALTER TABLE t ADD a ${type} DEFAULT ${sql} NOT NULL`)).toEqual([
    { addColumn: { table: 't', column: { name: 'a', type, nullable: false, ...made } } },
  ]);
});
