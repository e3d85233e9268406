/**
 * Files by their URL, for every source that lies behind HTTP: documents, small and read whole, asked for again where that
 * can help; and payloads, which whoever opens them resumes.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ChangedFile, OpenedFile, WantedBytes } from '../../../ports/release-source.ts';
import { openBody } from './body.ts';
import type { HttpAnswer, HttpClient, HttpRequest, Inspect } from './client.ts';
import { acceptedCodings, codingOf } from './codings.ts';
import { mayPass, nameOf, statusFailure } from './failures.ts';
import { contentLength, header, isTag, lastingTag, sameTag } from './headers.ts';
import { judgeAnswer, type Wanted } from './payload-answer.ts';

export interface HttpAccess {
  readonly client: HttpClient;
  readonly clock: Clock;
  /** At least 0, below 1: spreads those who come back. */
  readonly random: () => number;
  /** How often a document is asked for, at most, where that can help. Default 3. */
  readonly mostAttempts?: number;
}

export interface Target {
  readonly url: URL;
  /** For the host of `url` alone. */
  readonly authorization: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const patienceMs = 20_000;
const usualAttempts = 3;
const firstPauseMs = 500;

/** `known`: a tag that the source gave before. Throws what `ReleaseSource` may throw. */
export async function readDocument(
  access: HttpAccess,
  target: Target,
  limitBytes: number,
  known: string | null = null,
  inspect?: Inspect,
): Promise<ChangedFile> {
  return again(access, () => readOnce(access, target, limitBytes, known, inspect));
}

async function readOnce(
  { client, clock }: HttpAccess,
  { url, authorization, headers }: Target,
  limitBytes: number,
  known: string | null,
  inspect: Inspect | undefined,
): Promise<ChangedFile> {
  const { documentMs } = client.deadlines;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), documentMs).unref();
  try {
    const condition = known !== null && isTag(known) ? { 'if-none-match': known } : {};
    const asked = { ...headers, 'accept-encoding': acceptedCodings, ...condition };
    const answer = await client.get({ url, authorization, headers: asked, signal: deadline.signal, inspect });
    const tag = header(answer.headers, 'etag') ?? '';
    if (known !== null && (answer.status === 304 || (answer.status === 200 && sameTag(tag, known)))) {
      answer.discard();
      return { kind: 'unchanged' };
    }
    const bytes = await wholeBody(answer, limitBytes, client.deadlines.idleMs, clock.nowMs());
    return { kind: 'changed', bytes, validator: lastingTag(answer.headers) };
  } catch (error) {
    if (!deadline.signal.aborted) throw error;
    throw new ThemisError('TIMEOUT', `${nameOf(url)} took longer than ${documentMs / 1000} s.`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function wholeBody(answer: HttpAnswer, limitBytes: number, unreadMs: number, nowMs: number): Promise<Uint8Array> {
  if (answer.status !== 200) throw refused(answer, nowMs);
  const coding = codingOf(answer.headers, answer.url);
  const expectedBytes = coding === null ? contentLength(answer.headers) : null;
  const plan = { coding, expectedBytes, isPart: false, limitBytes, limitOfFile: limitBytes };
  const chunks: Uint8Array[] = [];
  for await (const chunk of openBody(answer, plan, unreadMs)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Payloads are not asked for again here, except for the whole file where the rest of it cannot be had. */
export async function openPayload(
  access: HttpAccess,
  target: Target,
  { limitBytes, offset = 0, validator, signal, turn }: WantedBytes,
  inspect?: Inspect,
): Promise<OpenedFile> {
  const isStrong = validator !== undefined && isTag(validator) && !validator.startsWith('W/');
  const rest: Wanted = offset > 0 && isStrong ? { offset, validator } : { offset: 0, validator: null };
  const { client, clock } = access;
  for (let wanted = rest; ; wanted = { offset: 0, validator: null }) {
    const answer = await askFor(client, target, wanted, { signal, turn, inspect });
    const isPayload = answer.status === 200 || answer.status === 206;
    const coding = isPayload ? codingOrDiscard(answer) : null;
    const judged = judgeAnswer(wanted, answer.status, answer.headers, coding !== null);
    switch (judged.kind) {
      case 'over':
        answer.discard();
        continue;
      case 'refused':
        throw refused(answer, clock.nowMs());
      case 'complete':
        answer.discard();
        return { offset: wanted.offset, sizeBytes: judged.sizeBytes, validator: wanted.validator, chunks: nothing() };
      case 'take': {
        const left = Math.max(0, limitBytes - judged.offset);
        const plan = { ...judged, coding, limitBytes: left, limitOfFile: limitBytes, signal };
        const { sizeBytes, validator: given } = judged;
        const chunks = openBody(answer, plan, client.deadlines.idleMs);
        return { offset: judged.offset, sizeBytes, validator: given, chunks };
      }
    }
  }
}

function askFor(
  client: HttpClient,
  target: Target,
  wanted: Wanted,
  given: Pick<HttpRequest, 'signal' | 'turn' | 'inspect'>,
) {
  const { url, authorization, headers } = target;
  const range = wanted.validator === null ? {} : { range: `bytes=${wanted.offset}-`, 'if-range': wanted.validator };
  return client.get({
    url,
    authorization,
    ...given,
    headers: { ...headers, 'accept-encoding': 'identity', ...range },
    // What was cut off may have been so by a server that closes what is idle: nothing is, where the end is agreed on.
    closes: wanted.offset > 0,
  });
}

function codingOrDiscard(answer: HttpAnswer) {
  try {
    return codingOf(answer.headers, answer.url);
  } catch (error) {
    answer.discard();
    throw error;
  }
}

function refused(answer: HttpAnswer, nowMs: number): ThemisError {
  answer.discard();
  return statusFailure(answer, nowMs);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** With growing, scattered pauses; a server that names a time is obeyed where it is near, and else left to the caller. */
async function again<T>(access: HttpAccess, work: () => Promise<T>): Promise<T> {
  const { clock, random, mostAttempts = usualAttempts } = access;
  const startMs = clock.steadyMs();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || attempt === mostAttempts) throw error;
      const scattered = firstPauseMs * 2 ** (attempt - 1) * (0.5 + random());
      const { retryAfterMs = 0 } = error;
      const pauseMs = retryAfterMs + Math.max(scattered, (retryAfterMs * random()) / 4);
      if (clock.steadyMs() - startMs + pauseMs > patienceMs) throw error;
      await clock.sleep(pauseMs);
    }
  }
}
