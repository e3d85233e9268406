/**
 * Writes the journal of one execution, one entry after the other, and tells the stepper each as soon as it is
 * durable, never before. After a failed write nothing is written any more: what is on disk is the truth.
 */
import { formatInstant } from '../../kernel/units/instant.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';

type Entry = Pick<JournalEntry, 'step' | 'event' | 'failure' | 'detail'>;

export class JournalWriter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #operation: string;
  readonly #token: number;
  readonly #told: (entry: JournalEntry) => void;
  #seq: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    store: Store,
    clock: Clock,
    options: { operation: string; token: number; nextSeq: number; told: (entry: JournalEntry) => void },
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#operation = options.operation;
    this.#token = options.token;
    this.#seq = options.nextSeq;
    this.#told = options.told;
  }

  /**
   * True when the entry is durable. `guard` is asked when its turn comes, after every entry before it was told:
   * false, and nothing is written.
   */
  async write(entry: Entry, guard: () => boolean = () => true): Promise<boolean> {
    const write = this.#last.then(async () => {
      if (!guard()) return false;
      await this.#append(entry);
      return true;
    });
    // Whoever awaits it hears of a failure, and so does every later write, because it comes after this one.
    write.catch(() => {});
    this.#last = write;
    return await write;
  }

  async #append(entry: Entry): Promise<void> {
    const full: JournalEntry = {
      seq: this.#seq,
      operation: this.#operation,
      at: formatInstant(this.#clock.nowMs()),
      token: this.#token,
      ...entry,
    };
    await this.#store.appendJournal(full);
    this.#seq += 1;
    this.#told(full);
  }
}
