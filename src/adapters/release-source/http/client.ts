/**
 * GET over HTTP: redirects, deadlines, and credentials that go to the host they are for and to no other. An answer is
 * handed on as it came, whatever its status; its body is read to its end or discarded.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { ThemisError } from '../../../kernel/error.ts';
import type { Turn } from '../../../ports/release-source.ts';
import { dispatchersOf, type ConnectionSettings } from './dispatchers.ts';
import { connectionFailure, nameOf } from './failures.ts';
import { header } from './headers.ts';

export interface HttpSettings extends Pick<ConnectionSettings, 'environment' | 'ca'> {
  readonly deadlines?: Partial<Deadlines>;
}

export interface Deadlines {
  readonly connectMs: number;
  /** From a request to the end of the head of its answer, connecting included. */
  readonly answerMs: number;
  /** Without a byte of the body while it is waited for. */
  readonly idleMs: number;
  /** Of a document, all of it. */
  readonly documentMs: number;
}

export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to the origin of `url` alone. */
  readonly authorization: string | null;
  readonly signal?: AbortSignal | undefined;
  readonly inspect?: Inspect | undefined;
  /** The connection is not used again: then its end is one of the answer too, even while that is read slowly. */
  readonly closes?: boolean;
  readonly turn?: Turn | undefined;
}

/** Sees every answer first, redirects too; may throw what the answer means to it, and read the body of one that it ends. */
export type Inspect = (answer: HttpAnswer) => void | Promise<void>;

export interface HttpAnswer {
  /** Where it came from, after redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** For who does not want the body: keeps the connection where little of it is left. */
  discard(): void;
}

export interface HttpClient {
  readonly deadlines: Deadlines;
  /** Throws UNREACHABLE, TIMEOUT or CANCELLED. */
  get(request: HttpRequest): Promise<HttpAnswer>;
}

const usual: Deadlines = { connectMs: 10_000, answerMs: 30_000, idleMs: 30_000, documentMs: 300_000 };
const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const discardedBytes = 16 * 1024;
const discardMs = 5000;
/** Where the next file waits for the connection. */
const discardInLaneMs = 250;

export function createHttpClient({ environment, ca, deadlines: given }: HttpSettings): HttpClient {
  const deadlines = { ...usual, ...given };
  const connection = { environment, connectMs: deadlines.connectMs, ...(ca === undefined ? {} : { ca }) };
  const dispatcherFor = dispatchersOf(connection);
  return {
    deadlines,
    async get(request) {
      let { url, authorization } = request;
      for (let count = 0; ; count += 1) {
        const answer = await ask(
          await dispatcherFor(url, request.turn?.lane),
          { ...request, url, authorization },
          deadlines,
        );
        await inspected(answer, request.inspect);
        if (!redirects.has(answer.status)) return answer;
        answer.discard();
        if (count === mostRedirects) {
          throw new ThemisError('UNREACHABLE', `${nameOf(request.url)} was redirected more than ${count} times.`, {
            reason: `HTTP_${answer.status}`,
          });
        }
        const next = redirectOf(answer);
        if (next.origin !== url.origin) authorization = null;
        url = next;
      }
    },
  };
}

async function ask(dispatcher: Dispatcher, request: HttpRequest, deadlines: Deadlines): Promise<HttpAnswer> {
  const { url, headers, authorization, signal, closes = false, turn } = request;
  const late = new AbortController();
  const timer = startTimer(
    () => late.abort(new ThemisError('TIMEOUT', `${nameOf(url)} did not answer in time.`)),
    deadlines.answerMs,
    turn?.begins,
  );
  try {
    const {
      statusCode,
      headers: said,
      body,
    } = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { 'user-agent': 'themis', ...headers, ...(authorization === null ? {} : { authorization }) },
      signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
      headersTimeout: deadlines.answerMs,
      bodyTimeout: deadlines.idleMs,
      reset: closes,
    });
    // Whoever reads it sees the error; what nobody reads ends in silence.
    body.on('error', () => {});
    const withinMs = turn === undefined ? discardMs : discardInLaneMs;
    const discard = (): void =>
      void body.dump({ limit: discardedBytes, signal: AbortSignal.timeout(withinMs) }).catch(() => {});
    return { url, status: statusCode, headers: said, body, discard };
  } catch (error) {
    throw connectionFailure(error, url, signal);
  } finally {
    timer.stop();
  }
}

/** Runs at once, or from when `begins` resolves. */
function startTimer(work: () => void, durationMs: number, begins?: Promise<void>) {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const start = (): void => {
    if (!isStopped) timer = setTimeout(work, durationMs);
  };
  if (begins === undefined) start();
  else void begins.then(start);
  return {
    stop(): void {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

async function inspected(answer: HttpAnswer, inspect: Inspect | undefined): Promise<void> {
  try {
    await inspect?.(answer);
  } catch (error) {
    answer.discard();
    throw error;
  }
}

/** Where an answer sends to. Never to what is no HTTP, nor from https to http. */
function redirectOf({ url, status, headers }: HttpAnswer): URL {
  const refused = (why: string): ThemisError =>
    new ThemisError('UNREACHABLE', `${nameOf(url)} ${why} (HTTP ${status}).`, { reason: `HTTP_${status}` });
  const location = header(headers, 'location');
  const next = location === undefined ? null : URL.parse(location, url);
  if (next === null) throw refused('redirects without saying where to');
  if (!/^https?:$/u.test(next.protocol)) throw refused('redirects to what is neither http nor https');
  if (url.protocol === 'https:' && next.protocol === 'http:') throw refused('redirects from https to http');
  next.username = '';
  next.password = '';
  next.hash = '';
  return next;
}
