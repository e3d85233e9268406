/**
 * Migrations as an apply runs them, beside clients that insert, update and delete all the while in the shape of the
 * release of before and in that of the next one. None of them may fail, through expand, migrate, undo after that, all of
 * it again, contract, and undo of what comes back from there; and each row whose commit was answered is there afterwards,
 * as the clients themselves kept it. Soak takes more operations, and rows.
 */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import { readHistory } from '../../src/fleet/schema/state/read-state.ts';
import type { Operation } from '../../src/model/documents.ts';
import { startPostgres, type PostgresServer } from '../support/database/postgres.ts';
import { failureOf } from '../support/failure-of.ts';
import { trimmedTable } from '../support/migrate/trimmed-table.ts';
import { startWriters, type Writers } from '../support/migrate/writers.ts';
import { isSoak } from '../support/runs.ts';
import { migration, SchemaWorld } from '../support/schema/schema-world.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.close();
});

interface Case {
  readonly operation: Operation;
  /** What the next release calls the column. */
  readonly email?: string;
  /** Why contract cannot be taken back. */
  readonly final?: true;
}

const table = 'accounts';
/** Beside each: rows that are written once more, by a walk that fires the triggers of the table. */
const backfill: Operation = {
  backfill: { table, set: { price: '1.25' }, undo: { price: 'NULL' }, where: 'price IS NULL', batchSize: 500 },
};

const usual: Readonly<Record<string, Case>> = {
  'a column gets another name': { operation: { renameColumn: { table, from: 'mail', to: 'email' } }, email: 'email' },
  'a column gets a type that fails for some values': {
    operation: { alterColumn: { table, column: 'nick', type: 'varchar(30)' } },
    final: true,
  },
  'the key gets another type': { operation: { alterColumn: { table, column: 'id', type: 'bigint' } }, final: true },
};
const more: Readonly<Record<string, Case>> = {
  'a column gets another type': {
    operation: { alterColumn: { table, column: 'amount', type: 'bigint' } },
    final: true,
  },
  'a column comes': {
    operation: {
      addColumn: { table, column: { name: 'x', type: 'int', defaultExpression: '40 + 2', nullable: false } },
    },
  },
  'a column goes': { operation: { dropColumn: { table, column: 'written' } }, final: true },
  'a column becomes NOT NULL': { operation: { alterColumn: { table, column: 'id', check: 'id > 0' } } },
  'an index comes': { operation: { addIndex: { table, name: 'by_nick_id', columns: ['nick', 'id'], unique: true } } },
  'an index goes': { operation: { dropIndex: { table, name: 'accounts_rich' } } },
  'a check comes': { operation: { addConstraint: { table, name: 'positive', check: 'id > 0' } } },
  'a unique constraint comes': { operation: { addConstraint: { table, name: 'both', unique: ['mail', 'id'] } } },
  'a constraint goes': { operation: { dropConstraint: { table, name: 'mail_given' } } },
  'a foreign key goes': { operation: { dropConstraint: { table, name: 'accounts_parent_fkey' } } },
};

const rows = 6000;
const limitMs = isSoak ? 600_000 : 180_000;
const transactions = isSoak ? 1000 : 30;

for (const [name, { operation, email = 'mail', final }] of Object.entries(isSoak ? { ...usual, ...more } : usual)) {
  test(`where ${name}, no client fails and every row it was told of is there`, { timeout: limitMs }, async () => {
    const url = await server.createDatabase();
    const database = openPostgresql({ url: () => Promise.resolve(url), sessions: 2 });
    const world = new SchemaWorld(database);
    await world.sql(
      ...trimmedTable,
      `INSERT INTO accounts (id, mail, country) SELECT n, 'm' || n, 'at' FROM generate_series(501, ${rows}) n`,
      'ANALYZE',
    );
    // Written by nobody but triggers of the table, which a dropped column would fail.
    if (name === 'a column goes') await world.sql('DROP TRIGGER "Tidies" ON accounts; DROP TRIGGER logs ON accounts');
    const made = migration([operation, backfill]);
    const writers = await startWriters(url, 4);
    try {
      const done = async (work: Promise<{ readonly outcome: string }>): Promise<void> => {
        expect(await work).toMatchObject({ outcome: 'done' });
        await writers.write(transactions);
      };
      await done(world.run(made, 'expand'));
      await writers.call('mail', email);
      await writers.write(transactions);
      await done(world.run(made, 'migrate'));
      await expectSame(world, email);
      // The nodes have their old release back.
      await writers.call('mail');
      await done(world.undo(made.name));
      await done(world.run(made, 'expand'));
      await writers.call('mail', email);
      await done(world.run(made, 'migrate'));
      await writers.call(email);
      await done(world.run(made, 'contract'));
      if (final === true) {
        expect(await failureOf(world.undo(made.name))).toMatchObject({ code: 'MIGRATION_REFUSED' });
      } else {
        // By then there is one name, and at one moment it is the other.
        await writers.call(...(email === 'mail' ? [email] : []));
        await done(world.undo(made.name));
      }
    } finally {
      expect(await writers.end()).toEqual([]);
    }
    await expectAcknowledged(url, writers, final === true ? email : 'mail');
    const history = await readHistory(database);
    expect(history.map(({ phase, outcome }) => `${phase} ${outcome}`)).toEqual([
      'expand done',
      'migrate done',
      'undo done',
      'expand done',
      'migrate done',
      'contract done',
      ...(final === true ? [] : ['undo done']),
    ]);
    await database.close();
  });
}

/** Both names say the same while there are two. */
async function expectSame(world: SchemaWorld, email: string): Promise<void> {
  expect(await world.sql(`SELECT count(*) FROM accounts WHERE mail IS DISTINCT FROM ${email}`)).toEqual([
    { count: '0' },
  ]);
}

/** On a connection that has nothing to do with the migration. */
async function expectAcknowledged(url: string, writers: Writers, mail: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => String } });
  await client.connect();
  const found = await client.query(`SELECT id, ${mail} AS mail, amount, nick FROM accounts WHERE id <= ${rows}`);
  await client.end();
  const byId = (one: { id: string }, other: { id: string }): number => Number(one.id) - Number(other.id);
  expect(found.rows.sort(byId)).toEqual(writers.rows());
  expect(writers.rows().length).toBeGreaterThan(500);
}
