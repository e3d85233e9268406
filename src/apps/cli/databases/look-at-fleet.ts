import { collect } from '../../../fleet/collect.ts';
import type { Desired } from '../../../model/desired.ts';
import type { Observed } from '../../../model/observed.ts';
import type { Transport } from '../../../ports/transport.ts';
import type { Session } from '../command.ts';
import { observeFleetDatabases } from './fleet-databases.ts';

const observedAtOnce = 32;

export interface FleetInReach {
  /** Absolute. */
  readonly directory: string;
  readonly desired: Desired;
  readonly transport: Transport;
}

/** Every node and every database, side by side. `full`: see `collect`. Throws CANCELLED when aborted. */
export async function lookAtFleet(
  session: Session,
  { directory, desired, transport }: FleetInReach,
  options: { readonly full: boolean; readonly signal: AbortSignal },
): Promise<Observed> {
  const [observed, databases] = await Promise.all([
    collect(transport, desired.fleet.nodes, { parallelism: observedAtOnce, ...options }),
    observeFleetDatabases(session, directory, desired),
  ]);
  return { ...observed, databases };
}
