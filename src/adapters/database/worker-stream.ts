/**
 * The bytes of one connection to a PGlite in a worker thread of its own: the thread starts with the connection and ends
 * with it. The stream is closed only when the thread is gone, so whoever waits for that may open the directory again.
 */
import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { ThemisError } from '../../kernel/error.ts';
import type { ProtocolStream } from './connect.ts';

/** What the worker is to open; null: a database in memory. */
export interface PgliteOrder {
  readonly directory: string | null;
}

/** To the worker: bytes of the protocol, or null to close the database and end. */
export type PgliteRequest = Uint8Array | null;

export type PgliteReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Once after the bytes of each request. */
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly message: string };

/** The first byte of the protocol's Terminate. */
const terminate = 0x58;

export class WorkerStream extends Duplex implements ProtocolStream {
  readonly #entry: URL;
  readonly #order: PgliteOrder;
  #worker: Worker | undefined;
  #isGone = false;
  #written: ((error?: Error | null) => void) | undefined;

  /** `entry`: a module that calls `servePglite`. */
  constructor(entry: URL, order: PgliteOrder) {
    super();
    this.#entry = entry;
    this.#order = order;
  }

  connect(): this {
    // What it opens is its order: neither the environment nor flags of this process are its business.
    const worker = new Worker(this.#entry, { workerData: this.#order, env: {}, execArgv: [] });
    this.#worker = worker;
    worker.on('message', (reply: PgliteReply) => this.#take(reply));
    worker.on('error', (error) => this.destroy(lost(error instanceof Error ? error.message : String(error))));
    worker.on('exit', () => {
      this.#isGone = true;
      this.destroy();
    });
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#worker?.ref();
    return this;
  }

  unref(): this {
    this.#worker?.unref();
    return this;
  }

  override _read(): void {
    // The worker answers once to each request; there is nothing to ask for.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#written = done;
    this.#worker?.postMessage((chunk[0] === terminate ? null : chunk) satisfies PgliteRequest);
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _final(done: () => void): void {
    // The thread ends when it has closed the database, and the stream with it.
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const worker = this.#worker;
    if (worker === undefined || this.#isGone) return done(error);
    worker.once('exit', () => done(error));
    void worker.terminate();
  }

  #take(reply: PgliteReply): void {
    switch (reply.kind) {
      case 'ready':
        this.emit('connect');
        break;
      case 'bytes':
        this.push(reply.bytes);
        break;
      case 'answered': {
        const written = this.#written;
        this.#written = undefined;
        written?.();
        break;
      }
      case 'failed':
        this.destroy(lost(reply.message));
    }
  }
}

function lost(why: string): ThemisError {
  return new ThemisError('UNREACHABLE', `the embedded database failed: ${why}`, { reason: '08006' });
}
