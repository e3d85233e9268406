import type { Clock } from '../../ports/clock.ts';

// setTimeout overflows above this and would fire at once.
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  steadyMs: () => Math.floor(performance.now()),
  async sleep(durationMs, signal) {
    const endMs = performance.now() + durationMs;
    for (let leftMs = durationMs; leftMs > 0 && signal?.aborted !== true; leftMs = endMs - performance.now()) {
      await sleepOnce(Math.min(leftMs, longestMs), signal);
    }
  },
};

function sleepOnce(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, durationMs);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}
