/**
 * Leaders that gates gave way to: their turn comes at the end of their cluster, unless leadership moves while a gate is
 * waited for. Nobody else looks at them then, so they are looked at now and again; who no longer leads is waited for.
 */
import type { Now } from '../now.ts';
import type { Turn } from './turn.ts';

const everyMs = 30_000;

export interface Watched {
  /** null: nobody needs a look. */
  readonly forMs: number | null;
  readonly names: readonly string[];
}

export class PassedOver {
  readonly #turns = new Set<Turn>();
  #lookedMs: number | null = null;

  put(turn: Turn, isPassedOver: boolean): void {
    if (isPassedOver) this.#turns.add(turn);
    else this.#turns.delete(turn);
  }

  clear(): void {
    this.#turns.clear();
  }

  /** Whom to look at, so many at most, once the time has come; it is taken as done then. */
  next({ steadyMs }: Now, limit: number): Watched {
    if (this.#turns.size === 0) {
      this.#lookedMs = null;
      return { forMs: null, names: [] };
    }
    this.#lookedMs ??= steadyMs;
    const forMs = Math.max(0, this.#lookedMs + everyMs - steadyMs);
    if (forMs > 0) return { forMs, names: [] };
    this.#lookedMs = steadyMs;
    const turns = [...this.#turns.values().take(limit)];
    // Next time it is the others' turn.
    for (const turn of turns) {
      this.#turns.delete(turn);
      this.#turns.add(turn);
    }
    return { forMs, names: turns.map(({ node }) => node!.name) };
  }
}
