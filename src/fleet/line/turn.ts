/** What the stepper keeps of each step and of each node. Mutable, and owned by the stepper alone. */
import type { Role } from '../../model/observed.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { Cluster } from './cluster.ts';

export interface Turn {
  readonly step: PlanStep;
  /** null for a stage gate. */
  readonly node: NodeView | null;
  readonly undo: 'inverse' | 'none' | 'irreversible';
  /** How many steps of the same node come before it: the hops of an upgrade path. */
  hop: number;
  /** Lower goes first within a cluster. */
  priority: number;
  /** The hop as counted in the present direction. */
  rank: number;
  place: Place;
  /** Begun in the journal, and no end of it there. */
  inDoubt: boolean;
  /** Turns that wait for this one, in the present direction. */
  links: Turn[];
  /** How many turns this one still waits for. */
  missing: number;
  /** What waits for it may go on: it ended, or it is postponed because its node leads. */
  released: boolean;
  /** Its node leads and others of the cluster are still to come. */
  postponed: boolean;
  /** Since when its node gives no answer. */
  silentSinceMs: number | null;
  /** Since when its node answers that it cannot do it now. */
  refusedSinceMs: number | null;
  /** Tries that ended without an answer, since there was one. */
  attempts: number;
  /** The window of its node's tenants, where the plan gives one. */
  readonly opensAtMs: number;
  readonly startBeforeMs: number;
  /** In which order steps ended; newest is taken back first. */
  endOrder: number;
  /** It failed and its node is as before: nothing is left to take back. */
  asBefore: boolean;
}

/**
 * `pending`: may become a candidate. `held`: a task of the runner has it, begun or about to begin. `parked`: waits for
 * an instant. `ended`: no more to do in this direction. `never`: not part of this execution.
 */
export type Place = 'pending' | 'held' | 'parked' | 'ended' | 'never';

export interface NodeView {
  readonly name: string;
  readonly cluster: Cluster;
  /** Reachable and not known to be unhealthy. */
  up: boolean;
  /** Nothing is installed: it serves nobody yet, so it is not away either. */
  bare: boolean;
  role: Role;
  versions: Readonly<Record<string, string>>;
  held: Turn | null;
  readonly turns: Turn[];
}
