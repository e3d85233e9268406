import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../../src/model/documents.ts';
import { engineVersions, engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { runSteps, undoSteps } from '../support/migrate/run-steps.ts';
import { isSoak } from '../support/runs.ts';
import { trimmedTable, writesOf } from '../support/migrate/trimmed-table.ts';
import { expectNothingHidden, expectTwins, twins, type Twins } from '../support/migrate/twins.ts';

interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly plain: readonly string[];
  /** What the column `mail` is called from the first step on, by the new release. */
  readonly mail: string;
}

const table = 'accounts';
/** PostgreSQL makes statistics over a column anew with its type, and forgets whose they were and how fine. */
const asItWas = [
  'ALTER STATISTICS accounts_together OWNER TO reader',
  'ALTER STATISTICS accounts_together SET STATISTICS 70',
];

const cases: readonly Case[] = [
  {
    name: 'a column is renamed',
    operation: { renameColumn: { table, from: 'mail', to: 'email' } },
    plain: ['ALTER TABLE accounts RENAME COLUMN mail TO email'],
    mail: 'email',
  },
  {
    name: 'a column gets a wider type behind its shadow',
    operation: { alterColumn: { table, column: 'amount', type: 'bigint' } },
    plain: ['ALTER TABLE accounts ALTER COLUMN amount TYPE bigint', ...asItWas],
    mail: 'mail',
  },
  {
    name: 'a column gets a type that other values do not fit',
    operation: { alterColumn: { table, column: 'price', type: 'integer' } },
    plain: ['ALTER TABLE accounts ALTER COLUMN price TYPE integer'],
    mail: 'mail',
  },
  {
    name: 'a column gets a type whose values may be too long',
    operation: { alterColumn: { table, column: 'nick', type: 'varchar(20)' } },
    plain: ['ALTER TABLE accounts ALTER COLUMN nick TYPE varchar(20)'],
    mail: 'mail',
  },
  {
    name: 'a key gets a wider type behind a shadow of its table',
    operation: { alterColumn: { table, column: 'id', type: 'bigint' } },
    plain: ['ALTER TABLE accounts ALTER COLUMN id TYPE bigint'],
    mail: 'mail',
  },
  {
    name: 'a column gets a wider type behind a shadow of its table',
    operation: { alterColumn: { table, column: 'amount', type: 'numeric', method: 'shadowTable' } },
    plain: ['ALTER TABLE accounts ALTER COLUMN amount TYPE numeric', ...asItWas],
    mail: 'mail',
  },
];

let seed = 1;

/** Both shapes, or the one that there is. */
async function write(pair: Twins, mails: readonly string[]): Promise<void> {
  for (const mail of mails) {
    seed += 1;
    const unique = mail === 'mail';
    await pair.write(writesOf(seed, { mail, unique }), writesOf(seed, { mail: 'mail', unique }));
  }
}

const small = { batchRows: 197 };

/** After which steps it is taken back: after each of them in a soak, else after some that differ from case to case. */
function ends(length: number, offset: number): readonly number[] {
  const all = Array.from({ length }, (_, index) => index + 1);
  return isSoak ? all : all.filter((end) => end === length || (end + offset) % 6 === 0);
}

// The newest PostgreSQL is the fastest of them; in memory it takes five times as long.
describe.each(isSoak ? engineVersions : engineVersions.slice(0, 1))('$name', ({ engine, version }) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await engineWorlds[engine](version);
  });
  afterAll(async () => {
    await world.close();
  });

  for (const [offset, { name, operation, plain, mail }] of cases.entries()) {
    const both = [...new Set(['mail', mail])];

    test(`where ${name}, writers of either release notice nothing, and the end is that of a plain ALTER`, async () => {
      const pair = await twins(trimmedTable, world.openShared);
      await write(pair, ['mail']);
      for (const step of await pair.steps(operation, 'expand')) {
        await runSteps(pair.one, [step], { ...small, between: async () => await write(pair, both) });
        await write(pair, both);
      }
      await runSteps(pair.one, await pair.steps(operation, 'contract'));
      for (const statement of plain) await pair.plain.query(statement);
      await expectTwins(pair);
      await expectNothingHidden(pair);
      await pair.close();
    });

    test(`where ${name}, taking back what was done so far leaves the start, with the rows written meanwhile`, async () => {
      const pair = await twins(trimmedTable, world.openShared);
      const { length } = await pair.steps(operation, 'expand');
      expect(length).toBeGreaterThan(3);
      for (const done of ends(length, offset)) {
        const steps = (await pair.steps(operation, 'expand')).slice(0, done);
        for (const step of steps) {
          await runSteps(pair.one, [step], small);
          await write(pair, both);
        }
        for (const step of steps.slice(1).toReversed()) {
          await undoSteps(pair.one, [step]);
          await write(pair, both);
        }
        await undoSteps(pair.one, steps.slice(0, 1));
        await expectTwins(pair);
        await expectNothingHidden(pair);
      }
      await pair.close();
    });
  }
});
