/**
 * One connection to the SQLite file of a manifest store: WAL and synchronous=FULL, every change one BEGIN IMMEDIATE
 * transaction, every look one snapshot. SQLite waits a moment for another process; after that the wait is here, so
 * that this process goes on with other things meanwhile.
 */
import { closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThemisError } from '../../kernel/error.ts';

const busyWaitMs = 200;
const patienceMs = 60_000;
const sqlite = { busy: 5, locked: 6, full: 13, protocol: 15 } as const;

export class Connection {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Creates the file and its directory when they are not there. `isPrivate`: its owner's alone, else POLICY_REFUSED. */
  static async open(file: string, isPrivate: boolean, prepare: (connection: Connection) => void): Promise<Connection> {
    return patiently(() => {
      mkdirSync(dirname(file), { recursive: true });
      if (isPrivate) {
        // The files beside it, log and index, get the mode of this one.
        closeSync(openSync(file, 'a', 0o600));
        refuseShared(file);
      }
      const db = new DatabaseSync(file, { timeout: busyWaitMs });
      try {
        db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
        const connection = new Connection(db);
        connection.#transaction('BEGIN IMMEDIATE', () => prepare(connection));
        return connection;
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  async write<Result>(work: () => Result): Promise<Result> {
    return patiently(() => this.#transaction('BEGIN IMMEDIATE', work));
  }

  async read<Result>(work: () => Result): Promise<Result> {
    return patiently(() => this.#transaction('BEGIN', work));
  }

  /** Several statements, without parameters. */
  script(sql: string): void {
    this.#db.exec(sql);
  }

  /** Compiled once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) this.#statements.set(text, (statement = this.#db.prepare(text)));
    return statement;
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #transaction<Result>(begin: string, work: () => Result): Result {
    this.#db.exec(begin);
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Again and again while others hold the file; whatever was begun is rolled back in between. */
async function patiently<Result>(work: () => Result): Promise<Result> {
  for (let waitedMs = 0, pauseMs = 5; ; waitedMs += busyWaitMs + pauseMs, pauseMs = Math.min(100, pauseMs * 2)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw wrap(error);
      if (waitedMs >= patienceMs) {
        throw new ThemisError('TIMEOUT', 'Other processes kept the manifest store busy.', { cause: error });
      }
    }
    await sleep(pauseMs);
  }
}

function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === sqlite.busy || code === sqlite.locked || code === sqlite.protocol;
}

/** The low byte; the rest tells kinds of it apart. */
function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** What another user can write is no memory of what this one verified. */
function refuseShared(file: string): void {
  const stat = lstatSync(file);
  const isOwn = process.getuid === undefined || stat.uid === process.getuid();
  if (stat.isFile() && isOwn && (process.platform === 'win32' || (stat.mode & 0o077) === 0)) return;
  throw new ThemisError('POLICY_REFUSED', `${file} is not a file of this user alone.`, {
    hint: `Remove it, or: chmod 600 ${file}`,
  });
}

function wrap(error: unknown): unknown {
  if (error instanceof ThemisError) return error;
  if (primaryCode(error) === sqlite.full || (error as NodeJS.ErrnoException).code === 'ENOSPC') {
    return new ThemisError('NO_SPACE', 'No space is left for the manifest store.', { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ThemisError('IO', `The manifest store failed: ${reason}`, { cause: error });
}
