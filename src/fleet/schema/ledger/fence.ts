/**
 * Who may apply: one at a time, by an advisory lock that goes with its session, and nobody once a higher token was seen.
 * The lock is polled: a session that waits in pg_advisory_lock holds up a concurrent index build, which waits for it.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { DatabaseSession } from '../../../ports/schema/database.ts';
import { stopIfAsked, type SchemaParts } from '../request.ts';
import { hasLayout } from './layout.ts';

/** `them`, and what it is for. */
const lockKey = '1952998765, 1';
const [shortestPollMs, longestPollMs] = [50, 500];

/**
 * Takes the lock; whoever has it with a lower token learns of ours meanwhile, and ends. Throws ALREADY_IN_PROGRESS when
 * `waitMs` are over, and FENCED when a higher token was here.
 */
export async function takeOver(session: DatabaseSession, parts: SchemaParts, waitMs: number): Promise<void> {
  const { clock, random } = parts;
  const untilMs = clock.steadyMs() + waitMs;
  for (let tries = 0; ; tries += 1) {
    stopIfAsked(parts);
    const isRaised = await tryRaise(session, parts);
    const { rows } = await session.query(`SELECT pg_try_advisory_lock(${lockKey}) AS taken`);
    if (rows[0]?.['taken'] === 't') {
      if (isRaised) return;
      await letGo(session);
    }
    if (clock.steadyMs() >= untilMs) {
      throw new ThemisError('ALREADY_IN_PROGRESS', 'Somebody else is changing the schema of this database.', {
        hint: 'Wait for it to end, or ask again later.',
      });
    }
    if (tries === 0) parts.emit({ type: 'waiting', on: 'applier', detail: 'somebody else changes the schema' });
    const pauseMs = Math.min(longestPollMs, shortestPollMs * 2 ** Math.min(tries, 10));
    await clock.sleep(pauseMs * (0.5 + random()), parts.signal);
  }
}

/** For good measure: with its session the lock goes anyway. */
export async function letGo(session: DatabaseSession): Promise<void> {
  await session.query(`SELECT pg_advisory_unlock(${lockKey})`).catch(() => {});
}

/** Inside of a transaction with an effect, first of all. Keeps a newer holder waiting until the transaction has ended. */
export async function checkFence(session: DatabaseSession, token: number): Promise<void> {
  const { rows } = await session.query('SELECT token, holder FROM themis.fence FOR SHARE');
  refuseNewer(rows[0], token);
}

/** Inside of a transaction, where the tables are new. */
export async function openFence(session: DatabaseSession, { token, by }: SchemaParts['authority']): Promise<void> {
  await session.query('INSERT INTO themis.fence VALUES (true, $1, $2)', [token, by]);
}

/** False: a transaction of whoever is at work keeps us from it right now. */
async function tryRaise(session: DatabaseSession, { authority, settings }: SchemaParts): Promise<boolean> {
  const { token, by } = authority;
  if (!(await hasLayout(session))) return true;
  const { rows } = await session.query('SELECT token, holder FROM themis.fence');
  refuseNewer(rows[0], token);
  if (rows[0]?.['token'] === String(token)) return true;
  const { lockTimeoutMs, statementTimeoutMs } = settings;
  try {
    await session.transaction({ lockTimeoutMs, statementTimeoutMs }, async () => {
      await session.query('UPDATE themis.fence SET token = $1, holder = $2 WHERE token < $1', [token, by]);
      await checkFence(session, token);
    });
    return true;
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'DATABASE_LOCKED') return false;
    throw error;
  }
}

function refuseNewer(row: Readonly<Record<string, string | null>> | undefined, token: number): void {
  if (row === undefined || Number(row['token']) <= token) return;
  throw new ThemisError('FENCED', `${row['holder']} has taken over with token ${row['token']}; ours is ${token}.`);
}
