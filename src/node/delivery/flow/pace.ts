/**
 * How long one transfer may take, and how slow it may be. Only the time that the source took counts against its rate:
 * not what was spent waiting for bandwidth, memory or disk of our own. That nothing comes at all is the source's to see.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { Clock } from '../../../ports/clock.ts';

export interface Pace {
  /** After each chunk; TIMEOUT where it has to end. */
  check(bytes: number, pulledMs: number): void;
  /** Since the connection began: bytes that come too slowly are no progress. */
  wasSlow(): boolean;
  /** Milliseconds that are left. */
  leftMs(): number;
  /** Another connection may be faster. */
  restart(): void;
}

export interface PaceLimits {
  readonly timeoutMs: number;
  /** Bytes per second; 0: none is too slow. */
  readonly minimumRate: number;
}

/** So long a transfer may be slower. */
const windowMs = 30_000;

export function createPace(clock: Clock, title: string, { timeoutMs, minimumRate }: PaceLimits): Pace {
  const endMs = clock.steadyMs() + timeoutMs;
  const leftMs = (): number => endMs - clock.steadyMs();
  let windowBytes = 0;
  let spentMs = 0;
  let slow = false;
  return {
    leftMs,
    wasSlow: () => slow,
    restart() {
      slow = false;
      windowBytes = 0;
      spentMs = 0;
    },
    check(bytes, pulledMs) {
      if (leftMs() <= 0) throw new ThemisError('TIMEOUT', `${title} was not there within ${timeoutMs / 1000} s.`);
      windowBytes += bytes;
      spentMs += pulledMs;
      if (spentMs < windowMs) return;
      const rate = (windowBytes * 1000) / spentMs;
      if (rate < minimumRate) {
        slow = true;
        throw new ThemisError(
          'TIMEOUT',
          `${title} came with ${Math.round(rate)} bytes per second; at least ${minimumRate} are asked for.`,
        );
      }
      windowBytes = 0;
      spentMs = 0;
    },
  };
}
