/**
 * A database as its sessions: connections are made when somebody needs one, given out first come, first served, reset
 * after every use and kept for the next one. One that does not come back clean is thrown away, and nothing else with it.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { DatabaseEngine } from '../../model/schema/database.ts';
import type { Database, DatabaseSession } from '../../ports/schema/database.ts';
import { toConnectError, toDatabaseError } from './errors.ts';
import { commonSettings, type Connection, openSession, type OpenSession } from './session.ts';

export interface SessionPoolOptions {
  readonly engine: DatabaseEngine;
  readonly sessions: number;
  readonly connect: () => Promise<Connection>;
  /** Of a statement that has had its time: until the server must have said so. */
  readonly graceMs: number;
  /** The data ends with its connection: such a one is waited for rather than ended. */
  readonly isInMemory: boolean;
  /** After the last connection. */
  readonly closed?: () => Promise<void>;
}

/**
 * Limits are those of each transaction: a scan or a plug-in takes as long as it takes. And where the system can tell, a
 * server soon drops the statement of a client that is gone.
 */
const settings = `
  SET application_name = 'themis'; ${commonSettings};
  SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0;
  SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) IS NOT NULL;
  SELECT set_config('client_connection_check_interval', '2s', false)
    WHERE current_setting('client_connection_check_interval', true) IS NOT NULL AND version() LIKE '%linux%'`;

/** What DISCARD ALL does, and in one round trip with the settings: locks, settings and temporary tables go. */
const reset = `
  CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *; SELECT pg_advisory_unlock_all();
  DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES; ${settings}`;

const resetLimitMs = 5000;

export function openSessionPool(options: SessionPoolOptions): Database {
  return new SessionPool(options);
}

class SessionPool implements Database {
  readonly engine: DatabaseEngine;
  readonly sessions: number;
  readonly #options: SessionPoolOptions;
  readonly #idle: Connection[] = [];
  readonly #used = new Set<Connection>();
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #taken = 0;
  #closing: Promise<void> | undefined;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.engine = options.engine;
    this.sessions = options.sessions;
  }

  async use<Result>(work: (session: DatabaseSession) => Promise<Result>): Promise<Result> {
    await this.#takeTurn();
    try {
      const connection = await this.#connection();
      const session = openSession(connection, this.#options.graceMs);
      try {
        return await work(session);
      } finally {
        session.finish();
        await this.#giveBack(connection, session);
      }
    } finally {
      this.#passTurn();
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #takeTurn(): Promise<void> {
    if (this.#closing !== undefined) throw wasClosed();
    if (this.#taken < this.sessions) {
      this.#taken += 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    await turn.promise;
  }

  #passTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next.resolve();
  }

  async #connection(): Promise<Connection> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.ended !== null) continue;
      idle.keepAwake(true);
      this.#used.add(idle);
      return idle;
    }
    return await this.#connect();
  }

  async #connect(): Promise<Connection> {
    let connection: Connection | undefined;
    try {
      connection = await this.#options.connect();
      await connection.client.query(settings);
    } catch (error) {
      const why = connection?.ended ?? toConnectError(error);
      connection?.end(why);
      throw why;
    }
    if (this.#closing !== undefined) {
      connection.end(wasClosed());
      throw wasClosed();
    }
    this.#used.add(connection);
    return connection;
  }

  async #giveBack(connection: Connection, { pending }: OpenSession): Promise<void> {
    const { isInMemory } = this.#options;
    if (pending > 0 && !isInMemory) connection.end(leftBehind());
    // oxlint-disable-next-line no-empty-function -- one that cannot be reset has ended, which is all there is to say
    await this.#reset(connection).catch(() => {});
    this.#used.delete(connection);
    if (connection.ended !== null) return;
    if (this.#closing !== undefined) return connection.end(wasClosed());
    connection.keepAwake(false);
    this.#idle.push(connection);
  }

  async #reset(connection: Connection): Promise<void> {
    if (connection.ended !== null) return;
    const { client } = connection;
    const giveUp = (): void => connection.end(new ThemisError('UNREACHABLE', 'the database does not answer'));
    const timer = this.#options.isInMemory ? undefined : setTimeout(giveUp, resetLimitMs);
    try {
      await connection.answered();
      if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
      await client.query(reset);
    } catch (error) {
      connection.end(toDatabaseError(error));
    } finally {
      clearTimeout(timer);
    }
  }

  async #close(): Promise<void> {
    for (const turn of this.#waiting.splice(0)) turn.reject(wasClosed());
    for (const connection of this.#used) connection.end(wasClosed());
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
    await this.#options.closed?.();
  }
}

function wasClosed(): ThemisError {
  return new ThemisError('UNREACHABLE', 'the database was closed');
}

function leftBehind(): ThemisError {
  return new ThemisError('CANCELLED', 'the work of the session ended before its statements did');
}
