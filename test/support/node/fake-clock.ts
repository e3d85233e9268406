import type { Clock } from '../../../src/ports/clock.ts';

/** Time that passes when somebody sleeps, and a millisecond whenever somebody looks. */
export class FakeClock implements Clock {
  #nowMs = 1_763_000_000_000;
  #steadyMs = 0;

  nowMs(): number {
    this.#nowMs += 1;
    return this.#nowMs;
  }

  steadyMs(): number {
    this.#steadyMs += 1;
    return this.#steadyMs;
  }

  /** Somebody sets the clock. */
  jump(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  async sleep(durationMs: number): Promise<void> {
    this.#nowMs += durationMs;
    this.#steadyMs += durationMs;
    // Lets others run: somebody may be waiting for what they do.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
