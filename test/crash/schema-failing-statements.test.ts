/**
 * Every operation, failing at every statement that its phases ask of the database: by a duplicate key, a lock that is not
 * had, a full disk, a connection that is lost, a process that is killed, two sides of a copy that differ. A step that
 * fails is taken back with all before it by the same call; what fails beside a step leaves the run open, and an undo takes
 * it back; after a process that was killed, the next one goes on. Schema and rows are then those from before, or those of
 * the end, to the hash. The same at every statement of an undo. Soak takes every statement on both engines, with one failure
 * after the other in turn, and on PostgreSQL with a lost connection as well; a usual run takes some.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readHistory } from '../../src/fleet/schema/state/read-state.ts';
import type { SchemaMigration, SchemaRunResult } from '../../src/fleet/schema/request.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import { operationOf } from '../../src/migrate/index.ts';
import type { SchemaEvent } from '../../src/model/schema/schema-event.ts';
import { schemaPhases, type SchemaPhase } from '../../src/model/schema/database.ts';
import type { Database, DatabaseSession } from '../../src/ports/schema/database.ts';
import { engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { everyOperation, setup } from '../support/migrate/operation-cases.ts';
import { isSoak } from '../support/runs.ts';
import { faultyDatabase, Killed, type Fault } from '../support/schema/faulty-database.ts';
import { migration, SchemaWorld } from '../support/schema/schema-world.ts';

const kinds = {
  'duplicate key': { state: '23505' },
  'lock timeout': { state: '55P03' },
  'disk full': { state: '53100' },
  'lost connection': 'lost',
  'killed process': 'killed',
} as const satisfies Record<string, Fault['kind']>;
type Kind = keyof typeof kinds;

/** Of each phase some statements, and each time another failure. */
const stride = isSoak ? 1 : 43;
let turn = 0;
/** PGlite has no connection to lose but in name; to a server it can be lost at any statement. */
function nextKinds({ database }: SchemaWorld): readonly Kind[] {
  const isServer = isSoak && database.engine === 'postgresql';
  const names = (Object.keys(kinds) as Kind[]).filter((name) => !isServer || name !== 'lost connection');
  turn += 1;
  const one = names[turn % names.length]!;
  return isServer ? ['lost connection', one] : [one];
}

/** A lock that is not had at once is not had. */
const settings = { lockTimeoutMs: 50, statementTimeoutMs: 10_000, lockPatienceMs: 0 };

/** One operation in one database, and what was found. */
interface Place {
  readonly world: SchemaWorld;
  readonly made: SchemaMigration;
  readonly title: string;
  readonly found: { undone: number; done: number; open: number; taken: number };
}

/** As new, with the phases before this one done. */
async function prepare({ world, made }: Place, phase: SchemaPhase | 'undo') {
  await world.sql('DROP SCHEMA IF EXISTS themis CASCADE', ...setup);
  const earlier = phase === 'undo' ? schemaPhases : schemaPhases.slice(0, schemaPhases.indexOf(phase));
  for (const each of earlier) await world.run(made, each);
  return await world.digests();
}

async function failEverywhere(place: Place, phase: SchemaPhase): Promise<void> {
  const { world, found } = place;
  const { end, first, last } = await undisturbed(place, phase);
  const start = await prepare(place, phase);
  for (let at = first + (turn % stride); at <= last; at += stride) {
    for (const kind of nextKinds(world)) {
      const database = faultyDatabase(world.database, { at, when: 'before', kind: kindOn(world, kind) });
      const ended = await endOf(place, phase, database);
      const what = `${place.title}, ${phase}, ${kind} at ${at}: ${database.hit}`;
      found[ended] += Number(database.hit !== null);
      if (ended === 'undone') {
        expect(await world.digests(), what).toEqual(start);
        expect((await readHistory(world.database)).at(-1), what).toMatchObject({ phase, outcome: 'undone' });
        continue;
      }
      const isBack = ended === 'open' && (await isTakenBack(place, phase, what));
      const got = await world.digests();
      expect(got, what).toEqual(isBack ? await prepare(place, 'expand') : end);
      await prepare(place, phase);
    }
  }
}

/** Where it ends when nothing fails, and which of what it asks for may fail: outside of soak, that of its steps. */
async function undisturbed(place: Place, phase: SchemaPhase) {
  const { world, made } = place;
  await prepare(place, phase);
  const database = faultyDatabase(world.database, { at: 0, when: 'before', kind: 'lost' });
  let [first, last] = [Infinity, 0];
  const emit = ({ type }: SchemaEvent): void => {
    if (type === 'step-started') first = Math.min(first, database.asked + 1);
    if (type === 'step-finished') last = database.asked;
  };
  expect(await world.run(made, phase, { database, emit })).toMatchObject({ outcome: 'done' });
  if (isSoak) [first, last] = [1, database.asked];
  return { end: await world.digests(), first, last };
}

/** `open`: what failed was no step, and the call threw it. */
type End = 'done' | 'undone' | 'open';

async function endOf({ world, made, title }: Place, phase: SchemaPhase, database: Database): Promise<End> {
  try {
    const { outcome, failure } = await world.run(made, phase, { database, settings });
    if (outcome === 'done' || outcome === 'undone') return outcome;
    throw new Error(`${title}, ${phase}: ${outcome}: ${failure?.message}`);
  } catch (error) {
    if (error instanceof Killed) return afterKill(await world.run(made, phase));
    if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
    return 'open';
  }
}

/** Unchanged: it had ended, and only its word was lost. */
function afterKill({ outcome, failure }: SchemaRunResult): End {
  if (outcome === 'done' || outcome === 'unchanged') return 'done';
  throw new Error(`the next one came to ${outcome}: ${failure?.message}`);
}

/** Whatever an undo meets, the next one goes on with it, and comes to where it was before the migration. */
async function failUndoEverywhere(place: Place): Promise<void> {
  const { world, made, title, found } = place;
  const start = await prepare(place, 'expand');
  const undone = await undisturbedUndo(place);
  if (undone === null) return;
  expect(await world.digests()).toEqual(start);
  // A point costs a whole migration and its undo.
  const [first, step] = isSoak ? [1, 1] : [1 + ((turn * 7) % undone.asked), Infinity];
  for (let at = first; at <= undone.asked; at += step) {
    for (const kind of nextKinds(world)) {
      await prepare(place, undone.until);
      const database = faultyDatabase(world.database, { at, when: 'before', kind: kindOn(world, kind) });
      const ended = await world.undo(made.name, { database, settings }).catch((error: unknown) => {
        if (error instanceof Killed || (error instanceof ThemisError && error.code !== 'BUG')) return null;
        throw error;
      });
      const what = `${title}, undo, ${kind} at ${at}: ${database.hit}`;
      if (ended?.outcome !== 'done') {
        expect(['done', 'unchanged'], what).toContain((await world.undo(made.name)).outcome);
      }
      expect(await world.digests(), what).toEqual(start);
      found.taken += Number(database.hit !== null);
    }
  }
}

/** `until`: the phase that is not to be done, as nothing takes it back; null: nothing does even without it. */
async function undisturbedUndo(place: Place): Promise<{ until: SchemaPhase | 'undo'; asked: number } | null> {
  for (const until of ['undo', 'contract'] as const) {
    await prepare(place, until);
    const database = faultyDatabase(place.world.database, { at: 0, when: 'before', kind: 'lost' });
    try {
      await place.world.undo(place.made.name, { database });
      return { until, asked: database.asked };
    } catch (error) {
      if (!(error instanceof ThemisError) || error.code !== 'MIGRATION_REFUSED') throw error;
    }
  }
  return null;
}

/** By hand; false: what is past that is brought to its end instead. */
async function isTakenBack({ world, made }: Place, phase: SchemaPhase, what: string): Promise<boolean> {
  const failure = await world.undo(made.name).then(
    () => null,
    (error: unknown) => error,
  );
  if (failure !== null) {
    expect(failure, what).toMatchObject({ code: 'MIGRATION_REFUSED' });
    // Unchanged: it had ended, and only the answer was lost.
    expect(['done', 'unchanged'], what).toContain((await world.run(made, phase)).outcome);
  }
  const history = await readHistory(world.database);
  expect(
    history.filter(({ outcome }) => outcome === null),
    what,
  ).toEqual([]);
  return failure === null;
}

function kindOn({ database }: SchemaWorld, kind: Kind): Fault['kind'] {
  return kind === 'lost connection' && database.engine === 'postgresql' ? 'ended' : kinds[kind];
}

/** Says of every chunk that its sides differ. */
function mismatching(inner: Database): Database {
  const differing = (session: DatabaseSession): DatabaseSession => ({
    async query(sql, parameters) {
      const result = await session.query(sql, parameters);
      if (!sql.includes(' AS equal')) return result;
      return { ...result, rows: result.rows.map((row) => ({ ...row, equal: 'f' })) };
    },
    restoreSettings: async () => await session.restoreSettings(),
    transaction: async (limits, work) => await session.transaction(limits, work),
  });
  return {
    engine: inner.engine,
    sessions: inner.sessions,
    use: async (work) => await inner.use(async (session) => await work(differing(session))),
    close: async () => await inner.close(),
  };
}

describe.each(['pglite', 'postgresql'] as const)('%s', (engine) => {
  let opened: EngineWorld;
  let world: SchemaWorld;
  beforeAll(async () => {
    opened = await engineWorlds[engine]();
    world = new SchemaWorld(await opened.openShared());
    await world.sql('CREATE ROLE reader', 'CREATE ROLE writer');
  });
  afterAll(async () => {
    await opened.close();
  });

  const found = { undone: 0, done: 0, open: 0, taken: 0 };
  const own = everyOperation.filter((_, index) => isSoak || index % 6 === (engine === 'pglite' ? 3 : 1));

  test.each(own)('%s that fails at any statement leaves nothing behind', async (title, operation) => {
    const place = { world, made: migration([operation]), title, found };
    const { code, params } = operationOf(operation);
    for (const phase of code.traits(params).phases) await failEverywhere(place, phase);
    await failUndoEverywhere(place);
  });

  test('what fails in a step is taken back by the call itself, and a lost connection is outlived', () => {
    expect(found.undone).toBeGreaterThan(own.length / 2);
    expect(found.done).toBeGreaterThan(0);
    expect(found.taken).toBeGreaterThan(0);
  });

  const compared = everyOperation.filter(([name]) => /^renameColumn|shadow/u.test(name));
  test.each(compared)('%s whose two sides differ whatever is repaired is taken back', async (title, operation) => {
    const place = { world, made: migration([operation]), title, found };
    const start = await prepare(place, 'expand');
    const result = await world.run(place.made, 'expand', { database: mismatching(world.database), settings });
    expect(result).toMatchObject({ outcome: 'undone', failure: { code: 'COPY_MISMATCH' } });
    expect(await world.digests()).toEqual(start);
    expect(await readHistory(world.database)).toMatchObject([{ phase: 'expand', outcome: 'undone' }]);
  });
});
