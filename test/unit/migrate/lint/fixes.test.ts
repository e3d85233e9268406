/** A fix that can be copied does what its statement did: all of it, or it is none. */
import { expect, test } from 'vitest';
import { catalogOf, columnNamed, constraintNamed, tableNamed } from '../../../support/migrate/catalogs.ts';
import { lint, raw } from '../../../support/migrate/lint-of.ts';

const owners = tableNamed('owners', {
  columns: [columnNamed('code', { type: 'text', nullable: false })],
  constraints: [
    constraintNamed('owners_pkey', { kind: 'primaryKey', columns: ['code'], definition: 'PRIMARY KEY (code)' }),
  ],
});
const catalog = catalogOf({ tables: [owners, tableNamed('users')] });

/** What stands between backticks. */
function operationsIn(code: string, up: string): readonly string[] {
  const { fix = '' } = lint([raw(up)], { catalog }).find((finding) => finding.code === code)!;
  return [...fix.matchAll(/`([^`]*)`/gu)].map(([, operation]) => operation!);
}

test.each([
  [
    'THM7206',
    'CREATE INDEX i ON users (a DESC NULLS LAST, lower(b))',
    'addIndex: { table: users, name: i, columns: [a DESC NULLS LAST, lower(b)] }',
  ],
  [
    'THM7206',
    'CREATE INDEX i ON users (b text_pattern_ops)',
    'addIndex: { table: users, name: i, columns: [b text_pattern_ops] }',
  ],
  [
    'THM7206',
    'CREATE INDEX ON users (a, lower(b))',
    'addIndex: { table: users, name: users_a_lower_idx, columns: [a, lower(b)] }',
  ],
  [
    'THM7209',
    'ALTER TABLE users ADD CHECK (a > 0)',
    'addConstraint: { table: users, name: users_a_check, check: "a > 0" }',
  ],
  [
    'THM7209',
    'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES owners (code) ON DELETE CASCADE',
    'addConstraint: { table: users, name: f, foreignKey: { columns: [o], references: { table: owners, columns: [code] }, onDelete: cascade } }',
  ],
  [
    'THM7209',
    'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES owners',
    'addConstraint: { table: users, name: f, foreignKey: { columns: [o], references: { table: owners, columns: [code] } } }',
  ],
  [
    'THM7210',
    'ALTER TABLE users ADD COLUMN a int UNIQUE',
    'addColumn: { table: users, column: { name: a, type: int } }',
    'addConstraint: { table: users, name: users_a_key, unique: [a] }',
  ],
  ['THM7214', `UPDATE users SET a = 'x' WHERE b`, `backfill: { table: users, set: { a: "'x'" }, where: b }`],
])('%s: %s', (code, up, ...operations) => {
  expect(operationsIn(code, up)).toEqual(operations);
});

test.each([
  ['THM7201', 'ALTER TABLE users ADD COLUMN a text COLLATE "C" DEFAULT md5(random()::text)'],
  ['THM7206', 'CREATE UNIQUE INDEX i ON users (a) NULLS NOT DISTINCT'],
  ['THM7206', 'CREATE INDEX i ON users (a) WITH (fillfactor = 50)'],
  ['THM7209', 'ALTER TABLE users ADD CONSTRAINT c CHECK (a > 0) NO INHERIT'],
  ['THM7209', 'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES owners (code) DEFERRABLE'],
  ['THM7209', 'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (o) REFERENCES elsewhere'],
  ['THM7210', 'ALTER TABLE users ADD CONSTRAINT u UNIQUE (a) INCLUDE (b)'],
  ['THM7210', 'ALTER TABLE users ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a)'],
  ['THM7214', `UPDATE users SET (a, b) = ('x', 'y')`],
  ['THM7214', 'UPDATE users AS u SET a = u.b'],
])('%s: no operation does what %s does', (code, up) => {
  expect(operationsIn(code, up)).toEqual([]);
});
