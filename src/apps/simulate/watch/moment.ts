/** The moments at which promises are held against the world, and what they see of it. */
import type { MemoryState } from '../../../adapters/store/memory.ts';
import type { SimulatedFleet } from '../../../adapters/transport/simulated/fleet.ts';
import type { OperationBody, Packages, SimulatedNode } from '../../../adapters/transport/simulated/node.ts';
import type { DesiredApproval, DesiredNode, DesiredTenant } from '../../../model/desired.ts';
import type { ExecutionEnd } from '../../../ports/store.ts';
import type { Begun, Opening, WatchedExecution } from './facts.ts';
import type { Rules } from './rules.ts';

/** Themis disturbs a node: it drains it, stops its service, or changes its files. */
export interface Touch {
  readonly kind: 'drain' | 'stop' | 'installed';
  readonly node: SimulatedNode;
  readonly members: readonly SimulatedNode[];
  readonly operation: string;
  readonly body: OperationBody;
  /** undefined: no durable journal entry says so. */
  readonly begun: Begun | undefined;
  /** What came up before this instant could be seen by who decided. */
  readonly seenUntilMs: number;
  /** What the node had before this change, for `installed`. */
  readonly had: Packages;
}

export type Moment =
  | Touch
  | ({ readonly kind: 'opened' } & Opening)
  | { readonly kind: 'ended'; readonly execution: WatchedExecution; readonly end: ExecutionEnd };

export type MomentKind = Moment['kind'];

export interface View {
  readonly rules: Rules;
  readonly fleet: SimulatedFleet;
  readonly state: MemoryState;
  readonly desired: ReadonlyMap<string, DesiredNode>;
  readonly tenants: ReadonlyMap<string, DesiredTenant>;
  /** Clusters that had nothing installed when the simulation started: there is no quorum yet that could be kept. */
  readonly bornClusters: ReadonlySet<string>;
  /** Stage of each node, from 1, as the record fixed it for the rollout in progress. */
  readonly stageOf: (node: string) => number | undefined;
  readonly approvals: () => readonly DesiredApproval[];
  readonly nowMs: () => number;
}

/** `not-asked`: the promise says nothing about this moment. */
export type Answer = 'kept' | 'not-asked' | { readonly broken: string };

export interface Invariant {
  readonly name: string;
  /** One sentence. */
  readonly promise: string;
  /** What a controller cannot know, or what is not promised; null: no exception. */
  readonly grace: string | null;
  readonly at: readonly MomentKind[];
  check(moment: Moment, view: View): Answer;
}
