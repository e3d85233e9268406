/**
 * The bandwidth limit over all transfers of a staging: a token bucket that hands out stretches of time, in the order in
 * which they are asked for. Bytes may be passed on once their stretch is over, so that never more than the rate allows
 * has been passed on since the beginning, whatever the number of transfers and the size of their chunks.
 */
import type { Clock } from '../../../ports/clock.ts';

export interface Bandwidth {
  /** Bytes that may be taken at once: larger chunks are cut, so that transfers take turns. */
  readonly quantumBytes: number;
  /** Resolves when these bytes may be passed on, or early when the signal aborts. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** Who wakes up late catches up with this much; more would be a burst. */
const creditMs = 250;
const quantumMs = 10;
const quantum = { leastBytes: 4 * 1024, mostBytes: 256 * 1024 } as const;

/** `bytesPerSecond`: null for no limit. */
export function createBandwidth(clock: Clock, bytesPerSecond: number | null): Bandwidth {
  if (bytesPerSecond === null) return { quantumBytes: Infinity, take: async () => {} };
  const bytesPerMs = bytesPerSecond / 1000;
  /** Until then all time is given away; fractions of a millisecond count. */
  let takenUntilMs = clock.steadyMs();
  const { leastBytes, mostBytes } = quantum;
  return {
    quantumBytes: Math.min(mostBytes, Math.max(leastBytes, Math.floor(bytesPerMs * quantumMs))),
    async take(bytes, signal) {
      const nowMs = clock.steadyMs();
      takenUntilMs = Math.max(takenUntilMs, nowMs - creditMs) + bytes / bytesPerMs;
      const waitMs = Math.ceil(takenUntilMs - nowMs);
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
  };
}

/** A chunk in pieces that may be taken at once. */
export function* quantaOf(chunk: Uint8Array, quantumBytes: number): Generator<Uint8Array> {
  if (chunk.length <= quantumBytes) {
    yield chunk;
    return;
  }
  for (let start = 0; start < chunk.length; start += quantumBytes) {
    yield chunk.subarray(start, Math.min(chunk.length, start + quantumBytes));
  }
}
