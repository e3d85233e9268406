/**
 * A clock that stands still until everything that could run has run, then jumps to the next timer. Timers fire one
 * at a time, by instant and then by the order in which they were set, so a run depends on nothing but its inputs.
 */
import { Heap } from '../../kernel/heap.ts';
import type { Clock } from '../../ports/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

export class SimulatedClock implements Clock {
  /** Timers fired so far. */
  fired = 0;
  /** Of the timers, which no setting of the clock moves. */
  #nowMs: number;
  /** How far the clock has been set ahead of them. */
  #aheadMs = 0;
  #order = 0;
  readonly #timers = new Heap<Timer>((a, b) => a.atMs - b.atMs || a.order - b.order);

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#aheadMs;
  }

  steadyMs(): number {
    return this.#nowMs;
  }

  /** Somebody sets the clock. */
  jump(durationMs: number): void {
    this.#aheadMs += durationMs;
  }

  /** Calls back at an instant, as the clock stands now, or next in order when that has passed. */
  at(instantMs: number, call: () => void): void {
    this.#set(instantMs - this.#aheadMs, call);
  }

  #set(atMs: number, call: () => void): void {
    this.#order += 1;
    this.#timers.push({ atMs: Math.max(this.#nowMs, atMs), order: this.#order, call });
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        signal?.removeEventListener('abort', done);
        resolve();
      };
      signal?.addEventListener('abort', done, { once: true });
      this.#set(this.#nowMs + durationMs, done);
    });
  }

  /** Moves time until the promise settles and gives its result; rejects when nothing is left that could settle it. */
  async runUntil<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    for (;;) {
      await everythingRan();
      if (settled) return await promise;
      if (!this.#fireNext())
        throw new Error('simulated clock: nothing is left to happen and the promise is still open');
    }
  }

  /** Moves time by this much, firing what falls due. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      await everythingRan();
      const next = this.#timers.peek();
      if (next === undefined || next.atMs > endMs) break;
      this.#fireNext();
    }
    this.#nowMs = endMs;
  }

  #fireNext(): boolean {
    const timer = this.#timers.pop();
    if (timer === undefined) return false;
    this.#nowMs = timer.atMs;
    this.fired += 1;
    timer.call();
    return true;
  }
}

/** The microtask queue is empty before the next macrotask starts. */
function everythingRan(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
