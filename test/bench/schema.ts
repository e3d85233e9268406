/**
 * Changes of the schema of a large table while four clients write: by the runner that `apply` uses and with the real
 * operations, and beside each the same change as a plain ALTER on an equal table, under the same writers. `ms` is
 * execution, with the wait for locks apart; of a plain ALTER nobody can tell them apart, so there it is both.
 * THEMIS_BENCH_ROWS changes how large the table is.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Operation } from '../../src/model/documents.ts';
import { schemaPhases } from '../../src/model/schema/database.ts';
import type { Bench, BenchCase } from './bench.ts';
import { loadOf, p99, rowsOf, stepsOf, type Measures } from './schema/measures.ts';
import { rowCount, withWorld, type BenchWorld, type Carried } from './schema/world.ts';

const size = rowCount % 1_000_000 === 0 ? `${rowCount / 1_000_000}M` : `${rowCount / 1000}k`;
const table = 'items';
/** After it what waited behind a lock has had its turn. */
const settleMs = 500;

function alone(): BenchCase {
  const durationMs = 15_000;
  return {
    name: `${size} no change`,
    run: async () =>
      await withWorld(async ({ writers }) => {
        const { load } = await writers.during(async () => await pause(durationMs));
        return rowsOf(loadOf(load));
      }),
  };
}

interface Repeated {
  readonly times: number;
  /** Of the transaction that is open each time, or none. */
  readonly behindMs: number | null;
}

/** A column comes and goes again, many times. */
function addColumn(name: string, { times, behindMs }: Repeated): BenchCase {
  const operation: Operation = { addColumn: { table, column: { name: 'phone', type: 'text' } } };
  const [add, drop] = ['ALTER TABLE items ADD COLUMN phone text', 'ALTER TABLE items DROP COLUMN phone'] as const;
  return {
    name: `${size} ${name}`,
    run: async () =>
      await withWorld(async (world) => {
        const behind = async <Result>(work: () => Promise<Result>): Promise<Result> => {
          const held = behindMs === null ? null : await world.holdOpen(behindMs);
          const result = await work();
          await held?.over;
          return result;
        };
        const ours = await repeated(world, times, async () => [
          await behind(async () => stepsOf(await world.run(operation, 'expand'))),
          await behind(async () => stepsOf(await world.undo())),
        ]);
        const plain = async (sql: string): Promise<Measures> =>
          await behind(async () => ({ ms: (await timed(async () => await world.sql(sql))).ms }));
        const alter = await repeated(world, times, async () => [await plain(add), await plain(drop)]);
        return rowsOf(ours, alter);
      }),
  };
}

async function repeated(
  { writers }: BenchWorld,
  times: number,
  work: () => Promise<readonly Measures[]>,
): Promise<Measures> {
  const { result, load } = await writers.during(async () => {
    const measured: Measures[] = [];
    for (let time = 0; time < times; time += 1) measured.push(...(await work()));
    await pause(settleMs);
    return measured;
  });
  const waits = result.flatMap(({ lockWaitMs }) => lockWaitMs ?? []);
  return {
    ms: p99(result.map(({ ms }) => ms ?? 0)),
    ...(waits.length === 0 ? {} : { lockWaitMs: p99(waits) }),
    ...loadOf(load),
  };
}

/** Once, from the first phase to the last. */
function change(name: string, operation: Operation, plain: string): BenchCase {
  return {
    name: `${size} ${name}`,
    run: async () =>
      await withWorld(async (world) => {
        const ours = await once(world, async () => {
          const carried: Carried[] = [];
          for (const phase of schemaPhases) carried.push(...(await world.run(operation, phase)));
          return stepsOf(carried);
        });
        await world.reset();
        const alter = await once(world, async () => {
          await world.sql(plain);
          return {};
        });
        return rowsOf(ours, alter);
      }),
  };
}

async function once({ writers }: BenchWorld, work: () => Promise<Measures>): Promise<Measures> {
  const { result, load } = await writers.during(async () => {
    const { ms, result: measured } = await timed(work);
    await pause(settleMs);
    return { ...measured, seconds: ms / 1000 };
  });
  return { ...result, ...loadOf(load) };
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ readonly ms: number; readonly result: Result }> {
  const fromMs = performance.now();
  const result = await work();
  return { ms: performance.now() - fromMs, result };
}

export const schemaBench: Bench = {
  name: 'schema',
  summary: 'changes of the schema of 10 M rows under four writers, beside a plain ALTER; a quarter of an hour',
  runs: 1,
  cases: [
    alone(),
    addColumn('add column', { times: 50, behindMs: null }),
    addColumn('add column behind a 3 s transaction', { times: 5, behindMs: 3000 }),
    change(
      'rename column',
      { renameColumn: { table, from: 'note', to: 'remark' } },
      'ALTER TABLE items RENAME COLUMN note TO remark',
    ),
    change(
      'add check',
      { addConstraint: { table, name: 'amount_check', check: 'amount >= 0' } },
      'ALTER TABLE items ADD CONSTRAINT amount_check CHECK (amount >= 0)',
    ),
    change(
      'set not null',
      { alterColumn: { table, column: 'made', nullable: false } },
      'ALTER TABLE items ALTER COLUMN made SET NOT NULL',
    ),
    change(
      'add index',
      { addIndex: { table, name: 'items_mail', columns: ['mail'] } },
      'CREATE INDEX items_mail ON items (mail)',
    ),
    change(
      'shadow column',
      { alterColumn: { table, column: 'amount', type: 'bigint' } },
      'ALTER TABLE items ALTER COLUMN amount TYPE bigint',
    ),
    change(
      'shadow table',
      { alterColumn: { table, column: 'id', type: 'bigint' } },
      'ALTER TABLE items ALTER COLUMN id TYPE bigint',
    ),
  ],
};
