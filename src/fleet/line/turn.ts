/** What the stepper keeps of each step and of each node. Mutable, and owned by the stepper alone. */
import type { Replication, Role } from '../../model/observed.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { Blocker } from '../../windows/window-answer.ts';
import type { Cluster } from './cluster.ts';

export interface Turn {
  readonly step: PlanStep;
  readonly kind: 'node' | 'gate' | 'schema';
  /** null for a stage gate and for a database. */
  readonly node: NodeView | null;
  readonly undo: 'inverse' | 'none' | 'irreversible';
  /** How many steps of the same node come before it. */
  hop: number;
  /** The hop of the plan, from 0: every member of a cluster takes one before the leader does. */
  level: number;
  /** Lower goes first within a cluster. */
  priority: number;
  /** The level as counted in the present direction. */
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
  /** Since when its node gives no answer. All of these count in steady time. */
  silentSinceMs: number | null;
  /** Since when its node answers that it cannot do it now. */
  refusedSinceMs: number | null;
  /** Tries that ended without an answer, since there was one. */
  attempts: number;
  /** Who restricts when its node may be touched. */
  readonly tenants: readonly string[];
  /** The estimated switch and, should it go wrong, its rollback. */
  readonly needMs: number;
  /** A critical release arrives with it. */
  readonly critical: boolean;
  /** Why it may not begin yet, while it is parked for that. */
  bar: Bar | null;
  /** In which order steps ended; newest is taken back first. */
  endOrder: number;
  /** It failed and its node is as before: nothing is left to take back. */
  asBefore: boolean;
}

/** What its tenants have against a turn. */
export type Bar =
  | { readonly on: 'window'; readonly untilMs: number; readonly because: string | null }
  | { readonly on: 'consent'; readonly tenants: readonly string[] }
  | { readonly on: 'never'; readonly blockers: readonly Blocker[] };

/**
 * `pending`: may become a candidate. `held`: a task of the runner has it, begun or about to begin. `parked`: waits for
 * an instant or a person. `ended`: no more to do in this direction. `never`: not part of this execution.
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
  /** What it said of its group last; undefined: nothing, or it is not up. */
  replication: Replication | undefined;
  /** So far behind its leader that it counts as away. */
  lagging: boolean;
  versions: Readonly<Record<string, string>>;
  held: Turn | null;
  readonly turns: Turn[];
}
