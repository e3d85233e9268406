import type { NodeChange, Packages, SimulatedNode } from '../../adapters/transport/simulated/node.ts';
import type { SimulatedFleet } from '../../adapters/transport/simulated/fleet.ts';

interface Change {
  readonly atMs: number;
  readonly upSinceMs: number | null;
  readonly packages: Packages;
}

/** What ran on each node when: only changes are kept, a handful for each node. */
export class NodePast {
  readonly #changes = new Map<string, Change[]>();

  constructor(fleet: SimulatedFleet, startMs: number) {
    for (const { name, up, packages } of fleet.nodes.values()) {
      this.#changes.set(name, [{ atMs: -Infinity, upSinceMs: up ? startMs : null, packages }]);
    }
  }

  changed({ name, packages }: SimulatedNode, { kind }: NodeChange, atMs: number): void {
    if (kind !== 'stop' && kind !== 'crash' && kind !== 'start') return;
    this.#changes.get(name)!.push({ atMs, upSinceMs: kind === 'start' ? atMs : null, packages });
  }

  at(name: string, atMs: number): { readonly upSinceMs: number | null; readonly packages: Packages } {
    return this.#changes.get(name)!.findLast((change) => change.atMs <= atMs)!;
  }
}
