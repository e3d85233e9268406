/**
 * Random sequences of migrations, carried out phase by phase on both engines by the runner, and by the plain scripts on a
 * third database. What the one engine does, refuses and leaves, the other does too.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgresql } from '../../../src/adapters/database/postgresql.ts';
import { catalogDifference } from '../../../src/migrate/catalog/catalog-difference.ts';
import { dataDigest } from '../../../src/migrate/catalog/data-digest.ts';
import { readCatalog } from '../../../src/migrate/catalog/read-catalog.ts';
import type { SchemaMigration } from '../../../src/fleet/schema/request.ts';
import type { Digest } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { Catalog } from '../../../src/model/schema/catalog.ts';
import { schemaPhases, type SchemaPhase } from '../../../src/model/schema/database.ts';
import type { Operation } from '../../../src/model/documents.ts';
import { startPostgres, type PostgresServer } from '../../support/database/postgres.ts';
import { startOfRandomChanges } from '../../support/migrate/random/changes.ts';
import { RandomChanges } from '../../support/migrate/random/migration.ts';
import { isSoak, runs } from '../../support/runs.ts';
import { openMemory } from '../../support/database/memory.ts';
import { SchemaWorld, migration } from '../../support/schema/schema-world.ts';

const limitMs = isSoak ? 4 * 3_600_000 : 600_000;

let server: PostgresServer;
let embedded: SchemaWorld;
let served: SchemaWorld;
let plain: SchemaWorld;

beforeAll(async () => {
  server = await startPostgres();
  const [url, plainUrl] = [await server.createDatabase(), await server.createDatabase()];
  embedded = new SchemaWorld(await openMemory());
  served = new SchemaWorld(openPostgresql({ url: () => Promise.resolve(url), sessions: 2 }));
  plain = new SchemaWorld(openPostgresql({ url: () => Promise.resolve(plainUrl), sessions: 2 }));
});
afterAll(async () => {
  await Promise.all([embedded, served, plain].map((world) => world.database.close()));
  await server.close();
});

interface State {
  readonly catalog: Catalog;
  readonly data: Digest;
}

async function stateOf(world: SchemaWorld): Promise<State> {
  return await world.database.use(async (session) => {
    const catalog = await readCatalog(session);
    return { catalog, data: await dataDigest(session, catalog) };
  });
}

function expectSame(got: State, wanted: State, what: string): void {
  expect(catalogDifference(wanted.catalog, got.catalog), what).toEqual([]);
  expect(got.data, what).toBe(wanted.data);
}

/** Both have come to the same. */
async function stateOfBoth(what: string): Promise<State> {
  const [one, other] = await Promise.all([stateOf(embedded), stateOf(served)]);
  expectSame(other, one, `${what}: postgresql, as pglite has it`);
  return one;
}

/** How a call ended, for comparison: a result, or the error it threw. */
async function endOf(call: Promise<{ readonly outcome: string; readonly failure?: { readonly message: string } }>) {
  try {
    const { outcome, failure } = await call;
    return { outcome, why: failure?.message };
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return { outcome: error.code, why: error.message };
  }
}

async function onBoth(what: string, call: (world: SchemaWorld) => ReturnType<typeof endOf>) {
  const [one, other] = await Promise.all([call(embedded), call(served)]);
  expect(other, what).toEqual(one);
  return one;
}

const run = async (made: SchemaMigration, phase: SchemaPhase) =>
  await onBoth(
    `${made.name} ${phase} ${JSON.stringify(made.operations)}`,
    async (world) => await endOf(world.run(made, phase)),
  );

const undo = async (made: SchemaMigration) =>
  await onBoth(
    `undo of ${made.name} ${JSON.stringify(made.operations)}`,
    async (world) => await endOf(world.undo(made.name)),
  );

/** Up to a phase, or to where it failed. */
async function runTo(made: SchemaMigration, last: SchemaPhase): Promise<string> {
  for (const phase of schemaPhases.slice(0, schemaPhases.indexOf(last) + 1)) {
    const { outcome } = await run(made, phase);
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}

const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

/** Whether it came back to what was before; else it may not. */
async function isTakenBack(made: SchemaMigration, before: State, done: SchemaPhase): Promise<boolean> {
  const what = `undo of ${made.name}, ${done} done: ${JSON.stringify(made.operations)}`;
  const { outcome, why } = await undo(made);
  count(`undo ${outcome}`);
  if (outcome !== 'MIGRATION_REFUSED') {
    expect(['done', 'unchanged'], `${what}: ${why}`).toContain(outcome);
    expectSame(await stateOfBoth(what), before, what);
    return true;
  }
  expect(why).toContain('cannot be taken back');
  expect(made.operations.filter((operation) => loses(operation, done))).not.toEqual([]);
  return false;
}

/** Whether a phase of it, up to this one, does what nothing brings back. */
function loses(operation: Operation, done: SchemaPhase): boolean {
  if (operation.backfill !== undefined) return operation.backfill.undo === undefined && done !== 'expand';
  const { dropColumn, dropTable, alterColumn } = operation;
  return done === 'contract' && (dropColumn ?? dropTable ?? alterColumn?.type) !== undefined;
}

/** Carried out, taken back before its end, and carried out again: what it leads to, null where back to before. */
async function carryOut(made: SchemaMigration, before: State, early: SchemaPhase): Promise<State | 'stuck' | null> {
  await runTo(made, early);
  await stateOfBoth(`${early} of ${JSON.stringify(made.operations)}`);
  await isTakenBack(made, before, early);
  if ((await runTo(made, 'contract')) === 'done') return await stateOfBoth(JSON.stringify(made.operations));
  // A contract that fails behind something that nothing brings back is for a person.
  return (await isTakenBack(made, before, 'contract')) ? null : 'stuck';
}

interface Standing {
  readonly made: SchemaMigration;
  readonly before: State;
}

/** `apart`: changes of one migration keep out of each other's way, so that their order means nothing to the plain script. */
async function sequence(seed: number, apart: boolean): Promise<void> {
  const random = new RandomChanges(seed);
  await Promise.all([embedded, served, plain].map((world) => world.reset(...startOfRandomChanges)));
  const standing: Standing[] = [];
  let before = await stateOfBoth(`seed ${seed}`);
  for (let number = 0; number < 3; number += 1) {
    const changes = random.migration(before.catalog, { lossy: number === 0 ? 0.4 : 0.1, apart });
    const operations = changes.map(({ operation }) => operation);
    const made = migration(operations, { name: `m${seed}-${number}`, schemaVersion: standing.length + 1 });
    const after = await carryOut(made, before, random.next() < 0.5 ? 'expand' : 'migrate');
    count(after === null ? 'comes to nothing' : after === 'stuck' ? after : 'stands');
    if (after === 'stuck') return;
    if (after === null) continue;
    if (apart) {
      await plain.sql(changes.map((one) => one.plain).join('; '));
      expectSame(after, await stateOf(plain), `${JSON.stringify(operations)}: as the plain script has it`);
    }
    standing.push({ made, before });
    before = after;
  }
  for (const one of standing.toReversed()) {
    if (!(await isTakenBack(one.made, one.before, 'contract'))) return;
  }
}

test(
  'whatever comes after what, both engines and the plain scripts come to the same, and undo leads back',
  async () => {
    const { numRuns, seed } = runs(200);
    for (let number = 0; number < numRuns; number += 1) await sequence(seed + number, number % 2 === 0);
    expect(counts.get('stands')).toBeGreaterThanOrEqual(numRuns);
    expect(counts.get('undo done')).toBeGreaterThan(0);
  },
  limitMs,
);
