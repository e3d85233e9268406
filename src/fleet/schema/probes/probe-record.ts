/** What a rehearsal found out about each query. */
import { ThemisError } from '../../../kernel/error.ts';
import type { Probe } from './probes-at.ts';
import type { ProbeFailure } from './try-probe.ts';

export class ProbeRecord {
  states = 0;
  /** Of the copy. */
  leftOut: readonly string[] = [];
  readonly #worked = new Set<string>();
  readonly #failed = new Map<string, { readonly state: string; readonly failure: ProbeFailure }>();
  readonly #excused = new Map<string, string>();
  readonly #unknown: readonly string[];
  #end: string | null = null;

  /** Whose queries nobody has. */
  constructor(unknown: readonly string[]) {
    this.#unknown = unknown;
  }

  /** It failed, or cannot be judged here: later states have nothing to add. */
  isSettled({ name }: Probe): boolean {
    return this.#failed.has(name) || this.#excused.has(name);
  }

  note(probe: Probe, state: string, failure: ProbeFailure | null): void {
    const { name } = probe;
    if (failure === null) this.#worked.add(name);
    else if (!this.#worked.has(name) && isForWantOf(this.leftOut, failure)) this.excuse(probe, failure);
    else this.#failed.set(name, { state, failure });
  }

  /** It cannot be judged: on this copy, or at all. */
  excuse({ name }: Probe, { message }: ProbeFailure, why = ''): void {
    this.#excused.set(name, `${why}${message}`);
  }

  endedBecause(why: string): void {
    this.#end = why;
  }

  /** `unchecked`: what nobody can say before the database itself has been changed. */
  summary(): { readonly states: number; readonly unchecked: readonly string[] } {
    const queries = [...this.#excused].map(([name, why]) => `probe ${name}: ${why}`);
    const unknown = this.#unknown.map((who) => `queries of ${who}`);
    return { states: this.states, unchecked: [...unknown, ...queries, ...(this.#end === null ? [] : [this.#end])] };
  }

  refusal(migration: string): ThemisError | null {
    if (this.#failed.size === 0) return null;
    const told = [...this.#failed].map(
      ([name, { state, failure }]) => `probe ${name} fails ${state}: ${failure.reason} ${failure.message}`,
    );
    const message = `A rehearsal of migration ${migration} on an empty copy of the schema: ${told.join('; ')}.`;
    return new ThemisError('MIGRATION_REFUSED', message, {
      hint: "Change the migration so that the query works in every state in between, or say in the probe which releases send it; a probe of the Migration takes the place of a release's that has its name.",
    });
  }
}

/** A function, a type or an operator, a schema: an extension that is left out may have had it. */
const notThere: ReadonlySet<string> = new Set(['42883', '42704', '3F000']);
const noRelation = '42P01';

/** The copy has too little for a query that never worked on it. */
function isForWantOf(leftOut: readonly string[], { reason, message }: ProbeFailure): boolean {
  if (notThere.has(reason)) return leftOut.length > 0;
  if (reason !== noRelation) return false;
  const relation = /"([^"]+)"/u.exec(message)?.[1]?.split('.').at(-1);
  return relation !== undefined && leftOut.some((what) => what.split(' (')[0]!.endsWith(`.${relation}`));
}
