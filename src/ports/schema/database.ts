import type { DatabaseEngine } from '../../model/schema/database.ts';

/**
 * A database whose schema is migrated. Values are what PostgreSQL prints (`t`, `42`, `{a,b}`, `2026-01-01 00:00:00+00`) or
 * null, the same on every engine. Throws ThemisError with the SQLSTATE as `reason`: DATABASE_LOCKED (a lock was not had
 * in time, a deadlock, a serialisation failure: again later), DATABASE_CONFLICT (rows that contradict a constraint),
 * DATABASE_REFUSED (the server does not take the statement), NO_SPACE, TIMEOUT, UNREACHABLE, CANCELLED, IO.
 */
export interface Database {
  readonly engine: DatabaseEngine;
  /** At once, at most. With one, nothing that needs two (a concurrent build beside a watcher) may wait for itself. */
  readonly sessions: number;
  /** A session of its own for as long as the work lasts; waits for a free one. Whatever it left open is rolled back. */
  use<Result>(work: (session: DatabaseSession) => Promise<Result>): Promise<Result>;
  /** Waits for no work: sessions in use end with UNREACHABLE. */
  close(): Promise<void>;
}

export interface DatabaseSession {
  /** Several statements, of which the last one's result counts; with parameters, even none (`[]`), no more than one. */
  query(sql: string, parameters?: readonly SqlValue[]): Promise<QueryResult>;
  /** Values print, and wait for rows, as on every session that is given out, whatever a statement has set. */
  restoreSettings(): Promise<void>;
  /** Commits what `work` did, or rolls back and throws what it threw. Not to be nested. */
  transaction<Result>(limits: TransactionLimits, work: () => Promise<Result>): Promise<Result>;
}

export interface TransactionLimits {
  /** How long one statement may wait for one lock; null: as long as it takes. */
  readonly lockTimeoutMs: number | null;
  /** Of one statement, waiting included; null: as long as it takes. */
  readonly statementTimeoutMs: number | null;
}

export type SqlValue = string | number | bigint | boolean | null;

export interface QueryResult {
  readonly rows: readonly Row[];
  /** Rows that were read or changed. */
  readonly count: number;
}

export type Row = Readonly<Record<string, string | null>>;
