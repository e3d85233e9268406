/** When each node's switches began and ended in this execution, as the journal tells. */
import { parseInstant } from '../../kernel/units/instant.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { Plan } from '../../model/plan.ts';

export interface StepTime {
  readonly beginMs: number | null;
  /** null until it is done. */
  readonly endMs: number | null;
  /** It was done before this execution came to it: nobody knows when. */
  readonly unchanged: boolean;
}

export class StepTimes {
  readonly #times = new Map<string, StepTime>();
  readonly #nodeOf: ReadonlyMap<string, string>;
  readonly #ends = new Map<string, number[]>();

  constructor(plan: Plan) {
    const steps = plan.steps.filter(({ target }) => target.startsWith('node/'));
    this.#nodeOf = new Map(steps.map(({ id, target }) => [id, target.slice('node/'.length)]));
  }

  record({ step, event, at }: Pick<JournalEntry, 'step' | 'event' | 'at'>): void {
    if (step === null || !this.#nodeOf.has(step)) return;
    const known = this.#times.get(step);
    const atMs = parseInstant(at) ?? 0;
    if (event === 'begin') this.#times.set(step, { beginMs: known?.beginMs ?? atMs, endMs: null, unchanged: false });
    if (event !== 'done' && event !== 'unchanged') return;
    this.#times.set(step, { beginMs: known?.beginMs ?? null, endMs: atMs, unchanged: event === 'unchanged' });
    const node = this.#nodeOf.get(step)!;
    const ends = this.#ends.get(node);
    if (ends === undefined) this.#ends.set(node, [atMs]);
    else ends.push(atMs);
  }

  of(step: string): StepTime | undefined {
    return this.#times.get(step);
  }

  /** When the last switch of the node before this instant ended; -Infinity: none did in this execution. */
  lastEndBefore(node: string, beforeMs: number): number {
    return Math.max(-Infinity, ...(this.#ends.get(node) ?? []).filter((endMs) => endMs < beforeMs));
  }
}
