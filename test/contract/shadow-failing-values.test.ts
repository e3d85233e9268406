import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../src/migrate/catalog/read-catalog.ts';
import type { Operation } from '../../src/model/documents.ts';
import { failureOf } from '../support/failure-of.ts';
import { engineVersions, engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { runSteps, undoSteps } from '../support/migrate/run-steps.ts';
import { isSoak } from '../support/runs.ts';
import { trimmedTable } from '../support/migrate/trimmed-table.ts';
import { single } from '../support/migrate/twins.ts';

const methods = ['shadowColumn', 'shadowTable'] as const;
const long = 'a nick that is longer than twenty characters';

// The newest PostgreSQL is the fastest of them; in memory it takes five times as long.
describe.each(isSoak ? engineVersions : engineVersions.slice(0, 1))('$name', ({ engine, version }) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await engineWorlds[engine](version);
  });
  afterAll(async () => {
    await world.close();
  });

  test.each(methods)(
    'a value that comes before the swap and does not convert ends it, and stays: %s',
    async (method) => {
      const pair = await single(trimmedTable, world.openShared);
      const operation: Operation = { alterColumn: { table: 'accounts', column: 'nick', type: 'varchar(20)', method } };
      const before = await readCatalog(pair.one);
      const steps = await pair.steps(operation, 'expand');
      const swap = steps.findIndex(({ id }) => id.endsWith('/swap'));
      await runSteps(pair.one, steps.slice(0, swap));
      await pair.one.query(`UPDATE accounts SET nick = '${long}' WHERE id = 7`);
      expect((await failureOf(runSteps(pair.one, steps.slice(swap, swap + 1)))).reason).toMatch(/^2/u);
      await undoSteps(pair.one, steps.slice(0, swap));
      expect(catalogDifference(before, await readCatalog(pair.one))).toEqual([]);
      expect((await pair.one.query(`SELECT nick FROM accounts WHERE id = 7`)).rows).toEqual([{ nick: long }]);
      await pair.close();
    },
  );

  test.each(methods)('a value that was there and does not convert ends it before the swap: %s', async (method) => {
    const pair = await single(trimmedTable, world.openShared);
    await pair.one.query(`UPDATE accounts SET nick = '${long}' WHERE id = 7`);
    const operation: Operation = { alterColumn: { table: 'accounts', column: 'nick', type: 'varchar(20)', method } };
    const steps = await pair.steps(operation, 'expand');
    const swap = steps.findIndex(({ id }) => id.endsWith('/swap'));
    expect((await failureOf(runSteps(pair.one, steps.slice(0, swap)))).reason).toMatch(/^22/u);
    await pair.close();
  });

  test.each(methods)(
    'a value that the old type cannot hold keeps the old form from coming back: %s',
    async (method) => {
      const pair = await single(trimmedTable, world.openShared);
      const operation: Operation = { alterColumn: { table: 'accounts', column: 'amount', type: 'bigint', method } };
      const steps = await pair.steps(operation, 'expand');
      await runSteps(pair.one, steps);
      const after = await readCatalog(pair.one);
      await pair.one.query(`UPDATE accounts SET amount = 3000000000 WHERE id = 7`);
      const swap = steps.findIndex(({ id }) => id.endsWith('/swap'));
      const back = undoSteps(pair.one, steps.slice(swap));
      expect((await failureOf(back)).reason).toMatch(/^2/u);
      expect(catalogDifference(after, await readCatalog(pair.one))).toEqual([]);
      await pair.one.query(`UPDATE accounts SET amount = 30 WHERE id = 7`);
      await undoSteps(pair.one, steps);
      expect((await pair.one.query(`SELECT amount FROM accounts WHERE id = 7`)).rows).toEqual([{ amount: '30' }]);
      await pair.close();
    },
  );

  test.each(methods)(
    'a value that was cut by the new type is itself again where nobody changed it: %s',
    async (method) => {
      const pair = await single(trimmedTable, world.openShared);
      const using = 'round(price)::integer + coalesce(char_length(country), 0)';
      const operation: Operation = {
        alterColumn: { table: 'accounts', column: 'price', type: 'integer', using, method },
      };
      const prices = `SELECT id, price FROM accounts WHERE id <> 9 ORDER BY id`;
      const before = (await pair.one.query(prices)).rows;
      const steps = await pair.steps(operation, 'expand');
      await runSteps(pair.one, steps);
      await pair.one.query(`UPDATE accounts SET note = 'other'`);
      await pair.one.query(`UPDATE accounts SET price = 77 WHERE id = 9`);
      await undoSteps(pair.one, steps);
      expect((await pair.one.query(prices)).rows).toEqual(before);
      expect((await pair.one.query(`SELECT price FROM accounts WHERE id = 9`)).rows).toEqual([{ price: '77.00' }]);
      await pair.close();
    },
  );

  test.each(methods)('a writer that may do no more than write needs no other rights: %s', async (method) => {
    const pair = await single(trimmedTable, world.openShared);
    await pair.one.query(`GRANT INSERT, UPDATE, DELETE, SELECT ON accounts TO clerk`);
    await pair.one.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk`);
    await pair.one.query(`GRANT INSERT ON log TO clerk`);
    await pair.one.query(`CREATE POLICY clerks ON accounts TO clerk USING (true)`);
    const steps = await pair.steps(
      { alterColumn: { table: 'accounts', column: 'amount', type: 'bigint', method } },
      'expand',
    );
    for (const [index, step] of steps.entries()) {
      await runSteps(pair.one, [step]);
      await pair.one.query('SET ROLE clerk');
      await pair.one.query(`INSERT INTO accounts (mail, amount) VALUES ('clerk${index}', ${index + 1000})`);
      await pair.one.query(`UPDATE accounts SET amount = amount + 100 WHERE mail = 'clerk${index}'`);
      await pair.one.query(`DELETE FROM accounts WHERE mail = 'clerk${index - 2}'`);
      await pair.one.query('RESET ROLE');
    }
    await undoSteps(pair.one, steps);
    const { rows } = await pair.one.query(`SELECT amount FROM accounts WHERE mail LIKE 'clerk%' ORDER BY amount`);
    expect(rows).toEqual([{ amount: String(steps.length + 1098) }, { amount: String(steps.length + 1099) }]);
    await pair.close();
  });

  test.each(methods)(
    'rows that come without names of columns, and a table that is emptied, count: %s',
    async (method) => {
      const pair = await single(
        [
          `CREATE TABLE counts (id integer PRIMARY KEY, amount integer DEFAULT 5, note text)`,
          `INSERT INTO counts SELECT n, n, 'n' FROM generate_series(1, 20) n`,
        ],
        world.openShared,
      );
      const operation: Operation = { alterColumn: { table: 'counts', column: 'amount', type: 'bigint', method } };
      const rows = async () => (await pair.one.query('SELECT id, amount, note FROM counts ORDER BY id')).rows;
      const steps = await pair.steps(operation, 'expand');
      for (const [index, step] of steps.entries()) {
        await runSteps(pair.one, [step]);
        await pair.one.query('TRUNCATE counts');
        await pair.one.query(`INSERT INTO counts VALUES (${index}, ${index + 100}, 'placed')`);
        await pair.one.query(`INSERT INTO counts (id, note) VALUES (${index + 50}, 'default')`);
        expect(await rows()).toEqual([
          { id: String(index), amount: String(index + 100), note: 'placed' },
          { id: String(index + 50), amount: '5', note: 'default' },
        ]);
      }
      const before = await rows();
      await undoSteps(pair.one, steps);
      expect(await rows()).toEqual(before);
      await pair.close();
    },
  );

  test.each(methods)('columns may be called as PL/pgSQL calls its variables: %s', async (method) => {
    const pair = await single(
      [
        `CREATE TABLE "new" ("old" integer PRIMARY KEY, found text NOT NULL, tg_op text, "new" text)`,
        `INSERT INTO "new" SELECT n, n, n FROM generate_series(1, 20) n`,
      ],
      world.openShared,
    );
    const rows = async () => (await pair.one.query('SELECT * FROM "new" WHERE "old" < 20 ORDER BY 1')).rows;
    const before = await rows();
    for (const column of ['found', 'tg_op', 'new']) {
      const operation: Operation = { alterColumn: { table: 'new', column, type: 'varchar(9)', method } };
      const steps = await pair.steps(operation, 'expand');
      await runSteps(pair.one, steps);
      await pair.one.query(`UPDATE "new" SET "new" = 'x', found = 'y' WHERE "old" = 20`);
      await undoSteps(pair.one, steps);
      expect(await rows()).toEqual(before);
    }
    await pair.close();
  });

  test.each(methods)('a right that was handed on is not given by somebody else: %s', async (method) => {
    const pair = await single(trimmedTable, world.openShared);
    const operation: Operation = { alterColumn: { table: 'accounts', column: 'mail', type: 'text', method } };
    await pair.one.query('GRANT USAGE ON SCHEMA public TO clerk; SET ROLE clerk');
    await pair.one.query('GRANT SELECT (mail) ON accounts TO reader; RESET ROLE');
    const failure = await failureOf(runSteps(pair.one, await pair.steps(operation, 'expand')));
    expect(failure.message).toContain('SELECT on public.accounts was granted to reader by clerk');
    await pair.close();
  });

  test('a column that an exclusion looks at gets another type behind a shadow of its table', async () => {
    const pair = await single(
      [
        `CREATE TABLE stays (id integer PRIMARY KEY, amount integer, at int4range,
           EXCLUDE USING gist (at WITH &&) WHERE (amount > 3))`,
        `INSERT INTO stays SELECT n, n, int4range(n, n + 1) FROM generate_series(1, 20) n`,
      ],
      world.openShared,
    );
    const operation: Operation = { alterColumn: { table: 'stays', column: 'amount', type: 'bigint' } };
    const before = await readCatalog(pair.one);
    const steps = await pair.steps(operation, 'expand');
    await runSteps(pair.one, steps);
    expect(catalogDifference(before, await readCatalog(pair.one)).join()).toContain('amount: type is bigint');
    await undoSteps(pair.one, steps);
    expect(catalogDifference(before, await readCatalog(pair.one))).toEqual([]);
    await pair.close();
  });

  test('a sequence goes with the column that it counts for, and back', async () => {
    const pair = await single([`CREATE TABLE counts (id integer PRIMARY KEY, number serial)`], world.openShared);
    const operation: Operation = { alterColumn: { table: 'counts', column: 'number', type: 'bigint' } };
    const before = await readCatalog(pair.one);
    const steps = await pair.steps(operation, 'expand');
    await runSteps(pair.one, steps);
    await undoSteps(pair.one, steps);
    expect(catalogDifference(before, await readCatalog(pair.one))).toEqual([]);
    await runSteps(pair.one, steps);
    await runSteps(pair.one, await pair.steps(operation, 'contract'));
    await pair.one.query('INSERT INTO counts VALUES (1), (2)');
    expect((await pair.one.query('SELECT number FROM counts ORDER BY id')).rows).toEqual([
      { number: '1' },
      { number: '2' },
    ]);
    const difference = catalogDifference(before, await readCatalog(pair.one));
    expect(difference).toEqual([expect.stringContaining('bigint')]);
    await pair.close();
  });

  test('a name is taken back after contract too', async () => {
    const pair = await single(trimmedTable, world.openShared);
    const operation: Operation = { renameColumn: { table: 'accounts', from: 'mail', to: 'email' } };
    const before = await readCatalog(pair.one);
    const steps = await pair.steps(operation, 'expand');
    await runSteps(pair.one, steps);
    const last = await pair.steps(operation, 'contract');
    await runSteps(pair.one, last);
    await pair.one.query(`UPDATE accounts SET email = 'late' WHERE id = 3`);
    await undoSteps(pair.one, [...steps, ...last]);
    expect(catalogDifference(before, await readCatalog(pair.one))).toEqual([]);
    expect((await pair.one.query(`SELECT mail FROM accounts WHERE id = 3`)).rows).toEqual([{ mail: 'late' }]);
    await pair.close();
  });

  test('of two names that are given both the new one counts, and a name that is left out is not NULL', async () => {
    const pair = await single(trimmedTable, world.openShared);
    await runSteps(
      pair.one,
      await pair.steps({ renameColumn: { table: 'accounts', from: 'nick', to: 'alias' } }, 'expand'),
    );
    const both = async (sql: string) =>
      (await pair.one.query(`${sql} RETURNING nick, alias`)).rows.map(({ nick, alias }) => [nick, alias]);
    const insert = (columns: string, values: string) =>
      both(`INSERT INTO accounts (mail${columns}) VALUES (gen_random_uuid()${values})`);
    expect(await insert('', '')).toEqual([['anon', 'anon']]);
    expect(await insert(', nick', `, 'a'`)).toEqual([['a', 'a']]);
    expect(await insert(', nick', ', NULL')).toEqual([[null, null]]);
    expect(await insert(', alias', `, 'b'`)).toEqual([['b', 'b']]);
    expect(await insert(', alias', ', NULL')).toEqual([[null, null]]);
    expect(await insert(', alias', ', DEFAULT')).toEqual([['anon', 'anon']]);
    expect(await insert(', nick, alias', `, 'c', 'd'`)).toEqual([['d', 'd']]);
    const update = (set: string) => both(`UPDATE accounts SET ${set} WHERE id = 5`);
    expect(await update(`nick = 'e'`)).toEqual([['e', 'e']]);
    expect(await update(`alias = 'f'`)).toEqual([['f', 'f']]);
    expect(await update(`alias = NULL`)).toEqual([[null, null]]);
    expect(await update(`alias = DEFAULT`)).toEqual([['anon', 'anon']]);
    expect(await update(`nick = 'g', alias = 'h'`)).toEqual([['h', 'h']]);
    expect(await update(`nick = 'i', alias = 'h'`)).toEqual([['i', 'i']]);
    await pair.close();
  });

  test('what a trigger of the user makes of a value counts under both names, whichever it knows', async () => {
    const pair = await single(trimmedTable, world.openShared);
    const lower = (name: string) =>
      pair.one.query(`CREATE OR REPLACE FUNCTION lowers() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.${name} := lower(NEW.${name}); RETURN NEW; END $$`);
    await lower('nick');
    await pair.one.query(
      `CREATE TRIGGER lowers BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION lowers()`,
    );
    await runSteps(
      pair.one,
      await pair.steps({ renameColumn: { table: 'accounts', from: 'nick', to: 'alias' } }, 'expand'),
    );
    for (const known of ['nick', 'alias']) {
      await lower(known);
      for (const written of ['nick', 'alias']) {
        const sql = `UPDATE accounts SET ${written} = '${known}-${written}-UP' WHERE id = 5 RETURNING nick, alias`;
        const lowered = `${known}-${written}-up`;
        expect((await pair.one.query(sql)).rows).toEqual([{ nick: lowered, alias: lowered }]);
      }
    }
    await pair.close();
  });
});
