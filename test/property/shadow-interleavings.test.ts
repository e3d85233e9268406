import fc from 'fast-check';
import { test } from 'vitest';
import type { Operation } from '../../src/model/documents.ts';
import type { SchemaStep } from '../../src/model/schema-step.ts';
import { runSteps, undoSteps } from '../support/migrate/run-steps.ts';
import { trimmedTable, writesOf } from '../support/migrate/trimmed-table.ts';
import { expectNothingHidden, expectTwins, twins } from '../support/migrate/twins.ts';
import { runs } from '../support/runs.ts';

const table = 'accounts';
const operations: readonly Operation[] = [
  { renameColumn: { table, from: 'mail', to: 'email' } },
  { renameColumn: { table, from: 'amount', to: 'sum' } },
  { renameColumn: { table, from: 'id', to: 'number_of_account' } },
  { alterColumn: { table, column: 'amount', type: 'bigint' } },
  { alterColumn: { table, column: 'nick', type: 'varchar(30)' } },
  { alterColumn: { table, column: 'id', type: 'bigint' } },
  { alterColumn: { table, column: 'number', type: 'numeric', method: 'shadowTable' } },
  { alterColumn: { table, column: 'mail', type: 'text', method: 'shadowColumn' } },
];

const turn = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), seed: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('forward' as const), batchRows: fc.integer({ min: 40, max: 400 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), batches: fc.integer({ min: 1, max: 3 }) }) },
);

class CutOff extends Error {}

/** The next step ends after some of its transactions; the one after it is the same again. */
async function cut(work: (between: () => Promise<void>) => Promise<void>, batches: number): Promise<boolean> {
  let left = batches;
  try {
    await work(async () => {
      left -= 1;
      if (left === 0) throw new CutOff();
    });
    return false;
  } catch (error) {
    if (error instanceof CutOff) return true;
    throw error;
  }
}

test('whatever is written in between, and whatever is cut off, taking it back leaves the start with every row', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...operations),
      fc.array(turn, { minLength: 5, maxLength: 60 }),
      async (operation, turns) => {
        const pair = await twins(trimmedTable);
        const steps = await pair.steps(operation, 'expand');
        const done: SchemaStep[] = [];
        for (const each of turns) {
          if (each.kind === 'write') {
            const statements = writesOf(each.seed, { mail: 'mail' });
            await pair.write(statements, statements);
            continue;
          }
          const step = steps[done.length];
          if (step === undefined) continue;
          const one = (between: () => Promise<void>) => runSteps(pair.one, [step], { batchRows: 100, between });
          const wasCut = each.kind === 'cut' ? await cut(one, each.batches) : false;
          if (each.kind === 'forward') await runSteps(pair.one, [step], each);
          if (!wasCut) done.push(step);
        }
        await undoSteps(pair.one, done);
        await expectTwins(pair);
        await expectNothingHidden(pair);
        await pair.close();
      },
    ),
    runs(300),
  );
});
