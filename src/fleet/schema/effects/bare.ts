/** Statements outside of a transaction, under limits of the session that go with them. */
import type { DatabaseSession, TransactionLimits } from '../../../ports/schema/database.ts';
import type { StepCall } from './call.ts';
import { patiently } from './patiently.ts';

/** One after the other; each is tried until it has its locks. */
export async function runBare(call: StepCall, statements: readonly string[]): Promise<void> {
  const { session, parts } = call.work;
  for (const statement of statements) {
    await patiently(call, () => outsideTransaction(call, parts.settings, () => session.query(statement)));
  }
}

/**
 * After statements of others: where they looked, who they were, how they had values printed and which triggers they kept
 * from firing must not reach the next ones, which may as well run in another session after a crash, nor our own copies
 * and records. Who may not change which triggers fire has not done so.
 */
export async function asBefore(session: DatabaseSession): Promise<void> {
  await session.query(
    `RESET ROLE; RESET search_path; RESET themis.quiet;
      SELECT set_config('session_replication_role', 'origin', false)
        WHERE current_setting('session_replication_role') <> 'origin'`,
  );
  await session.restoreSettings();
}

export async function outsideTransaction(
  { work }: StepCall,
  { lockTimeoutMs, statementTimeoutMs }: TransactionLimits,
  statement: () => Promise<unknown>,
): Promise<void> {
  const { session } = work;
  await session.query(`SET lock_timeout = ${lockTimeoutMs ?? 0}`);
  await session.query(`SET statement_timeout = ${statementTimeoutMs ?? 0}`);
  try {
    await statement();
  } finally {
    // Where the connection is gone, so are they.
    await session.query('SET lock_timeout = 0; SET statement_timeout = 0').catch(() => {});
    await asBefore(session).catch(() => {});
  }
}
