/**
 * One applier at work on one connection, which holds the lock all the while. A connection that is lost says nothing of
 * the transaction that was under way, so the work begins again on a new one, from what the database has: there is no
 * other way to go on than the one after a crash.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { DatabaseSession, TransactionLimits } from '../../ports/schema/database.ts';
import { letGo, takeOver } from './ledger/fence.ts';
import type { Direction } from '../../model/schema/schema-event.ts';
import { stopIfAsked, type SchemaParts } from './request.ts';

export interface Work {
  readonly parts: SchemaParts;
  readonly session: DatabaseSession;
  /** Of transactions that only record: they wait for nobody but a newer holder. */
  readonly recordLimits: TransactionLimits;
  readonly memory: Memory;
}

/** What one call knows across its connections. */
export interface Memory {
  /** Runs it began or took up: how one of them ended is what the call answers. */
  readonly runs: Set<number>;
  /** Something was committed since the connection was last lost. */
  advanced: boolean;
  /** What a step failed with, until it is recorded. */
  failed: {
    readonly run: number;
    readonly step: string;
    readonly direction: Direction;
    readonly failure: Failure;
  } | null;
}

const reconnectMs = 60_000;
/** A server may take seconds to miss a client that was killed. */
const waitForOtherMs = 5000;
/** How long it may take to ask for the end of a statement. */
const cancelMs = 2000;
const [shortestPauseMs, longestPauseMs] = [100, 5000];
const insufficientPrivilege = '42501';

export async function atWork<Result>(parts: SchemaParts, work: (work: Work) => Promise<Result>): Promise<Result> {
  const { database, clock, settings, random } = parts;
  const memory: Memory = { runs: new Set(), advanced: false, failed: null };
  const patienceMs = settings.reconnectMs ?? reconnectMs;
  let isConnected = false;
  let hadLock = false;
  let sinceMs = 0;
  for (let tries = 0; ; tries += 1) {
    stopIfAsked(parts);
    try {
      return await database.use(async (session) => {
        isConnected = true;
        // Our own session of before may hold the lock until the server misses us.
        await takeOver(session, parts, hadLock ? patienceMs : (settings.waitForOtherMs ?? waitForOtherMs));
        hadLock = true;
        await lookForDeadlocksSoon(session, parts);
        const listening = await cancelWhenAsked(parts, session);
        try {
          return await work({ parts, session, memory, recordLimits: recordLimits(parts) });
        } finally {
          await listening.end();
          await letGo(session);
        }
      });
    } catch (error) {
      if (!(error instanceof ThemisError) || !isConnected) throw error;
      // A statement that had its time may have taken the connection with it, before that was recorded.
      if (error.code !== 'UNREACHABLE' && (memory.failed === null || error.code === 'FENCED')) throw error;
      if (tries === 0 || memory.advanced) [tries, sinceMs] = [0, clock.steadyMs()];
      if (clock.steadyMs() - sinceMs >= patienceMs) throw error;
      memory.advanced = false;
      parts.emit({ type: 'waiting', on: 'connection', detail: error.message });
      await clock.sleep(Math.min(longestPauseMs, shortestPauseMs * 2 ** tries) * (0.5 + random()), parts.signal);
    }
  }
}

/**
 * A server cancels a vacuum that it began by itself once somebody has waited for it as long as `deadlock_timeout`. Who
 * gives up before that waits until the vacuum has ended, and a copy leaves it a lot to do. To look sooner also makes us
 * the one who is cancelled in a deadlock, and not a writer. Superusers may, and whom they let (GRANT SET ON PARAMETER
 * deadlock_timeout); for all others the server decides.
 */
async function lookForDeadlocksSoon(session: DatabaseSession, { settings }: SchemaParts): Promise<void> {
  if (settings.lockTimeoutMs === 0) return;
  const soonMs = Math.max(1, Math.floor(settings.lockTimeoutMs / 2));
  try {
    await session.query(
      `SELECT set_config(name, '${soonMs}ms', false) FROM pg_settings
        WHERE name = 'deadlock_timeout' AND setting::bigint > ${soonMs}`,
    );
  } catch (error) {
    if (!(error instanceof ThemisError) || error.reason !== insufficientPrivilege) throw error;
  }
}

function recordLimits({ settings }: SchemaParts): TransactionLimits {
  return { lockTimeoutMs: null, statementTimeoutMs: settings.statementTimeoutMs };
}

/**
 * A scan or an index build may run for hours, and whoever wants to stop does not wait for it: what is cancelled is rolled
 * back, or in doubt, and the run is open either way. That takes a second session; on one alone the statement is waited for.
 */
async function cancelWhenAsked({ database, signal, clock }: SchemaParts, own: DatabaseSession): Promise<Listening> {
  if (database.sessions === 1) return { end: () => Promise.resolve() };
  const { rows } = await own.query('SELECT pg_backend_pid() AS pid');
  const pid = Number(rows[0]?.['pid']);
  let asked: Promise<unknown> | null = null;
  const cancel = (): void => {
    asked = database.use(async (session) => await session.query('SELECT pg_cancel_backend($1)', [pid])).catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  return {
    async end() {
      signal.removeEventListener('abort', cancel);
      // Where nothing was asked, no timer is left behind either.
      if (asked !== null) await Promise.race([asked, clock.sleep(cancelMs)]);
    },
  };
}

interface Listening {
  /** Before the session is somebody else's: nobody but us is to be cancelled. */
  end(): Promise<void>;
}
