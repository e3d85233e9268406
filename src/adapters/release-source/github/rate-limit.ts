/**
 * GitHub's limits on requests: so many an hour, and secondary ones against bursts. Whoever goes on while one is exceeded is
 * shut out for longer, so nothing is sent before the time that GitHub named; one memory serves all sources of a process.
 * (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api)
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ThemisError } from '../../../kernel/error.ts';
import { formatDuration } from '../../../kernel/units/duration.ts';
import type { Clock } from '../../../ports/clock.ts';
import { header, retryAfterMs, untilMs } from '../http/headers.ts';

export interface RateLimit {
  /** RATE_LIMITED while GitHub wants to be left alone. */
  check(): void;
  /** Notes what an answer says. `text`: the beginning of its body, where it is a refusal. RATE_LIMITED where it is one of these. */
  note(status: number, headers: IncomingHttpHeaders, text: string): void;
}

/** Where a refusal does not say for how long (as the page above asks). */
const unsaidMs = 60_000;

export function createRateLimit(clock: Clock): RateLimit {
  let closedUntilMs = Number.NEGATIVE_INFINITY;
  const close = (forMs: number): void => {
    closedUntilMs = Math.max(closedUntilMs, clock.steadyMs() + forMs);
  };
  const check = (): void => {
    const leftMs = closedUntilMs - clock.steadyMs();
    if (leftMs <= 0) return;
    const when = formatDuration(Math.ceil(leftMs / 1000) * 1000);
    throw new ThemisError('RATE_LIMITED', `GitHub takes no more requests for ${when}.`, {
      retryAfterMs: leftMs,
      hint: 'A public repository needs no token, and then nothing counts against a limit.',
    });
  };
  return {
    check,
    note(status, headers, text) {
      const nowMs = clock.nowMs();
      const resetSeconds = Number(header(headers, 'x-ratelimit-reset') ?? Number.NaN);
      const isUsedUp = header(headers, 'x-ratelimit-remaining')?.trim() === '0';
      // The last request of an hour is answered: the next would not be.
      if (isUsedUp && Number.isFinite(resetSeconds)) close(untilMs(headers, resetSeconds * 1000, nowMs));
      if (status !== 403 && status !== 429) return;
      const afterMs = retryAfterMs(headers, nowMs);
      if (afterMs !== undefined) close(afterMs);
      else if (!isUsedUp && (status === 429 || /rate limit|abuse/iu.test(text))) close(unsaidMs);
      check();
    },
  };
}
