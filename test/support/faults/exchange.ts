/**
 * One request and what is sent back, byte by byte as a fault wants it, and the answer of a server in order: one range,
 * strong entity tags, If-Range and If-None-Match (RFC 9110 13.1.5, 14.2).
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** As it was sent: encoded, with its query. */
  readonly target: string;
  /** Decoded, without leading slash and query: the key of `files`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The how-manieth request of this path, from 1. */
  readonly nth: number;
  /** The how-manieth connection of this server, from 1. */
  readonly connection: number;
}

export interface Exchange {
  readonly request: SeenRequest;
  /** undefined: there is no such file. */
  readonly bytes: Uint8Array | undefined;
  /** Of the server, seeded: at least 0, below 1. */
  readonly random: () => number;
  /** Where another server of the test listens; for redirects. */
  readonly elsewhere: string;
  /** Sends a head; `date` is added. Header values may be lists. */
  head(status: string, headers: Readonly<Record<string, string | number | readonly string[]>>): Promise<void>;
  /** Sends a part of a body, at the pace of the connection, and counts it. False once nobody listens any more. */
  body(bytes: Uint8Array): Promise<boolean>;
  /** Sends what is neither head nor body. */
  raw(text: string): Promise<void>;
  /** Closes in order (FIN). */
  close(): void;
  /** Resets the connection (RST). */
  reset(): void;
  /** Waits until the other side goes away. */
  hang(): Promise<void>;
}

export type Respond = (exchange: Exchange) => Promise<void>;

export function etagOf(bytes: Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
}

export interface AskedRange {
  readonly start: number;
  /** Of the last byte. */
  readonly end: number;
}

/** The range that is asked for, whatever If-Range says; null: none, or one that cannot be satisfied. */
export function askedRange({ request, bytes }: Exchange): AskedRange | null {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/u.exec(request.headers['range'] ?? '') ?? [];
  const size = bytes?.length ?? 0;
  if (first === '' || Number(first) >= size) return null;
  return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** What a server in order answers. `headers` are added or replace its own; undefined leaves one out. */
export async function answer(
  exchange: Exchange,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<void> {
  const { request, bytes } = exchange;
  if (bytes === undefined) return sendWhole(exchange, '404 Not Found', {}, Buffer.from('not found\n'));
  const etag = 'etag' in headers ? headers['etag'] : etagOf(bytes);
  const own = { 'accept-ranges': 'bytes', etag, 'content-type': 'application/octet-stream', ...headers };
  const known = request.headers['if-none-match'];
  if (known !== undefined && etag !== undefined && weak(known) === weak(etag)) {
    return exchange.head('304 Not Modified', kept({ etag }));
  }
  const condition = request.headers['if-range'];
  const counts = condition === undefined || (condition === etag && !condition.startsWith('W/'));
  if (request.headers['range'] === undefined || !counts) return sendWhole(exchange, '200 OK', own, bytes);
  const range = askedRange(exchange);
  if (range === null) {
    const said = { ...own, 'content-range': `bytes */${bytes.length}` };
    return sendWhole(exchange, '416 Range Not Satisfiable', said, new Uint8Array(0));
  }
  const said = { ...own, 'content-range': `bytes ${range.start}-${range.end}/${bytes.length}` };
  return sendWhole(exchange, '206 Partial Content', said, bytes.subarray(range.start, range.end + 1));
}

export async function sendWhole(
  exchange: Exchange,
  status: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
): Promise<void> {
  await exchange.head(status, { ...kept(headers), 'content-length': headers['content-length'] ?? body.length });
  if (exchange.request.method !== 'HEAD') await exchange.body(body);
}

function kept(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function weak(etag: string): string {
  return etag.replace(/^W\//u, '');
}

/** Slices at the pace of a connection: what it may send by now is what time since its last slice allows. */
export class Pace {
  readonly #bytesPerSecond: number;
  #freeAtMs = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  async send(socket: Socket, bytes: Uint8Array, sent: (count: number) => void): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      if (!socket.writable) return false;
      const slice = bytes.subarray(at, at + sliceBytes);
      const nowMs = performance.now();
      // A timer fires late: what it missed may be made up for, up to a slice or two.
      this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - lateMs) + (slice.length / this.#bytesPerSecond) * 1000;
      sent(slice.length);
      if (!socket.write(slice)) await drained(socket);
      if (this.#freeAtMs > nowMs + 1) await pause(this.#freeAtMs - nowMs);
    }
    return socket.writable;
  }
}

const sliceBytes = 16 * 1024;
const lateMs = 5;

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
    if (socket.destroyed) done();
  });
}
