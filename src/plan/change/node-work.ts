/** One node of the fleet while it is planned: what is wanted, what was seen, what changes, whether it is in scope. */
import type { DesiredNode } from '../../model/desired.ts';
import type { ObservedNode } from '../../model/observed.ts';
import type { NodeChange } from './node-change.ts';

export interface NodeWork {
  readonly node: DesiredNode;
  readonly observed: ObservedNode | undefined;
  change: NodeChange | undefined;
  /** Something should change and may not. */
  refused: boolean;
  inScope: boolean;
}

export interface Cluster {
  readonly name: string;
  /** Sorted by name; every node of the Fleet, in scope or not. */
  readonly members: readonly NodeWork[];
  /** Who leads, as observed or as a saved plan assumed it; undefined where nobody does. */
  readonly leader: NodeWork | undefined;
}
