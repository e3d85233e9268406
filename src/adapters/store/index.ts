/** The coordination stores a Fleet may name, one case each; all face the same contract suite. */
import { ThemisError } from '../../kernel/error.ts';
import type { CoordinationSpec } from '../../model/desired.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { IsAlive } from './lease-rules.ts';
import { openSqliteStore } from './sqlite.ts';
import { stateFile } from './state-directory.ts';

export interface StoreOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly fleetUid: string;
  readonly clock: Clock;
  readonly isAlive: IsAlive;
}

export function openStore(coordination: CoordinationSpec, options: StoreOptions): Store {
  switch (coordination.kind) {
    case 'sqlite':
      return openSqliteStore(stateFile(options.environment, options.fleetUid), options.clock, options.isAlive);
    case 'etcd':
      throw new ThemisError('USAGE', 'this version of Themis cannot coordinate a fleet through etcd yet', {
        hint: 'write `coordination: { sqlite: {} }` in the Fleet and run Themis on one machine',
      });
  }
}
