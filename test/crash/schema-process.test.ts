/**
 * Real processes, killed with SIGKILL at random instants of an operation's phases, of its way back and of its undo, until
 * one of them comes to its end, on either engine. Schema and rows are then those from before, or those of an operation
 * that nobody killed. Soak takes every operation and job, a usual run three.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPglite } from '../../src/adapters/database/pglite.ts';
import { openPostgresql } from '../../src/adapters/database/postgresql.ts';
import { programFile } from '../../src/apps/package-files.ts';
import { readHistory } from '../../src/fleet/schema/state/read-state.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { openMemory } from '../support/database/memory.ts';
import { everyOperation, setup } from '../support/migrate/operation-cases.ts';
import { unpackPglite } from '../support/database/empty-pglite.ts';
import { startPostgres, type PostgresServer } from '../support/database/postgres.ts';
import { isSoak } from '../support/runs.ts';
import { jobs, type Job } from '../support/schema/jobs.ts';
import { SchemaWorld } from '../support/schema/schema-world.ts';

const program = fileURLToPath(new URL('../support/schema/schema-process.ts', import.meta.url));
const rounds = isSoak ? 100 : 3;
const killsInRound = isSoak ? 4 : 2;
const limitMs = isSoak ? 7_200_000 : 600_000;
/** Batches of a copy are a few hundred rows at first. */
const rows = 1500;
const jobNames = Object.keys(jobs) as Job[];
const ends = { apply: 'done', fail: 'undone', undo: 'done' } as const satisfies Record<Job, string>;
/** What a usual run takes, in the order of the jobs. */
const usual = {
  postgresql: ['alterColumn by a shadow table', 'addIndex', 'renameColumn'],
  pglite: ['renameColumn', 'alterColumn by a shadow column', 'backfill'],
} as const;
type Engine = keyof typeof usual;

interface Round {
  readonly name: string;
  readonly operation: Operation;
  readonly job: Job;
}

/** Every operation in turn, and each time around another job. */
function roundOf(engine: Engine, round: number): Round {
  const count = everyOperation.length;
  const job = jobNames[isSoak ? ((round % count) + Math.floor(round / count)) % 3 : round]!;
  const found = isSoak ? everyOperation[round % count] : everyOperation.find(([name]) => name === usual[engine][round]);
  const [name, operation] = found!;
  return { name, operation, job };
}

let server: PostgresServer;
let home: string;
/** What it has is what is wanted. */
let undisturbed: Database;
const roles = ['CREATE ROLE reader', 'CREATE ROLE writer'];
beforeAll(async () => {
  server = await startPostgres();
  const first = openPostgresql({ url: () => Promise.resolve(server.url()), sessions: 1 });
  await looking(first, async (world) => await world.sql(...roles));
  undisturbed = await openMemory();
  await undisturbed.use(async (session) => await session.query(roles.join('; ')));
  home = mkdtempSync(join(tmpdir(), 'themis-schema-'));
});
afterAll(async () => {
  await Promise.all([server.close(), undisturbed.close()]);
  rmSync(home, { recursive: true, force: true });
});

let made = 0;
const engines = {
  postgresql: {
    place: async () => await server.createDatabase(),
    open: (place: string) => Promise.resolve(openPostgresql({ url: () => Promise.resolve(place), sessions: 1 })),
  },
  pglite: {
    async place() {
      made += 1;
      const place = join(home, `db${made}`);
      unpackPglite(place);
      await looking(await openPglite({ directory: place, entry: programFile('worker/pglite') }), async (world) =>
        world.sql(...roles),
      );
      return place;
    },
    open: async (place: string) => await openPglite({ directory: place, entry: programFile('worker/pglite') }),
  },
};

async function looking<Result>(database: Database, work: (world: SchemaWorld) => Promise<Result>): Promise<Result> {
  try {
    return await work(new SchemaWorld(database));
  } finally {
    await database.close();
  }
}

/** What it said last; null when it was killed before its end. */
async function runProcess(place: string, { operation, job }: Round, killAfterMs: number): Promise<string | null> {
  const line = [program, place, JSON.stringify(operation), job];
  const child = spawn(process.execPath, line, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let said: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface(child.stdout)) {
    if (line === 'ready') {
      if (killAfterMs < Infinity) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    } else said = line;
  }
  await exit;
  clearTimeout(timer);
  return said;
}

/** The same sequence every time; what it hits is left to the machine. */
function* fractions(): Generator<number, never, void> {
  for (let n = 1; ; n += 1) yield (n * 0.618_033_988_75) % 1;
}

async function setUp(world: SchemaWorld): Promise<void> {
  await world.sql(
    'DROP SCHEMA IF EXISTS themis CASCADE',
    ...setup,
    `INSERT INTO users (email, nick) SELECT 'u' || n, 'n' || n FROM generate_series(51, ${rows}) n`,
    `INSERT INTO orders SELECT n, n, 'open', '{open}', n FROM generate_series(51, ${rows}) n`,
  );
}

async function prepare(world: SchemaWorld, { operation, job }: Round): Promise<void> {
  await setUp(world);
  await jobs[job].prepare(world, operation, async () => await setUp(world));
}

type Ends = Awaited<ReturnType<SchemaWorld['digests']>>;

/** What there is in the end where nobody is killed; each engine reads the same. */
async function wantedAfter(round: Round): Promise<Ends> {
  const world = new SchemaWorld(undisturbed);
  await setUp(world);
  if (round.job === 'apply') expect(await jobs.apply.work(world, round.operation)).toBe('done');
  return await world.digests();
}

/** Kills; the last process comes to its end. */
async function killAgainAndAgain(engine: Engine, round: Round, random: Iterator<number, never>): Promise<number> {
  const what = `${round.job} of ${round.name}`;
  const place = await engines[engine].place();
  const inPlace = async <Result>(work: (world: SchemaWorld) => Promise<Result>): Promise<Result> =>
    await looking(await engines[engine].open(place), work);
  await inPlace(async (world) => await prepare(world, round));
  let kills = 0;
  for (;;) {
    // Later ones have less to do.
    const limitMs = kills < killsInRound ? (random.next().value * longestMs[engine]) / (kills + 1) : Infinity;
    const said = await runProcess(place, round, limitMs);
    if (said === null) {
      kills += 1;
      continue;
    }
    // Killed between its last record and its word, it has nothing left to do.
    expect([ends[round.job], 'unchanged'], what).toContain(said);
    break;
  }
  const end = await wantedAfter(round);
  await inPlace(async (world) => {
    expect(await world.digests(), what).toEqual(end);
    const history = await readHistory(world.database);
    expect(
      history.filter(({ finishedAt }) => finishedAt === null),
      what,
    ).toEqual([]);
  });
  return kills;
}

/** From when it is ready, roughly: what comes later hits nothing. */
const longestMs = { postgresql: 600, pglite: 1000 } as const satisfies Record<Engine, number>;

for (const engine of ['postgresql', 'pglite'] as const) {
  test(
    `${engine}: killed at random, again and again, it applies or goes back as if nothing had been`,
    async () => {
      const random = fractions();
      let kills = 0;
      for (let round = 0; round < rounds; round += 1) {
        kills += await killAgainAndAgain(engine, roundOf(engine, round), random);
      }
      expect(kills).toBeGreaterThan(0);
    },
    limitMs,
  );
}
