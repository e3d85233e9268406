/**
 * When to try a transfer again: exponential backoff with full jitter, never before the source said to come back, and
 * only for what trying again can cure. Pure: randomness is passed in.
 */
import { type ErrorCode, ThemisError } from '../../../kernel/error.ts';

export interface RetryLimits {
  /** In a row without progress; 0: never try again. */
  readonly retries: number;
  /** Before the first; doubles with each. */
  readonly baseMs: number;
  readonly longestMs: number;
}

const curable: ReadonlySet<ErrorCode> = new Set(['UNREACHABLE', 'TIMEOUT', 'RATE_LIMITED', 'IO']);

/** Of a wait that a source asked for. */
const toldSpread = 0.25;

/** A server that does not let anybody in, or sends nowhere, says the same a moment later (RFC 9110 15.4, 15.5). */
const finalReason = /^HTTP_(?:3|4(?!08|25|29))/u;

/** Of what a source throws. The same codes of this machine's own disk are no faults of a transfer. */
export function isFault(error: unknown): error is ThemisError {
  return error instanceof ThemisError && curable.has(error.code) && !finalReason.test(error.reason ?? '');
}

/**
 * Milliseconds to wait before the next try, null to give up. `faults`: in a row without progress, this one included.
 * `random`: 0 inclusive to 1 exclusive.
 */
export function retryDelayMs(
  { retries, baseMs, longestMs }: RetryLimits,
  faults: number,
  fault: ThemisError,
  random: () => number,
): number | null {
  if (faults > retries) return null;
  const ceilingMs = Math.min(longestMs, baseMs * 2 ** (faults - 1));
  const { retryAfterMs = 0 } = fault;
  // Many were told the same: the longer they wait together, the further apart they come back.
  return retryAfterMs + Math.floor(random() * Math.max(ceilingMs, retryAfterMs * toldSpread));
}
