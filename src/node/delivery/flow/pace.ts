/**
 * How long one transfer may take, how slow it may be, and what counts as progress, over all of its connections: whoever
 * cuts one gains nothing by it. Only the time that the source took is counted: not what was spent waiting for bandwidth,
 * memory or disk of our own. That nothing comes at all is the source's to see.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { Clock } from '../../../ports/clock.ts';

export interface Pace {
  /** What is done in it is the source's time. */
  ofSource<T>(work: () => Promise<T>): Promise<T>;
  /** Before the source is asked again: counts against the whole, not against its rate. */
  pause(durationMs: number, signal: AbortSignal): Promise<void>;
  /** After each chunk; TIMEOUT where it has to end. `newBytes`: those of it that never came before. */
  check(bytes: number, newBytes: number): void;
  /** At a fault: whether enough has come since the one before, or it is one more in a row. */
  cameOn(): boolean;
  /** Milliseconds that are left. */
  leftMs(): number;
}

export interface PaceLimits {
  readonly timeoutMs: number;
  /** Bytes per second; 0: none is too slow. */
  readonly minimumRate: number;
}

/** So long a transfer may be slower. */
const windowMs = 30_000;

export function createPace(clock: Clock, title: string, { timeoutMs, minimumRate }: PaceLimits): Pace {
  /** A few bytes and a cut, again and again, come to an end: this much is progress. */
  const worthBytes = Math.max(1, (minimumRate * windowMs) / 1000);
  let wholeMs = 0;
  let spentMs = 0;
  let windowBytes = 0;
  let gainedBytes = 0;
  const leftMs = (): number => timeoutMs - wholeMs;
  const isSlow = (): boolean => windowBytes * 1000 < minimumRate * spentMs;
  const nextWindow = (): void => {
    spentMs = 0;
    windowBytes = 0;
  };
  const timed = async <T>(work: () => Promise<T>, took: (durationMs: number) => void): Promise<T> => {
    const startMs = clock.steadyMs();
    try {
      return await work();
    } finally {
      took(clock.steadyMs() - startMs);
    }
  };
  return {
    leftMs,
    ofSource: (work) =>
      timed(work, (durationMs) => {
        wholeMs += durationMs;
        spentMs += durationMs;
      }),
    pause: (durationMs, signal) =>
      timed(
        () => clock.sleep(durationMs, signal),
        (sleptMs) => {
          wholeMs += sleptMs;
        },
      ),
    check(bytes, newBytes) {
      windowBytes += bytes;
      gainedBytes += newBytes;
      if (leftMs() <= 0) throw new ThemisError('TIMEOUT', `${title} was not there within ${timeoutMs / 1000} s.`);
      if (spentMs < windowMs) return;
      const rate = Math.round((windowBytes * 1000) / spentMs);
      const slow = isSlow();
      nextWindow();
      if (!slow) return;
      gainedBytes = 0;
      const message = `${title} came with ${rate} bytes per second; at least ${minimumRate} are asked for.`;
      throw new ThemisError('TIMEOUT', message);
    },
    cameOn() {
      const came = gainedBytes >= worthBytes;
      if (came || isSlow()) {
        gainedBytes = 0;
        nextWindow();
      }
      return came;
    },
  };
}
