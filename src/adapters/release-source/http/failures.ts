import type { IncomingHttpHeaders } from 'node:http';
import { ThemisError } from '../../../kernel/error.ts';
import { formatDuration } from '../../../kernel/units/duration.ts';
import { retryAfterMs } from './headers.ts';

/** An address without what may be secret in it: a signed link carries its signature in the query. */
export function nameOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

const timeouts: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'cannot be connected to in time',
  UND_ERR_HEADERS_TIMEOUT: 'did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'stopped sending',
};

const certificateCodes =
  /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|UND_ERR_PRX_TLS)/u;

/** What went wrong on the way to an answer, or in the middle of one. `signal`: of whoever asked. */
export function connectionFailure(error: unknown, url: URL, signal: AbortSignal | undefined): ThemisError {
  if (signal?.aborted === true) {
    return new ThemisError('CANCELLED', `Fetching ${nameOf(url)} was cancelled.`, { cause: error });
  }
  if (error instanceof ThemisError) return error;
  const { code: said, message = '' } = error as { code?: unknown; message?: string };
  const code = typeof said === 'string' ? said : '';
  const timeout = timeouts[code];
  if (timeout !== undefined) return new ThemisError('TIMEOUT', `${nameOf(url)} ${timeout}.`, { cause: error });
  if (/\b407\b/u.test(message)) {
    return new ThemisError('UNREACHABLE', `The proxy does not let Themis through to ${nameOf(url)} (HTTP 407).`, {
      hint: 'Write user and password into the address of the proxy.',
      reason: 'HTTP_407',
    });
  }
  const tls = tlsFailure(code, message);
  if (tls !== undefined) {
    return new ThemisError('UNREACHABLE', `${nameOf(url)} cannot be fetched: ${tls.why}.`, {
      cause: error,
      hint: tls.hint,
    });
  }
  const detail = message === '' ? code || 'no connection' : message.split('\n')[0]!.replace(/\.$/u, '');
  const hint = certificateCodes.test(code)
    ? 'Name the certificate authority of the server (ca), or NODE_EXTRA_CA_CERTS for this command.'
    : undefined;
  return new ThemisError('UNREACHABLE', `${nameOf(url)} cannot be fetched: ${detail}.`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Of OpenSSL, whose messages name files and lines of its own. */
function tlsFailure(code: string, message: string): { readonly why: string; readonly hint: string } | undefined {
  if (!code.startsWith('ERR_SSL_') && !message.includes(':SSL routines:')) return undefined;
  if (code.includes('NO_APPLICATION_PROTOCOL')) {
    return { why: 'the server speaks no HTTP/1.1', hint: 'Let it speak HTTP/1.1 beside HTTP/2: Themis uses no other.' };
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/u.test(code)) {
    return { why: 'what answers does not speak TLS', hint: 'Write http instead of https, or the port where it does.' };
  }
  const reason = code
    .replace(/^ERR_SSL_/u, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return {
    why: `no TLS connection came about (${reason})`,
    hint: 'Server and Themis have to share a version of TLS (1.2 or 1.3) and a cipher.',
  };
}

export interface RefusedAnswer {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** An answer that is not the file. `reason` is `HTTP_` and the status, for those who decide whether to ask again. */
export function statusFailure({ url, status, headers }: RefusedAnswer, nowMs: number): ThemisError {
  const name = nameOf(url);
  const reason = `HTTP_${status}`;
  if (status === 404 || status === 410) return new ThemisError('NOT_FOUND', `${name} does not exist.`, { reason });
  const afterMs = retryAfterMs(headers, nowMs);
  const later = afterMs === undefined ? {} : { retryAfterMs: afterMs };
  if (status === 429 || (status === 503 && afterMs !== undefined)) {
    const when = afterMs === undefined ? 'later' : `in ${formatDuration(Math.ceil(afterMs / 1000) * 1000)}`;
    const message = `${name} answered HTTP ${status}: come back ${when}.`;
    return new ThemisError('RATE_LIMITED', message, { reason, ...later });
  }
  if (status === 401 || status === 403) {
    return new ThemisError('UNREACHABLE', `${name} does not let Themis in (HTTP ${status}).`, {
      reason,
      hint: 'Name a token that may read there (tokenFrom); some servers say this of files that do not exist.',
    });
  }
  return new ThemisError('UNREACHABLE', `${name} answered HTTP ${status}.`, { reason, ...later });
}

/** Whether the same request may end otherwise a moment later. */
export function mayPass(error: unknown): error is ThemisError {
  if (!(error instanceof ThemisError)) return false;
  if (error.code === 'TIMEOUT' || error.code === 'RATE_LIMITED') return true;
  return error.code === 'UNREACHABLE' && !/^HTTP_(?:3|4(?!08|25))/u.test(error.reason ?? '');
}
