/**
 * PGlite: PostgreSQL in WebAssembly, in a worker thread, one session. It knows neither a lock on its directory nor a
 * statement timeout; both are kept from outside. A worker that was ended in the middle of something leaves what kill -9
 * would leave, and the next session opens the directory again. In memory, nothing comes back.
 */
import { resolve } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import type { Database } from '../../ports/schema/database.ts';
import { connect } from './connect.ts';
import { lockDirectory } from './directory-lock.ts';
import { openSessionPool } from './session-pool.ts';
import type { Connection } from './session.ts';
import { WorkerStream } from './worker-stream.ts';

export interface PgliteOptions {
  /** A PGlite directory, made at the first use where there is none; null: in memory. */
  readonly directory: string | null;
  /** A module that calls `servePglite`. */
  readonly entry: URL;
}

/** Starting is slow on a machine that is busy: it makes a database, or replays what a killed one left. */
const startLimitMs = 120_000;
const graceMs = 100;

/** Locks the directory until it is closed: ALREADY_IN_PROGRESS names who has it open. Opens it at the first use. */
export async function openPglite({ directory, entry }: PgliteOptions): Promise<Database> {
  const path = directory === null ? null : resolve(directory);
  const lock = path === null ? null : await lockDirectory(path);
  const workers = new PgliteWorkers(path, entry);
  return openSessionPool({
    engine: 'pglite',
    sessions: 1,
    graceMs,
    isInMemory: path === null,
    connect: async () => await workers.connect(),
    async closed() {
      await workers.close();
      lock?.release();
    },
  });
}

/** One after the other: the next begins when the thread of the last one is gone. */
class PgliteWorkers {
  readonly #directory: string | null;
  readonly #entry: URL;
  #last: { readonly stream: WorkerStream; readonly gone: Promise<void> } | undefined;
  #isClosed = false;

  constructor(directory: string | null, entry: URL) {
    this.#directory = directory;
    this.#entry = entry;
  }

  async connect(): Promise<Connection> {
    if (this.#directory === null && this.#last !== undefined) {
      throw new ThemisError('UNREACHABLE', 'the database was in memory, and its worker has ended', { reason: '08001' });
    }
    await this.#last?.gone;
    if (this.#isClosed) throw new ThemisError('UNREACHABLE', 'the database was closed');
    const stream = new WorkerStream(this.#entry, { directory: this.#directory });
    const gone = new Promise<void>((done) => {
      stream.once('close', done);
    });
    this.#last = { stream, gone };
    const config = { host: 'localhost', user: 'postgres', database: 'postgres', password: '', ssl: false };
    return await connect(config, stream, startLimitMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#last?.stream.destroy();
    await this.#last?.gone;
  }
}
