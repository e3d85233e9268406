/**
 * Staging ahead of the switch: releases are fetched and verified on nodes that are next in line while others are
 * being switched. A failure ahead of time is dropped and met again, with a fresh try, when the step's turn comes. It
 * disturbs nobody and goes on from where it was, so it may be stopped at any time.
 */
import type { Answer } from '../node-calls.ts';

export class StagingLine {
  readonly #limit: number;
  readonly #signal: AbortSignal;
  readonly #carry: (step: string) => Promise<Answer>;
  readonly #staged = new Map<string, Promise<Answer>>();
  readonly #underWay = new Map<string, Promise<Answer>>();
  readonly #deaf: string[] = [];
  readonly #again = new Set<string>();
  #waiting: string[] = [];
  #next = 0;
  #workers = 0;

  constructor(limit: number, signal: AbortSignal, carry: (step: string) => Promise<Answer>) {
    this.#limit = limit;
    this.#signal = signal;
    this.#carry = carry;
  }

  ahead(steps: readonly string[]): void {
    // A worker would end before it begins, and there would always be room for another.
    if (this.#signal.aborted) return;
    for (const step of steps) if (!this.#staged.has(step)) this.#waiting.push(step);
    while (this.#workers < this.#limit && this.#workers < this.#waiting.length - this.#next) {
      this.#workers += 1;
      void this.#work();
    }
  }

  /** Whether the step has to be staged before it goes on. */
  wanted(step: string, fresh: boolean): boolean {
    return fresh || this.#again.has(step);
  }

  /** The same promise for the same step, until it is forgotten. Rejects only with what stops the run. */
  async stage(step: string): Promise<Answer> {
    const answer = await (this.#staged.get(step) ?? this.#begin(step));
    if (answer.kind === 'done') this.#again.delete(step);
    return answer;
  }

  forget(step: string): void {
    this.#staged.delete(step);
  }

  /** The node lost what was staged. */
  again(step: string): void {
    this.forget(step);
    this.#again.add(step);
  }

  /** Steps that are being staged now. */
  underWay(): string[] {
    return [...this.#underWay.keys()];
  }

  /** Once nothing is under way any more; steps whose staging was told to end and goes on all the same. */
  async ended(): Promise<readonly string[]> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.values());
    return this.#deaf;
  }

  #begin(step: string): Promise<Answer> {
    const staged = this.#carry(step);
    this.#staged.set(step, staged);
    this.#underWay.set(step, staged);
    void this.#watch(step, staged);
    return staged;
  }

  async #watch(step: string, staged: Promise<Answer>): Promise<void> {
    // Whoever asked for it hears of what it rejects with.
    const answer = await staged.catch(() => undefined);
    this.#underWay.delete(step);
    if (answer?.kind === 'aborted' && !answer.over) this.#deaf.push(step);
  }

  async #work(): Promise<void> {
    while (this.#next < this.#waiting.length && !this.#signal.aborted) {
      const step = this.#waiting[this.#next]!;
      this.#next += 1;
      if (this.#staged.has(step)) continue;
      const staged = this.#begin(step);
      let failed = true;
      try {
        failed = (await staged).kind !== 'done';
      } catch {
        // Whoever takes the step in hand hears of it.
      }
      if (failed && this.#staged.get(step) === staged) this.forget(step);
    }
    this.#workers -= 1;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
  }
}
