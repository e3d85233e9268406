/**
 * Fails at every query, begin and commit of a migration, before it and after it: by a connection that is lost, after
 * which the same call goes on, and by a killed process, after which the next one does. Schema and rows are then those
 * that it ends with when nothing happens. Soak takes every one of them, a usual run some.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHistory } from '../../src/fleet/schema/state/read-state.ts';
import type { SchemaRunResult } from '../../src/fleet/schema/request.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { isSoak } from '../support/runs.ts';
import { faultyDatabase, Killed, type Fault } from '../support/schema/faulty-database.ts';
import { failingStep, handMade, itemsSql, shadowSteps } from '../support/schema/hand-made.ts';
import { openMemory } from '../support/database/memory.ts';
import { migration, rawSql, SchemaWorld } from '../support/schema/schema-world.ts';

let world: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
});

type Ends = Awaited<ReturnType<SchemaWorld['digests']>>;

interface Scenario {
  readonly prepare: () => Promise<void>;
  readonly run: (database: Database) => Promise<SchemaRunResult>;
  readonly outcome: SchemaRunResult['outcome'];
}

/** Of each kind and side another part, so that together they come everywhere. */
const stride = isSoak ? 1 : 41;

async function atEvery(scenario: Scenario, kind: Fault['kind']): Promise<number> {
  await scenario.prepare();
  const clean = faultyDatabase(world.database, { at: 0, when: 'before', kind });
  expect(await scenario.run(clean)).toMatchObject({ outcome: scenario.outcome });
  const end = await world.digests();
  let hits = 0;
  for (const [offset, when] of (['before', 'after'] as const).entries()) {
    for (let at = 1 + offset * 11; at <= clean.asked; at += stride) {
      await scenario.prepare();
      hits += await failAt(scenario, { at, when, kind }, end);
    }
  }
  return hits;
}

async function failAt(scenario: Scenario, fault: Fault, end: Ends): Promise<number> {
  const database = faultyDatabase(world.database, fault);
  const what = () => `${JSON.stringify(fault.kind)} ${fault.when} ${fault.at}: ${database.hit}`;
  let result: SchemaRunResult;
  try {
    result = await scenario.run(database);
  } catch (error) {
    if (!(error instanceof Killed)) throw new Error(what(), { cause: error });
    expect(fault.kind, what()).toBe('killed');
    result = await scenario.run(world.database);
    // What was recorded as it was killed is not done twice: what remains is nothing, or what was begun.
    if (result.outcome === 'unchanged') result = { ...result, outcome: scenario.outcome };
  }
  expect(result.outcome, what()).toBe(scenario.outcome);
  expect(await world.digests(), what()).toEqual(end);
  const history = await readHistory(world.database);
  expect(
    history.every(({ finishedAt }) => finishedAt !== null),
    what(),
  ).toBe(true);
  return Number(database.hit !== null);
}

const first = migration([
  rawSql('ALTER TABLE items ADD COLUMN phone text', 'ALTER TABLE items DROP COLUMN phone'),
  rawSql('CREATE INDEX by_phone ON items (phone)', 'DROP INDEX by_phone', { transactional: true }),
]);
const broken = migration([...first.operations, rawSql('SELECT 1 / 0', 'SELECT 1')]);

const scenarios: Readonly<Record<string, Scenario>> = {
  'statements that succeed': {
    prepare: async () => await world.reset(...itemsSql(3)),
    run: async (database) => await world.run(first, 'expand', { database }),
    outcome: 'done',
  },
  'statements that fail and go back': {
    prepare: async () => await world.reset(...itemsSql(3)),
    run: async (database) => await world.run(broken, 'expand', { database }),
    outcome: 'undone',
  },
  'a copy that is compared and indexed': {
    prepare: async () => await world.reset(...itemsSql(250)),
    run: async (database) => {
      const { migration, parts } = handMade({ expand: shadowSteps });
      return await world.run(migration, 'expand', { ...parts, database });
    },
    outcome: 'done',
  },
  'a copy that fails at last and goes back': {
    prepare: async () => await world.reset(...itemsSql(250)),
    run: async (database) => {
      const { migration, parts } = handMade({ expand: [...shadowSteps, failingStep] });
      return await world.run(migration, 'expand', { ...parts, database });
    },
    outcome: 'undone',
  },
  'the undo of a copy': {
    prepare: async () => {
      await world.reset(...itemsSql(120));
      const { migration, parts } = handMade({ expand: shadowSteps });
      await world.run(migration, 'expand', parts);
      await world.run(migration, 'migrate', parts);
    },
    run: async (database) => await world.undo('first', { database }),
    outcome: 'done',
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  for (const kind of ['lost', 'killed'] as const) {
    test(`${name}, ${kind} at any query: it comes to its end, with everything done once`, async () => {
      expect(await atEvery(scenario, kind)).toBeGreaterThan(2);
    });
  }
}

test('a disk that is full at any query: it goes back to its beginning, or the next run comes to its end', async () => {
  const scenario = scenarios['a copy that is compared and indexed']!;
  await scenario.prepare();
  const start = await world.digests();
  const clean = faultyDatabase(world.database, { at: 0, when: 'before', kind: 'full' });
  await scenario.run(clean);
  const end = await world.digests();
  const seen = new Set<string>();
  for (let at = 1; at <= clean.asked; at += stride) {
    await scenario.prepare();
    const database = faultyDatabase(world.database, { at, when: 'before', kind: 'full' });
    const what = () => `${at}: ${database.hit}`;
    const ended = await scenario.run(database).catch((error: unknown) => error);
    const result = ended instanceof ThemisError ? await scenario.run(world.database) : (ended as SchemaRunResult);
    if (ended instanceof ThemisError) expect(ended.code, what()).toBe('NO_SPACE');
    seen.add(result.outcome);
    if (result.outcome === 'undone') expect(result.failure?.code, what()).toBe('NO_SPACE');
    expect(['done', 'undone', 'unchanged'], what()).toContain(result.outcome);
    expect(await world.digests(), what()).toEqual(result.outcome === 'undone' ? start : end);
  }
  expect([...seen].sort()).toEqual(expect.arrayContaining(['done', 'undone']));
});
