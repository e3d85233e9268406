/**
 * The two calls of the Prometheus HTTP API that gates need, as POST, so that no query is too long for a URL. Every way
 * in which a server does not answer becomes a ThemisError with Prometheus' own type and message; the token is read anew
 * for every call and never stands in one. (https://prometheus.io/docs/prometheus/latest/querying/api/)
 */
import { ThemisError } from '../../kernel/error.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { Clock } from '../../ports/clock.ts';

export interface PrometheusApiOptions {
  readonly url: string;
  /** null: without one. Throws when it is named and is not there. */
  readonly token: () => Promise<string | null>;
  readonly timeoutMs: number;
  readonly limitBytes: number;
  readonly warn: (message: string) => void;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface MatrixSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

export type Parameters = Readonly<Record<string, string>>;

export interface PrometheusApi {
  /** `query` or `query_range`, for a matrix. Throws CANCELLED when aborted; `reason` tooLarge: ask for less. */
  matrix(path: 'query' | 'query_range', parameters: Parameters, signal: AbortSignal): Promise<readonly MatrixSeries[]>;
}

const clockToleranceMs = 5000;

export function createPrometheusApi(options: PrometheusApiOptions): PrometheusApi {
  const base = options.url.endsWith('/') ? options.url : `${options.url}/`;
  return {
    async matrix(path, parameters, signal) {
      const deadline = AbortSignal.timeout(options.timeoutMs);
      try {
        const token = await options.token();
        const askedMs = options.clock.nowMs();
        const response = await fetch(new URL(`api/v1/${path}`, base), {
          method: 'POST',
          body: new URLSearchParams({ ...parameters, timeout: `${options.timeoutMs}ms` }),
          headers: token === null ? {} : { authorization: `Bearer ${token}` },
          redirect: 'manual',
          signal: AbortSignal.any([signal, deadline]),
        });
        if (response.status === 200) checkClock(response.headers.get('date'), askedMs, options);
        return read(response.status, await textOf(response, options.limitBytes), options);
      } catch (error) {
        throw wrap(error, options, signal, deadline);
      }
    },
  };
}

/** Readings carry the clock of the server: were it ahead, those from before a step would look as if they came after. */
function checkClock(date: string | null, askedMs: number, { clock, url }: PrometheusApiOptions): void {
  const saidMs = Date.parse(date ?? '');
  if (Number.isNaN(saidMs)) return;
  const aheadMs = saidMs - clock.nowMs();
  // It is said in whole seconds.
  const behindMs = askedMs - (saidMs + 1000);
  const differenceMs = Math.max(aheadMs, behindMs);
  if (differenceMs <= clockToleranceMs) return;
  const side = aheadMs > 0 ? 'ahead of' : 'behind';
  throw new ThemisError(
    'IO',
    `the clock of ${nameOf(url)} is ${formatDuration(differenceMs)} ${side} the clock here, so its samples cannot be told from those before the step`,
    { hint: 'let both machines keep time by NTP' },
  );
}

function wrap(error: unknown, options: PrometheusApiOptions, signal: AbortSignal, deadline: AbortSignal): ThemisError {
  if (error instanceof ThemisError) return error;
  if (signal.aborted) return new ThemisError('CANCELLED', 'stopped while asking Prometheus', { cause: error });
  const who = nameOf(options.url);
  if (deadline.aborted) {
    return new ThemisError('TIMEOUT', `${who} did not answer within ${options.timeoutMs} ms`, { cause: error });
  }
  return new ThemisError('UNREACHABLE', `${who} does not answer: ${detailOf(error)}`, { cause: error });
}

/** What lies behind the `fetch failed` that every lost connection is called. */
function detailOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (inner as { code?: unknown }).code;
  const message = inner instanceof Error ? inner.message : '';
  return message !== '' ? message : typeof code === 'string' ? code : 'no connection';
}

async function textOf(response: Response, limitBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limitBytes) {
      throw new ThemisError('IO', `the answer of Prometheus is larger than ${limitBytes} bytes`, {
        reason: 'tooLarge',
      });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

interface Answer {
  readonly status?: unknown;
  readonly errorType?: unknown;
  readonly error?: unknown;
  readonly warnings?: unknown;
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown };
}

function read(status: number, text: string, options: PrometheusApiOptions): readonly MatrixSeries[] {
  const answer = parse(text);
  if (status !== 200 || answer?.status !== 'success') throw refusal(status, answer, options);
  if (Array.isArray(answer.warnings)) for (const warning of answer.warnings) options.warn(String(warning));
  const { resultType, result } = answer.data ?? {};
  if (resultType !== 'matrix' || !Array.isArray(result)) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `Prometheus answered with a ${String(resultType)} instead of a matrix`);
  }
  return result.map(seriesOf);
}

function seriesOf(value: unknown): MatrixSeries {
  if (typeof value !== 'object' || value === null) throw unreadable();
  const { metric, values = [] } = value as { metric?: unknown; values?: unknown };
  if (typeof metric !== 'object' || metric === null || !Array.isArray(values)) throw unreadable();
  const points = values.map((point: unknown): readonly [number, number] => {
    if (!Array.isArray(point) || typeof point[0] !== 'number' || typeof point[1] !== 'string') throw unreadable();
    return [Math.round(point[0] * 1000), numberOf(point[1])];
  });
  return { metric: metric as Readonly<Record<string, string>>, points };
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const number = Number(text);
  if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) throw unreadable();
  return number;
}

function refusal(status: number, answer: Answer | undefined, { url }: PrometheusApiOptions): ThemisError {
  const who = nameOf(url);
  const { errorType, error } = answer ?? {};
  if (typeof errorType === 'string' && typeof error === 'string') {
    const code = errorType === 'bad_data' ? 'UNSUPPORTED_FORMAT' : errorType === 'timeout' ? 'TIMEOUT' : 'IO';
    return new ThemisError(code, `Prometheus answered ${status} ${errorType}: ${error.slice(0, 500)}`);
  }
  if (status === 401 || status === 403) {
    return new ThemisError('UNREACHABLE', `${who} does not let Themis in (HTTP ${status})`, {
      hint: 'name a bearer token that may query: metrics.prometheus.tokenFrom in the Fleet',
    });
  }
  if (status >= 300 && status < 400) {
    return new ThemisError('UNREACHABLE', `${who} sends elsewhere (HTTP ${status})`, {
      hint: 'write the address it sends to as metrics.prometheus.url',
    });
  }
  const code = status === 200 || status === 404 ? 'UNSUPPORTED_FORMAT' : 'UNREACHABLE';
  return new ThemisError(code, `${who} answered HTTP ${status} with no answer of the Prometheus API`);
}

function parse(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function unreadable(): ThemisError {
  return new ThemisError('UNSUPPORTED_FORMAT', 'the answer of Prometheus cannot be read');
}

/** Without what may be secret in an address. */
function nameOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return pathname === '/' ? origin : `${origin}${pathname}`;
}
