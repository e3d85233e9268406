/**
 * Who may apply: one at a time, by an advisory lock that goes with its session, and nobody once a higher token was seen.
 * Tokens are those of one coordination store, which is fixed at first contact: those of another say nothing here.
 * The lock is polled: a session that waits in pg_advisory_lock holds up a concurrent index build, which waits for it.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { literal } from '../../../migrate/sql/quote.ts';
import type { DatabaseSession, Row } from '../../../ports/schema/database.ts';
import { stopIfAsked, type SchemaAuthority, type SchemaParts } from '../request.ts';
import { hasLayout } from './layout.ts';

/** `them`, and what it is for. */
const lockKey = '1952998765, 1';
const [shortestPollMs, longestPollMs] = [50, 500];

/**
 * Takes the lock; whoever has it with a lower token learns of ours meanwhile, and ends. Throws ALREADY_IN_PROGRESS when
 * `waitMs` are over, FENCED when a higher token was here, and FOREIGN_STORE.
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

const seen = `SELECT token, holder, (SELECT value FROM themis.meta WHERE key = 'store') AS store FROM themis.fence`;

/** Inside of a transaction with an effect, first of all. Keeps a newer holder waiting until the transaction has ended. */
export async function checkFence(session: DatabaseSession, authority: SchemaAuthority): Promise<void> {
  const { rows } = await session.query(`${seen} FOR SHARE OF fence`);
  refuseOthers(rows[0], authority);
}

/** Inside of a transaction, where the tables are new. */
export async function openFence(session: DatabaseSession, { store, token, by }: SchemaAuthority): Promise<void> {
  await session.query('INSERT INTO themis.fence VALUES (true, $1, $2)', [token, by]);
  await session.query(`INSERT INTO themis.meta VALUES ('store', $1)`, [store]);
}

/** False: a transaction of whoever is at work keeps us from it right now. */
async function tryRaise(session: DatabaseSession, { authority, settings }: SchemaParts): Promise<boolean> {
  const { store, token, by } = authority;
  if (!(await hasLayout(session))) return true;
  const { rows } = await session.query(seen);
  refuseOthers(rows[0], authority);
  if (rows[0]?.['token'] === String(token) && rows[0]['store'] === store) return true;
  const { lockTimeoutMs, statementTimeoutMs } = settings;
  try {
    await session.transaction({ lockTimeoutMs, statementTimeoutMs }, async () => {
      await session.query('UPDATE themis.fence SET token = $1, holder = $2 WHERE token < $1', [token, by]);
      await session.query(`INSERT INTO themis.meta VALUES ('store', $1) ON CONFLICT DO NOTHING`, [store]);
      await checkFence(session, authority);
    });
    return true;
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'DATABASE_LOCKED') return false;
    throw error;
  }
}

function refuseOthers(row: Row | undefined, { store, token }: SchemaAuthority): void {
  if (row === undefined) return;
  const obeyed = row['store'] ?? store;
  if (obeyed !== store) {
    throw new ThemisError(
      'FOREIGN_STORE',
      `The database obeys the coordination store ${obeyed}; this fleet's is ${store}.`,
      {
        hint: `If the move is meant, and nobody applies from the other one any more, run in the database: UPDATE themis.meta SET value = ${literal(store)} WHERE key = 'store'; UPDATE themis.fence SET token = 0`,
      },
    );
  }
  if (Number(row['token']) <= token) return;
  throw new ThemisError('FENCED', `${row['holder']} has taken over with token ${row['token']}; ours is ${token}.`);
}
