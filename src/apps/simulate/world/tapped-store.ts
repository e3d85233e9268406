import type { JournalEntry } from '../../../model/journal.ts';
import type { Plan } from '../../../model/plan.ts';
import type { ExecutionHeader, Store } from '../../../ports/store.ts';

/** Told once the write is durable. */
export interface StoreTap {
  opened(header: ExecutionHeader, plan: Plan): void;
  journalled(entry: JournalEntry): void;
}

export function tappedStore(store: Store, tap: StoreTap): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'openExecution') {
        return async (...parts: Parameters<Store['openExecution']>) => {
          await target.openExecution(...parts);
          tap.opened(parts[0], parts[1]);
        };
      }
      if (name === 'appendJournal') {
        return async (entry: JournalEntry) => {
          await target.appendJournal(entry);
          tap.journalled(entry);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
