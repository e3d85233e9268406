/**
 * Whether a query works, without running it: it is prepared and planned in a transaction that may only read. That looks
 * up every name and type, and the rights of whoever asks. It is never run: how long a query takes, what its functions do
 * and what it makes of the rows that happen to be there say nothing about the schema.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { literal } from '../../../migrate/sql/quote.ts';
import type { DatabaseSession, SqlValue, TransactionLimits } from '../../../ports/schema/database.ts';

export interface ProbeFailure {
  /** SQLSTATE. */
  readonly reason: string;
  readonly message: string;
}

export interface ProbeSurroundings {
  readonly limits: TransactionLimits;
  /** As `current_setting('search_path')` has it; null: that of the session. */
  readonly searchPath: string | null;
}

const prepared = '_themis_probe';
/** A text of several statements is refused whole: only the first would be planned, and the others run. */
const one: readonly SqlValue[] = [];
/** From 16 on a query with parameters is planned without values for them. */
const genericPlans = 160_000;

/** Null: it works. Throws when the server cannot be asked now: DATABASE_LOCKED, TIMEOUT, UNREACHABLE. */
export async function tryProbe(
  session: DatabaseSession,
  sql: string,
  { limits, searchPath }: ProbeSurroundings,
): Promise<ProbeFailure | null> {
  try {
    await session.transaction(limits, async () => {
      await session.query('SET TRANSACTION READ ONLY');
      if (searchPath !== null) await session.query(`SELECT set_config('search_path', $1, true)`, [searchPath]);
      await session.query(`PREPARE ${prepared} AS ${sql}`, one);
      await plan(session, sql);
    });
    return null;
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    if (error.code !== 'DATABASE_REFUSED' && error.code !== 'DATABASE_CONFLICT') throw error;
    return { reason: error.reason ?? error.code, message: error.message };
  } finally {
    // It outlives the transaction. Where it was not even prepared, or the connection is gone, there is none.
    await session.query(`DEALLOCATE ${prepared}`).catch(() => {});
  }
}

async function plan(session: DatabaseSession, sql: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT cardinality(parameter_types) AS parameters, current_setting('server_version_num') AS version
      FROM pg_prepared_statements WHERE name = $1`,
    [prepared],
  );
  if (rows[0]?.['parameters'] === '0') await session.query(`EXPLAIN EXECUTE ${prepared}`);
  else if (Number(rows[0]?.['version']) >= genericPlans) await session.query(asOne(`EXPLAIN (GENERIC_PLAN) ${sql}`));
}

/** Within a function: on its own it would ask for values of its parameters. */
function asOne(statement: string): string {
  return `DO ${literal(`BEGIN EXECUTE ${literal(statement)}; END`)}`;
}
