import type { Clock } from '../../../ports/clock.ts';
import type { Store } from '../../../ports/store.ts';
import type { Transport } from '../../../ports/transport.ts';

/** At which journal write a controller dies, and whether that write still reaches the disk. */
export interface Kill {
  readonly atWrite: number;
  readonly durable: boolean;
}

/** Cuts a controller off from the world at a journal write, as SIGKILL would: nothing it awaits ever comes back. */
export class Killer {
  readonly died: Promise<null>;
  #dead = false;
  #die: () => void = () => {};
  #writes = 0;
  readonly #kill: Kill | undefined;

  constructor(kill: Kill | undefined) {
    this.#kill = kill;
    this.died = new Promise((resolve) => {
      this.#die = () => resolve(null);
    });
  }

  get isDead(): boolean {
    return this.#dead;
  }

  clock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      steadyMs: () => clock.steadyMs(),
      sleep: (durationMs, signal) => this.#alive(clock.sleep(durationMs, signal)),
    };
  }

  transport(transport: Transport): Transport {
    return { call: (...parts) => (this.#dead ? hang() : this.#alive(transport.call(...parts))) };
  }

  store(store: Store): Store {
    const killed = new Proxy(store, {
      get: (target, name) => {
        if (name === 'appendJournal')
          return async (entry: Parameters<Store['appendJournal']>[0]) => this.#append(target, entry);
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'lease' || name === 'evidence') return this.store(value as Store);
        if (typeof value !== 'function') return value;
        return (...parts: unknown[]) =>
          this.#dead ? hang() : this.#alive(Reflect.apply(value, target, parts) as Promise<unknown>);
      },
    });
    return killed;
  }

  async #append(store: Store, entry: Parameters<Store['appendJournal']>[0]): Promise<void> {
    if (this.#dead) await hang();
    this.#writes += 1;
    const now = this.#kill !== undefined && this.#writes === this.#kill.atWrite;
    if (!now || this.#kill!.durable) await store.appendJournal(entry);
    if (!now) return;
    this.#dead = true;
    this.#die();
    await hang();
  }

  async #alive<Result>(promise: Promise<Result>): Promise<Result> {
    const result = await promise.catch(async (error: unknown) => {
      if (this.#dead) await hang();
      throw error;
    });
    if (this.#dead) await hang();
    return result;
  }
}

function hang(): Promise<never> {
  return new Promise(() => {});
}
