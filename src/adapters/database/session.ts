/**
 * One session on one connection that speaks PostgreSQL's protocol, whoever serves it. Every value stays the text it is
 * on the wire. A statement of a transaction that outlives its limit by the grace ends the connection from here: the
 * server may be out of reach, and PGlite never stops a statement by itself.
 */
import type { Client, QueryConfig, QueryResult as Answer } from 'pg';
import { ThemisError } from '../../kernel/error.ts';
import type { DatabaseSession, QueryResult, Row, SqlValue, TransactionLimits } from '../../ports/schema/database.ts';
import { toDatabaseError } from './errors.ts';

export interface Connection {
  readonly client: Client;
  /** Why it is of no use any more; null: it is. */
  readonly ended: ThemisError | null;
  /** At once, whatever it is doing; what it was asked fails with `why`. */
  end(why: ThemisError): void;
  /** When everything that it was asked is answered, so that the status of its transaction is the present one. */
  answered(): Promise<void>;
  /** Whether the process has to go on for it. */
  keepAwake(isNeeded: boolean): void;
  /** When there is nothing to do: tells the server, and waits until it is closed. */
  close(): Promise<void>;
}

export type OpenSession = DatabaseSession & {
  /** Statements that were not answered yet. */
  readonly pending: number;
  /** Refuses whatever is still asked of it: the connection belongs to somebody else now. */
  finish(): void;
};

/**
 * Values print the same whatever the server, the database, the role or a statement has set. Statements that wait for a
 * row see it as it is then.
 */
export const commonSettings = `
  SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET extra_float_digits = 1;
  SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET default_transaction_isolation = 'read committed'`;

/** What one value of PostgreSQL's settings that are milliseconds may be at most. */
const longestMs = 2_147_483_647;

export function openSession(connection: Connection, graceMs: number): OpenSession {
  return new Session(connection, graceMs);
}

class Session implements OpenSession {
  pending = 0;
  readonly #connection: Connection;
  readonly #graceMs: number;
  #limits: TransactionLimits | null = null;
  #isFinished = false;

  constructor(connection: Connection, graceMs: number) {
    this.#connection = connection;
    this.#graceMs = graceMs;
  }

  finish(): void {
    this.#isFinished = true;
  }

  async query(sql: string, parameters?: readonly SqlValue[]): Promise<QueryResult> {
    if (this.#isFinished) throw new ThemisError('BUG', 'a database session was used after its work had ended');
    const answer = await this.#ask(sql, parameters);
    const last = Array.isArray(answer) ? answer.at(-1)! : answer;
    return { rows: last.rows, count: last.rowCount ?? last.rows.length };
  }

  async restoreSettings(): Promise<void> {
    await this.query(commonSettings);
  }

  async transaction<Result>(limits: TransactionLimits, work: () => Promise<Result>): Promise<Result> {
    if (this.#limits !== null) throw new ThemisError('BUG', 'transactions of a database session do not nest');
    this.#limits = limits;
    try {
      await this.query(
        `BEGIN; SET LOCAL lock_timeout = ${setting(limits.lockTimeoutMs)};` +
          ` SET LOCAL statement_timeout = ${setting(limits.statementTimeoutMs)}`,
      );
      const result = await work();
      await this.#commit();
      return result;
    } catch (error) {
      await this.#rollBack();
      throw error;
    } finally {
      this.#limits = null;
    }
  }

  async #commit(): Promise<void> {
    const status = this.#connection.client.getTransactionStatus();
    // Both would look like success: COMMIT rolls a failed transaction back, and only warns where there is none.
    if (status === 'E') throw refused('25P02', 'a statement of the transaction failed, and its work went on');
    if (status === 'I') throw refused('2D000', 'the transaction was ended by one of its own statements');
    await this.query('COMMIT');
  }

  async #rollBack(): Promise<void> {
    const { client, ended } = this.#connection;
    if (ended !== null || client.getTransactionStatus() === 'I') return;
    try {
      await this.#ask('ROLLBACK');
    } catch (error) {
      this.#connection.end(toDatabaseError(error));
    }
  }

  async #ask(sql: string, parameters?: readonly SqlValue[]): Promise<Answer<Row> | Answer<Row>[]> {
    const { client } = this.#connection;
    const limitMs = this.#limits?.statementTimeoutMs ?? null;
    const began = performance.now();
    const timer =
      limitMs === null
        ? undefined
        : setTimeout(() => this.#timeOut(limitMs), Math.min(limitMs + this.#graceMs, longestMs));
    this.pending += 1;
    try {
      if (parameters === undefined) return await client.query<Row>(sql);
      return await client.query<Row>(single(sql, parameters));
    } catch (error) {
      if (this.#connection.ended !== null) throw this.#connection.ended;
      const failure = toDatabaseError(error, limitMs !== null && performance.now() - began >= limitMs);
      await this.#connection.answered();
      throw failure;
    } finally {
      this.pending -= 1;
      clearTimeout(timer);
    }
  }

  #timeOut(limitMs: number): void {
    const message = `a statement did not end within ${limitMs} ms, and its session was ended`;
    this.#connection.end(new ThemisError('TIMEOUT', message, { reason: '57014' }));
  }
}

/** pg has the mode, its types do not. Without it a text without parameters is sent as a script. */
function single(text: string, values: readonly SqlValue[]): QueryConfig & { readonly queryMode: 'extended' } {
  return { text, values: [...values], queryMode: 'extended' };
}

/** 0 would be no limit at all. */
function setting(limitMs: number | null): number {
  return limitMs === null ? 0 : Math.min(Math.max(1, Math.ceil(limitMs)), longestMs);
}

function refused(reason: string, why: string): ThemisError {
  return new ThemisError('DATABASE_REFUSED', `${why}; nothing of it was committed`, { reason });
}
