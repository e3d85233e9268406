import { formatInstant } from '../../../kernel/units/instant.ts';

const kept = 2000;
const shown = 60;

interface Entry {
  readonly atMs: number;
  /** null: concerns the whole fleet. */
  readonly cluster: string | null;
  readonly what: string;
  readonly detail: string;
}

/** The last things that happened, in a ring, so that a breach can be told with what led up to it. */
export class Trace {
  readonly #entries: Entry[] = [];
  #next = 0;

  add(atMs: number, cluster: string | null, what: string, detail: string): void {
    this.#entries[this.#next] = { atMs, cluster, what, detail };
    this.#next = (this.#next + 1) % kept;
  }

  /** Oldest first; of other clusters nothing. */
  about(cluster: string | null): readonly string[] {
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    return inOrder
      .filter((one) => one.cluster === null || one.cluster === cluster)
      .slice(-shown)
      .map(({ atMs, what, detail }) => `${formatInstant(atMs)} ${what} ${detail}`.trimEnd());
  }
}
