import type { Duplex } from 'node:stream';
import type { Client, ClientConfig } from 'pg';
import { ThemisError } from '../../kernel/error.ts';
import { toConnectError } from './errors.ts';
import type { Connection } from './session.ts';

/** What pg asks of a stream besides reading and writing; it is a Socket, or behaves like one. */
export interface ProtocolStream extends Duplex {
  /** `connect` is emitted when it can be written to. */
  connect(...where: never): this;
  setNoDelay(): this;
  setKeepAlive(): this;
  ref(): this;
  unref(): this;
}

/** Saying goodbye is a courtesy; a PGlite also writes out what it holds. */
const closeLimitMs = 10_000;

/** A connection through `stream`, which nothing has been read from or written to; UNREACHABLE after `limitMs`. */
export async function connect(config: ClientConfig, stream: ProtocolStream, limitMs: number): Promise<Connection> {
  // Loaded here: whoever has no database does not pay for it.
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...config, stream: () => stream, types: { getTypeParser: () => asText } });
  const connection = new StreamConnection(client, stream);
  const late = new ThemisError('UNREACHABLE', `the database did not answer within ${limitMs} ms`, { reason: '08001' });
  const timer = setTimeout(() => connection.end(late), limitMs);
  try {
    await client.connect();
    return connection;
  } catch (error) {
    // An error of the stream comes together with its end, which says less.
    const why = connection.ended === late ? late : toConnectError(error);
    connection.end(why);
    throw why;
  } finally {
    clearTimeout(timer);
  }
}

/** pg has them, its types do not. */
type FullClient = Client & { ref(): void; unref(): void; readonly readyForQuery?: boolean };

class StreamConnection implements Connection {
  readonly client: Client;
  readonly #stream: ProtocolStream;
  #ended: ThemisError | null = null;

  constructor(client: Client, stream: ProtocolStream) {
    this.client = client;
    this.#stream = stream;
    const lost = (error: unknown): void => {
      this.#ended ??= toConnectError(error);
    };
    client.on('error', lost);
    client.on('end', () => lost(new Error('the server closed it')));
  }

  get ended(): ThemisError | null {
    return this.#ended;
  }

  end(why: ThemisError): void {
    this.#ended ??= why;
    this.#stream.destroy(why);
  }

  keepAwake(isNeeded: boolean): void {
    const client = this.client as FullClient;
    if (isNeeded) client.ref();
    else client.unref();
  }

  async answered(): Promise<void> {
    const client = this.client as FullClient;
    // An error is reported before the server has said how it stands after it.
    while (this.#ended === null && client.readyForQuery !== true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const event of ['drain', 'end', 'error'] as const) client.once(event, resolve);
      await promise;
      for (const event of ['drain', 'end', 'error'] as const) client.off(event, resolve);
    }
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return;
    this.keepAwake(true);
    const late = setTimeout(() => this.#stream.destroy(), closeLimitMs);
    await this.client.end();
    clearTimeout(late);
  }
}

function asText(value: string): string {
  return value;
}
