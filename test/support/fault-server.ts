/**
 * A server of files on loopback that misbehaves on request. Everything on the wire is written here, so that it can be
 * wrong in any way; what it sent is counted. In order unless `fault` says otherwise.
 *
 *     const server = await startFaultServer({
 *       files: new Map([['a/file', bytes]]),          // read anew for every request
 *       fault: ({ nth }) => (nth === 1 ? 'resetAtRandom' : undefined),
 *     });
 *     server.url                                      // http://127.0.0.1:PORT, no slash at its end
 *     await server.close();
 */
import { seededRandom } from '../../src/adapters/transport/simulated/seeded-random.ts';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { answer, type Exchange, Pace, pause, type Respond, type SeenRequest } from './faults/exchange.ts';
import { faults, type FaultName } from './faults/table.ts';

export type { Exchange, SeenRequest } from './faults/exchange.ts';
export { answer, sendWhole } from './faults/exchange.ts';
export { faults, type FaultName } from './faults/table.ts';

export interface FaultServerOptions {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** A fault by its name, or an answer of the test's own; undefined: the answer of a server in order. */
  readonly fault?: (request: SeenRequest) => FaultName | Respond | undefined;
  /** Of a round trip: before each answer, and once more on each new connection for its handshake. Default 0. */
  readonly latencyMs?: number;
  /** Of each connection. Default: no limit. `6_250_000` is 50 Mbit/s. */
  readonly bytesPerSecond?: number;
  /** Of the bytes at which connections end. Default 1. */
  readonly seed?: number;
  /** For redirects to another host. Default: this server itself. */
  readonly elsewhere?: string;
  /** PEM; then it speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface FaultServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Of bodies, as far as they were handed to connections. */
  readonly bytesSent: number;
  /** How many were accepted, and how many are open now. */
  readonly connections: number;
  readonly openConnections: number;
  close(): Promise<void>;
}

export async function startFaultServer(options: FaultServerOptions): Promise<FaultServer> {
  const state: State = {
    options,
    requests: [],
    counts: new Map(),
    sockets: new Set(),
    random: seededRandom(options.seed ?? 1),
    bytesSent: 0,
    connections: 0,
    url: '',
  };
  const accept = (socket: Socket): void => void serve(state, socket);
  const server: Server = options.tls === undefined ? createServer(accept) : createTlsServer(options.tls, accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  state.url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    url: state.url,
    requests: state.requests,
    get bytesSent() {
      return state.bytesSent;
    },
    get connections() {
      return state.connections;
    },
    get openConnections() {
      return state.sockets.size;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of state.sockets) socket.destroy();
      await closed;
    },
  };
}

interface State {
  readonly options: FaultServerOptions;
  readonly requests: SeenRequest[];
  readonly counts: Map<string, number>;
  readonly sockets: Set<Socket>;
  readonly random: () => number;
  bytesSent: number;
  connections: number;
  url: string;
}

async function serve(state: State, socket: Socket): Promise<void> {
  const connection = (state.connections += 1);
  const { latencyMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = state.options;
  state.sockets.add(socket);
  socket.setNoDelay(true);
  socket.on('error', () => {}).on('close', () => state.sockets.delete(socket));
  const pace = new Pace(bytesPerSecond);
  let isNew = true;
  for await (const { head, cameAtMs } of heads(socket)) {
    const request = seen(state, head, connection);
    if (request === null) {
      socket.destroy();
      return;
    }
    state.requests.push(request);
    // A request that was sent before its turn has travelled meanwhile.
    const leftMs = cameAtMs + (isNew ? 2 * latencyMs : latencyMs) - performance.now();
    if (leftMs > 0) await pause(leftMs);
    isNew = false;
    const fault = state.options.fault?.(request);
    const respond: Respond =
      fault === undefined
        ? (exchange) => answer(exchange)
        : typeof fault === 'function'
          ? fault
          : faults[fault].respond;
    await respond(exchangeOf(state, socket, pace, request));
    if (!socket.writable) return;
    if (request.headers['connection'] === 'close') socket.end();
  }
}

/** Heads of requests, one after another; bodies are not expected. Reads on all the time, so that an end is noticed. */
async function* heads(socket: Socket): AsyncGenerator<{ readonly head: string; readonly cameAtMs: number }> {
  const waiting: { readonly head: string; readonly cameAtMs: number }[] = [];
  let text = '';
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      waiting.push({ head: text.slice(0, end), cameAtMs: performance.now() });
      text = text.slice(end + 4);
    }
    wake();
  });
  socket.on('close', () => wake());
  while (!socket.destroyed || waiting.length > 0) {
    const next = waiting.shift();
    if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
    else yield next;
  }
}

function seen(state: State, head: string, connection: number): SeenRequest | null {
  const [start = '', ...lines] = head.split('\r\n');
  const [method = '', target = ''] = start.split(' ');
  const url = URL.parse(target, state.url);
  if (url === null) return null;
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const path = decodeURIComponent(url.pathname.slice(1));
  const nth = (state.counts.get(path) ?? 0) + 1;
  state.counts.set(path, nth);
  return { method, target, path, headers, nth, connection };
}

function exchangeOf(state: State, socket: Socket, pace: Pace, request: SeenRequest): Exchange {
  const raw = async (text: string): Promise<void> => {
    if (socket.writable) socket.write(text, 'latin1');
  };
  return {
    request,
    bytes: state.options.files.get(request.path),
    random: state.random,
    elsewhere: state.options.elsewhere ?? state.url,
    async head(status, headers) {
      const all = { date: new Date().toUTCString(), ...headers };
      const lines = Object.entries(all).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one}`),
      );
      await raw(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n`);
    },
    body: (bytes) => pace.send(socket, bytes, (count) => (state.bytesSent += count)),
    raw,
    close: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    hang: () => new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve()))),
  };
}
