/**
 * A source that says when to come back is obeyed, in the open: whoever looks is told of it, once for each host, and a
 * node that holds its lock does not sit a long time out. What has come stays for the next staging.
 */
import { ThemisError } from '../../kernel/error.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { NodeProgress } from '../../model/message.ts';
import type { Clock } from '../../ports/clock.ts';

const longestWaitMs = 5 * 60_000;
/** Shorter ones pass before anybody wonders. */
const toldMs = 2000;

/** Whether the source wants to be left alone for longer than a node waits. */
export function isTooLong({ retryAfterMs = 0 }: ThemisError): boolean {
  return retryAfterMs > longestWaitMs;
}

/** The same error, with the time at which it may go on, where the source named one. */
export function withTime(error: ThemisError, clock: Clock): ThemisError {
  const { code, message, hint, reason, cause, retryAfterMs } = error;
  if (retryAfterMs === undefined) return error;
  const at = formatInstant(clock.nowMs() + retryAfterMs);
  const later = `What has come is kept: stage again after ${at} and it goes on from there.`;
  return new ThemisError(code, `${message.replace(/\.$/u, '')}, not before ${at}.`, {
    cause,
    hint: hint === undefined ? later : `${later} ${hint}`,
    retryAfterMs,
    ...(reason === undefined ? {} : { reason }),
  });
}

/** Returns what is told of each wait. */
export function createWaitNotes(clock: Clock, tell: (progress: NodeProgress) => void) {
  const until = new Map<string, number>();
  return (host: string, { retryAfterMs }: ThemisError, waitMs: number): void => {
    if (retryAfterMs === undefined || waitMs < toldMs) return;
    const atMs = clock.nowMs() + waitMs;
    // Told to several transfers at about the same time.
    if (atMs - (until.get(host) ?? -Infinity) < toldMs) return;
    until.set(host, atMs);
    tell({
      kind: 'progress',
      phase: 'stage',
      note: `${host} wants to be left alone: it goes on at ${formatInstant(atMs)}`,
    });
  };
}
