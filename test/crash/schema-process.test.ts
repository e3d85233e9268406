/**
 * Real processes, killed with SIGKILL at random instants of a migration until one of them comes to its end, on either
 * engine. Schema and rows are then those of a migration that nobody killed.
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
import { pgliteEntry } from '../../src/apps/worker/pglite-entry.ts';
import { readHistory } from '../../src/fleet/schema/read-state.ts';
import type { Database } from '../../src/ports/database.ts';
import { copyEmptyPglite } from '../support/database/empty-pglite.ts';
import { startPostgres, type PostgresServer } from '../support/database/postgres.ts';
import { isSoak } from '../support/runs.ts';
import { handMade, itemsSql, shadowSteps } from '../support/schema/hand-made.ts';
import { SchemaWorld } from '../support/schema/schema-world.ts';

const program = fileURLToPath(new URL('../support/schema/schema-process.ts', import.meta.url));
/** Of each, one job. */
const rounds = isSoak ? 100 : 3;
const killsInRound = isSoak ? 4 : 2;
const limitMs = isSoak ? 3_600_000 : 600_000;
const rows = 5000;
const jobs = ['apply', 'fail', 'undo'] as const;
type Job = (typeof jobs)[number];
const ends = { apply: 'done', fail: 'undone', undo: 'done' } as const;

let server: PostgresServer;
let home: string;
beforeAll(async () => {
  server = await startPostgres();
  home = mkdtempSync(join(tmpdir(), 'themis-schema-'));
});
afterAll(async () => {
  await server.close();
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
      await copyEmptyPglite(join(home, `db${made}`));
      return join(home, `db${made}`);
    },
    open: async (place: string) => await openPglite({ directory: place, entry: pgliteEntry }),
  },
};

async function looking<Result>(database: Database, work: (world: SchemaWorld) => Promise<Result>): Promise<Result> {
  try {
    return await work(new SchemaWorld(database));
  } finally {
    await database.close();
  }
}

/** What it said last, and how long it took from when it was ready; null when it was killed before its end. */
async function runProcess(place: string, job: Job, killAfterMs: number) {
  const child = spawn(process.execPath, [program, place, job], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let said: string | null = null;
  let readyMs = 0;
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface(child.stdout)) {
    if (line === 'ready') {
      readyMs = performance.now();
      if (killAfterMs < Infinity) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    } else said = line;
  }
  const tookMs = performance.now() - readyMs;
  await exit;
  clearTimeout(timer);
  return { said, tookMs };
}

/** The same sequence every time; what it hits is left to the machine. */
function* fractions(): Generator<number, never, void> {
  for (let n = 1; ; n += 1) yield (n * 0.618_033_988_75) % 1;
}

async function prepare(engine: keyof typeof engines, job: Job): Promise<string> {
  const place = await engines[engine].place();
  await looking(await engines[engine].open(place), async (world) => {
    await world.sql(...itemsSql(rows));
    const { migration, parts } = handMade({ expand: shadowSteps });
    if (job === 'undo') await world.run(migration, 'expand', parts);
  });
  return place;
}

const wanted = new Map<Job, Awaited<ReturnType<SchemaWorld['digests']>>>();

/** What one engine has where nobody is killed; the other one reads the same. */
async function wantedAfter(job: Job) {
  const known = wanted.get(job);
  if (known !== undefined) return known;
  const place = await prepare('postgresql', job);
  await runProcess(place, job, Infinity);
  const found = await looking(await engines.postgresql.open(place), async (world) => await world.digests());
  wanted.set(job, found);
  return found;
}

for (const engine of ['postgresql', 'pglite'] as const) {
  test(
    `${engine}: killed at random, again and again, it applies or goes back as if nothing had been`,
    async () => {
      const random = fractions();
      const clean = await runProcess(await prepare(engine, 'apply'), 'apply', Infinity);
      expect(clean.said).toBe('done');
      let kills = 0;
      for (let round = 0; round < rounds; round += 1) {
        const job = jobs[round % jobs.length]!;
        const place = await prepare(engine, job);
        let outcome: string | null = null;
        for (let tries = 0; outcome === null; tries += 1) {
          // Later ones have less to do.
          const limit = tries < killsInRound ? (random.next().value * clean.tookMs) / (tries + 1) : Infinity;
          outcome = (await runProcess(place, job, limit)).said;
          kills += Number(outcome === null);
        }
        // Killed between its last record and its word, it has nothing left to do.
        expect([ends[job], 'unchanged']).toContain(outcome);
        const end = await wantedAfter(job);
        await looking(await engines[engine].open(place), async (world) => {
          expect(await world.digests()).toEqual(end);
          const history = await readHistory(world.database);
          expect(history.filter(({ finishedAt }) => finishedAt === null)).toEqual([]);
        });
      }
      expect(kills).toBeGreaterThan(0);
    },
    limitMs,
  );
}
