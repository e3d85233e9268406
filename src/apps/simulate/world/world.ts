/**
 * The simulated world: a clock, a fleet, a store, and controllers that come one after another and may be killed at a
 * journal write. Whatever they do is told to a watch, the moment it happens.
 */
import { createMemoryState, createMemoryStore, type MemoryState } from '../../../adapters/store/memory.ts';
import type { SimulatedClock } from '../../../adapters/clock/simulated.ts';
import type { SimulatedFleet } from '../../../adapters/transport/simulated/fleet.ts';
import type { Store } from '../../../ports/store.ts';
import type { Transport } from '../../../ports/transport.ts';
import { applyOnce, type ControllerWorld, type Run, type Signals } from './controller.ts';
import { Killer, type Kill } from './killer.ts';
import { tappedStore, type StoreTap } from './tapped-store.ts';

/** What controllers find; asked anew by each of them. */
export type ControllerSetup = Omit<ControllerWorld, 'clock' | 'store' | 'transport'>;

export class SimulatedWorld {
  readonly clock: SimulatedClock;
  readonly fleet: SimulatedFleet;
  readonly state: MemoryState = createMemoryState();
  readonly #setup: () => ControllerSetup;
  readonly #tap: StoreTap;
  readonly #network: Transport;
  readonly #dead = new Set<string>();
  #controllers = 0;

  constructor(
    clock: SimulatedClock,
    fleet: SimulatedFleet,
    tap: StoreTap,
    setup: () => ControllerSetup,
    network: Transport = fleet,
  ) {
    this.clock = clock;
    this.fleet = fleet;
    this.#tap = tap;
    this.#setup = setup;
    this.#network = network;
  }

  /** As somebody else sees it who holds no lease. */
  get store(): Store {
    return createMemoryStore(this.state, this.clock, (holder) => !this.#dead.has(holder.id));
  }

  /** One run of `apply`, alive to its end or killed at a journal write; null when it was killed. */
  async apply(kill?: Kill, signals: Signals = {}): Promise<Run | null> {
    this.#controllers += 1;
    const id = `controller-${this.#controllers}`;
    const killer = new Killer(kill);
    const setup = this.#setup();
    const world: ControllerWorld = {
      ...setup,
      emit: (event) => {
        if (!killer.isDead) setup.emit(event);
      },
      clock: killer.clock(this.clock),
      store: killer.store(tappedStore(this.store, this.#tap)),
      transport: killer.transport(this.#network),
    };
    const soft = new AbortController();
    const interrupt = (): void => soft.abort(signals.soft?.reason);
    signals.soft?.addEventListener('abort', interrupt, { once: true });
    if (signals.soft?.aborted === true) interrupt();
    const run = applyOnce(id, world, { ...signals, soft: soft.signal });
    const outcome = await this.clock.runUntil(Promise.race([run, killer.died]));
    signals.soft?.removeEventListener('abort', interrupt);
    if (outcome !== null) return outcome;
    this.#dead.add(id);
    // Signals made of others are kept alive while somebody listens; a process takes them along when it dies.
    soft.abort();
    return null;
  }
}
