/**
 * A database that fails once, at the n-th thing it is asked: a query, a begin or a commit. `lost`: its connection, so
 * that the session answers nothing more and the next one works. `ended`: the same, and by the server itself, which has to
 * be PostgreSQL. `killed`: whoever asks, who asks nothing ever after. `full`: a disk, for this once. An SQLSTATE: the server
 * raises that instead, and goes on. What was asked has happened (`after`) or has not (`before`); a transaction that was open
 * is rolled back.
 */
import { ThemisError } from '../../../src/kernel/error.ts';
import type { Database, DatabaseSession } from '../../../src/ports/schema/database.ts';

export interface Fault {
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly kind: 'lost' | 'ended' | 'killed' | 'full' | SqlState;
}

/** Those can only come before. */
export interface SqlState {
  readonly state: string;
}

/** No error of Themis: nobody may catch it and go on. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface FaultyDatabase extends Database {
  /** What was asked when it failed; null: it was not asked so often. */
  readonly hit: string | null;
  readonly asked: number;
}

export function faultyDatabase(inner: Database, fault: Fault): FaultyDatabase {
  let asked = 0;
  let hit: string | null = null;
  const guarded = (session: DatabaseSession): DatabaseSession => {
    let isDead = false;
    const fail = (): never => {
      if (fault.kind === 'full') throw new ThemisError('NO_SPACE', 'the disk is full');
      isDead = true;
      throw fault.kind === 'killed' ? new Killed('killed') : new ThemisError('UNREACHABLE', 'the connection was lost');
    };
    const ask = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
      if (isDead || (hit !== null && fault.kind === 'killed')) fail();
      asked += 1;
      const isHit = asked === fault.at;
      if (isHit) hit = what;
      if (isHit && typeof fault.kind === 'object') await session.query(raising(fault.kind));
      if (isHit && fault.kind === 'ended') await session.query('SELECT pg_terminate_backend(pg_backend_pid())');
      if (isHit && fault.when === 'before') fail();
      const result = await work();
      return isHit ? fail() : result;
    };
    return {
      query: async (sql, parameters) => await ask(sql, async () => await session.query(sql, parameters)),
      restoreSettings: async () => await ask('settings', async () => await session.restoreSettings()),
      async transaction(limits, work) {
        const result = await session.transaction(limits, async () => {
          const done = await ask('BEGIN', work);
          // Fails in here where it has to fail before the commit.
          if (fault.when === 'before') await ask('COMMIT', () => Promise.resolve());
          return done;
        });
        if (fault.when === 'after') await ask('COMMIT', () => Promise.resolve());
        return result;
      },
    };
  };
  return {
    engine: inner.engine,
    sessions: inner.sessions,
    use: async (work) => await inner.use(async (session) => await work(guarded(session))),
    close: async () => await inner.close(),
    get hit() {
      return hit;
    },
    get asked() {
      return asked;
    },
  };
}

function raising({ state }: SqlState): string {
  return `DO $$ BEGIN RAISE EXCEPTION 'a failure of the tests' USING ERRCODE = '${state}'; END $$`;
}
