/**
 * A timestamp authority over HTTP (RFC 3161 3.4). The answer is cut off at a limit, redirects are not followed, and nothing
 * but the request is sent.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { TimestampAuthority } from '../../ports/timestamp-authority.ts';

const limitBytes = 1 << 20;
const answerType = 'application/timestamp-reply';

/** Throws USAGE for anything but an http or https address. */
export function httpTimestampAuthority(address: string, timeoutMs = 30_000): TimestampAuthority {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/u.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ThemisError('USAGE', 'The timestamp authority has to be an http or https address without credentials.');
  }
  const name = `${url.origin}${url.pathname}`;
  return {
    async ask(request) {
      const response = await post(url, name, request, timeoutMs);
      if (!response.ok) throw new ThemisError('UNREACHABLE', `${name} answered with HTTP status ${response.status}.`);
      const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
      if (type !== answerType)
        throw new ThemisError(
          'TIMESTAMP_INVALID',
          `${name} answered with ${type ?? 'no type'} instead of ${answerType}.`,
        );
      return readBody(response, name);
    },
  };
}

async function post(url: URL, name: string, request: Uint8Array, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: answerType },
      body: Uint8Array.from(request),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw unreachable(error, name);
  }
}

async function readBody(response: Response, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) throw new ThemisError('TIMESTAMP_INVALID', `${name} answered with more than 1 MiB.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof ThemisError ? error : unreachable(error, name);
  }
  return Buffer.concat(chunks);
}

function unreachable(error: unknown, name: string): ThemisError {
  if (error instanceof Error && error.name === 'TimeoutError')
    return new ThemisError('TIMEOUT', `${name} did not answer in time.`, { cause: error });
  const { cause } = error as { cause?: unknown };
  const detail = cause instanceof Error ? cause.message : String(error);
  return new ThemisError('UNREACHABLE', `${name} does not answer: ${detail}.`, { cause: error });
}
