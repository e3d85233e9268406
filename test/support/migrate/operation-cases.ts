/** Two tables with all that operations treat, and every operation that undo takes back, with the script that does the same. */
import type { Operation } from '../../../src/model/documents.ts';

export const setup = [
  'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS crm CASCADE; CREATE SCHEMA crm',
  `CREATE TYPE status AS ENUM ('open', 'done')`,
  `COMMENT ON TYPE status IS 'of an order'`,
  'GRANT USAGE ON TYPE status TO reader',
  `CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, nick text,
    CONSTRAINT short CHECK (length(email) < 99), CONSTRAINT email_key UNIQUE (email) DEFERRABLE)`,
  `CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, state status NOT NULL DEFAULT 'open',
    past status[], n int, CONSTRAINT not_done CHECK (state <> 'done') NOT VALID)`,
  `CREATE INDEX open ON orders (n DESC) WHERE state = 'open'`,
  'CREATE UNIQUE INDEX "N o" ON orders (n, (n + 1)) INCLUDE (id)',
  `COMMENT ON INDEX open IS 'few'; COMMENT ON CONSTRAINT short ON users IS 'why'; COMMENT ON COLUMN users.nick IS 'what'`,
  'GRANT SELECT, INSERT ON users TO reader; GRANT UPDATE (nick) ON users TO writer WITH GRANT OPTION',
  'ALTER TABLE users CLUSTER ON email_key; ALTER TABLE users OWNER TO writer; GRANT ALL ON SCHEMA public, crm TO writer, reader',
  `INSERT INTO users (email, nick) SELECT 'u' || n, CASE WHEN n % 3 = 0 THEN 'n' || n END FROM generate_series(1, 50) n`,
  `INSERT INTO orders SELECT n, n, 'open', '{open,done}', n FROM generate_series(1, 50) n`,
];
/** What the release writes that knows those tables as they are. */
export const oldRelease = [
  `INSERT INTO users (email, nick) VALUES ('w', NULL), ('x', 'x')`,
  `UPDATE users SET nick = 'z', email = 'zz' WHERE id = 3`,
  `UPDATE users SET email = 'last' WHERE id = 50`,
  `INSERT INTO orders (id, user_id, n) SELECT 99, max(id), 99 FROM users`,
  `INSERT INTO orders (id, user_id, n) VALUES (1, 1, 101) ON CONFLICT DO NOTHING`,
  `UPDATE orders SET state = 'open', past = '{done}', n = n + 200 WHERE id IN (4, 50)`,
  `DELETE FROM orders WHERE id = 5`,
  `DELETE FROM users WHERE email IN ('w', 'u5')`,
];

const foreignKey = {
  columns: ['user_id'],
  references: { table: 'users', columns: ['id'] },
  onDelete: 'cascade' as const,
};

export const cases: readonly [name: string, operation: Operation, plain: string][] = [
  [
    'createTable',
    {
      createTable: {
        table: 'crm.Notes',
        columns: [
          { name: 'id', type: 'bigint', nullable: false },
          { name: 'Text', type: 'text', default: "it's \\ so", check: `"Text" <> ''`, comment: 'c' },
          { name: 'at', type: 'timestamptz', defaultExpression: 'now()', nullable: false },
          { name: 'user_id', type: 'bigint' },
        ],
        primaryKey: ['id'],
        constraints: [
          { name: 'who', foreignKey },
          { name: 'u', unique: ['Text', 'at'] },
          { name: 'c', check: 'id > 0 -- x' },
        ],
        comment: 'notes',
      },
    },
    `CREATE TABLE crm."Notes" (id bigint PRIMARY KEY, "Text" text DEFAULT E'it''s \\\\ so' CHECK ("Text" <> ''),
      at timestamptz NOT NULL DEFAULT now(), user_id bigint CONSTRAINT who REFERENCES users (id) ON DELETE CASCADE,
      CONSTRAINT u UNIQUE ("Text", at), CONSTRAINT c CHECK (id > 0));
      COMMENT ON TABLE crm."Notes" IS 'notes'; COMMENT ON COLUMN crm."Notes"."Text" IS 'c'`,
  ],
  ['renameTable', { renameTable: { from: 'users', to: 'people' } }, 'ALTER TABLE users RENAME TO people'],
  [
    'renameTable to another schema',
    { renameTable: { from: 'users', to: 'crm.people' } },
    'ALTER TABLE users SET SCHEMA crm; ALTER TABLE crm.users RENAME TO people',
  ],
  [
    'renameColumn',
    { renameColumn: { table: 'users', from: 'nick', to: 'Alias' } },
    'ALTER TABLE users RENAME COLUMN nick TO "Alias"',
  ],
  [
    'addColumn with a constant',
    { addColumn: { table: 'users', column: { name: 'x', type: 'int', default: 5, nullable: false, check: 'x > 0' } } },
    'ALTER TABLE users ADD COLUMN x int NOT NULL DEFAULT 5 CHECK (x > 0)',
  ],
  [
    'addColumn with an expression',
    {
      addColumn: {
        table: 'users',
        column: { name: 'x', type: 'uuid', defaultExpression: 'gen_random_uuid()', nullable: false, comment: 'c' },
      },
    },
    `ALTER TABLE users ADD COLUMN x uuid NOT NULL DEFAULT gen_random_uuid(); COMMENT ON COLUMN users.x IS 'c'`,
  ],
  [
    'addColumn with a check of two columns',
    {
      addColumn: {
        table: 'orders',
        column: { name: 'x', type: 'int', defaultExpression: '1 + 1', check: 'x > 0 AND id > 0' },
      },
    },
    'ALTER TABLE orders ADD COLUMN x int DEFAULT 1 + 1 CHECK (x > 0 AND id > 0)',
  ],
  [
    'addIndex',
    {
      addIndex: {
        table: 'users',
        name: 'Nick',
        columns: ['lower(nick) DESC', 'nick text_pattern_ops', 'EMAIL'],
        unique: true,
        include: ['id'],
        where: 'nick IS NOT NULL -- x',
      },
    },
    `CREATE UNIQUE INDEX "Nick" ON users (lower(nick) DESC, nick text_pattern_ops, email) INCLUDE (id) WHERE nick IS NOT NULL`,
  ],
  ['dropIndex', { dropIndex: { table: 'orders', name: 'open' } }, 'DROP INDEX open'],
  ['dropIndex over expressions', { dropIndex: { table: 'orders', name: 'N o', online: false } }, 'DROP INDEX "N o"'],
  [
    'addConstraint check',
    { addConstraint: { table: 'orders', name: 'c', check: 'n > 0' } },
    'ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0)',
  ],
  [
    'addConstraint check of new rows',
    { addConstraint: { table: 'orders', name: 'c', check: 'n > 25', validate: false } },
    'ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 25) NOT VALID',
  ],
  [
    'addConstraint unique',
    { addConstraint: { table: 'orders', name: 'U n', unique: ['user_id', 'n'] } },
    'ALTER TABLE orders ADD CONSTRAINT "U n" UNIQUE (user_id, n)',
  ],
  [
    'addConstraint foreign key',
    { addConstraint: { table: 'orders', name: 'f', foreignKey } },
    'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE',
  ],
  [
    'dropConstraint check',
    { dropConstraint: { table: 'users', name: 'short' } },
    'ALTER TABLE users DROP CONSTRAINT short',
  ],
  [
    'dropConstraint check that is not valid',
    { dropConstraint: { table: 'orders', name: 'not_done' } },
    'ALTER TABLE orders DROP CONSTRAINT not_done',
  ],
  [
    'dropConstraint unique',
    { dropConstraint: { table: 'users', name: 'email_key' } },
    'ALTER TABLE users DROP CONSTRAINT email_key',
  ],
  [
    'dropConstraint primary key',
    { dropConstraint: { table: 'orders', name: 'orders_pkey' } },
    'ALTER TABLE orders DROP CONSTRAINT orders_pkey',
  ],
  [
    'dropConstraint foreign key',
    { dropConstraint: { table: 'orders', name: 'orders_user_id_fkey' } },
    'ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey',
  ],
  [
    'addEnumValue',
    { addEnumValue: { type: 'status', value: "can't", before: 'done' } },
    `ALTER TYPE status ADD VALUE 'can''t' BEFORE 'done'`,
  ],
  ['rawSql', { rawSql: { up: 'CREATE SEQUENCE s', down: 'DROP SEQUENCE s' } }, 'CREATE SEQUENCE s'],
];

/** Each operation once, in the way that has the most steps; those that undo takes back, and those it cannot. */
export const everyOperation: readonly (readonly [name: string, operation: Operation])[] = [
  // Values that are others each time have no hash to compare.
  ...cases.flatMap(([name, operation]) =>
    JSON.stringify(operation).includes('uuid') ? [] : [[name, operation] as const],
  ),
  [
    'addColumn that is filled',
    { addColumn: { table: 'users', column: { name: 'x', type: 'int', defaultExpression: '40 + 2', nullable: false } } },
  ],
  ['renameColumn', { renameColumn: { table: 'users', from: 'email', to: 'address' } }],
  ['alterColumn to NOT NULL', { alterColumn: { table: 'orders', column: 'user_id', nullable: false } }],
  ['alterColumn with a check', { alterColumn: { table: 'orders', column: 'n', check: 'n < 99999' } }],
  ['alterColumn by a shadow column', { alterColumn: { table: 'users', column: 'nick', type: 'varchar(30)' } }],
  [
    'alterColumn by a shadow table',
    { alterColumn: { table: 'orders', column: 'id', type: 'numeric', method: 'shadowTable' } },
  ],
  ['dropColumn', { dropColumn: { table: 'users', column: 'email' } }],
  ['dropTable', { dropTable: { table: 'orders' } }],
  ['backfill', { backfill: { table: 'orders', set: { n: 'n + 9999' }, undo: { n: 'n - 9999' }, batchSize: 20 } }],
];
