/** What the stepper tells the runner, and what the runner tells it: closed unions, plain data. */
import type { WaitReason } from '../../model/event.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { Plan } from '../../model/plan.ts';
import type { ObservedDatabase } from '../../model/schema/database.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { NodeWindows } from '../../windows/window-answer.ts';
import type { ActionLookup } from '../line/program.ts';

export interface StepperPolicy {
  readonly parallelism: number;
  readonly onFailure: 'rollback' | 'pause';
  /** How long a node may be out of reach, or a cluster short of members, before a person is asked. */
  readonly patienceMs: number;
  /** false: stop at the first gate, window or consent that is not open. */
  readonly wait: boolean;
  /** A member of a cluster that lags more than this behind its leader counts as away. */
  readonly maxReplicationLagMs: number;
}

export interface StepperInput {
  readonly plan: Plan;
  /** Every node of the fleet, those without steps too: they count for availability and quorum. */
  readonly nodes: readonly DesiredNode[];
  readonly actions: ActionLookup;
  readonly policy: StepperPolicy;
  readonly record: RolloutRecord;
  /** When nodes may be touched; `permit` brings others once approvals are read again. */
  readonly windows: NodeWindows;
  /** As they were seen before it began. */
  readonly databases?: readonly ObservedDatabase[];
  /** Empty for a new execution. */
  readonly journal: readonly JournalEntry[];
}

export type Decision =
  /** Take these in hand. Nodes: look at the node and its cluster, ask for the verdict. Gates: promote, or let them fail. */
  | {
      readonly kind: 'go';
      readonly look: readonly string[];
      readonly promote: readonly string[];
      readonly fail: readonly FailedGate[];
      /** Phases of migrations to carry out. */
      readonly schema: readonly string[];
    }
  | Wait
  /** Record a `turn`: from here on what was done is taken back. */
  | { readonly kind: 'turn'; readonly because: string; readonly failure: Failure }
  | { readonly kind: 'finish'; readonly end: StepperEnd };

/** Nothing to start. `watch`: nodes to look at again when `forMs` are over, because something waits for them. */
export interface Wait {
  readonly kind: 'wait';
  /** null: for what is in hand; nothing is said of it. */
  readonly on: WaitReason | null;
  readonly detail: string;
  /** What is waited for, the same as long as it is the same: it is said once. */
  readonly topic: string;
  /** null: until something happens. */
  readonly forMs: number | null;
  /** The instant for people, where one is known. */
  readonly until: number | null;
  readonly watch: readonly string[];
}

export interface FailedGate {
  readonly step: string;
  readonly failure: Failure;
  /** Of its entries in the journal. */
  readonly detail: JsonObject;
}

export type StepperEnd =
  | { readonly kind: 'done' }
  /** A step failed and the rollout pauses on failure. */
  | { readonly kind: 'paused'; readonly failed: readonly FailedStep[] }
  | { readonly kind: 'undone'; readonly failed: readonly FailedStep[] }
  | { readonly kind: 'undo-incomplete'; readonly failed: readonly FailedStep[]; readonly left: readonly string[] }
  /**
   * A gate or a window is not open (`refused`: an approval is there but invalid), or steps are left that this plan
   * will not carry out (`over`).
   */
  | { readonly kind: 'not-finished'; readonly detail: string; readonly refused: boolean; readonly over: boolean }
  /** Nodes that are down, or a cluster without a leader, did not come back in time. */
  | { readonly kind: 'stalled'; readonly detail: string }
  | { readonly kind: 'stopped'; readonly stop: Stop };

export interface FailedStep {
  readonly step: string;
  readonly failure: Failure;
  /** Nothing happened at the node, or it took everything back itself. */
  readonly asBefore: boolean;
  /** Refused before any effect, or by trust on the way, everything being put back. */
  readonly refused: boolean;
}

/** Why nothing more starts although nothing failed. What is in hand finishes. */
export type Stop =
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'cancelled'; readonly by: string }
  | { readonly kind: 'suspended'; readonly by: string; readonly reason: string }
  | { readonly kind: 'stale'; readonly step: string; readonly detail: string }
  /** What a step needs is to be had later, and said when. */
  | { readonly kind: 'postponed'; readonly step: string; readonly failure: Failure }
  /** A node could not be reached long enough: what it did is not known, so nothing is concluded. */
  | { readonly kind: 'lost'; readonly step: string; readonly failure: Failure };

/** A failure outweighs it: what was done is taken back all the same. */
export function givesWay({ kind }: Stop): boolean {
  return kind === 'stale' || kind === 'postponed';
}

export type Verdict =
  /** Journal `begin` (or `undo-begin`) and carry it out. */
  | { readonly kind: 'begin' }
  /** Begun earlier and the node has what it should: see that it is healthy, then `done`. */
  | { readonly kind: 'confirm' }
  | { readonly kind: 'unchanged' }
  /** Going back, and nothing is left to take back. */
  | { readonly kind: 'undone' }
  /** Begun earlier, without effect, and it will not be tried again after a failure. */
  | { readonly kind: 'not-started' }
  /** The node has an open operation of somebody else: recover it, then look again. */
  | { readonly kind: 'recover' }
  /** Going back, and the node is in a state that this execution did not make. */
  | { readonly kind: 'foreign'; readonly detail: string }
  /** Not now: it is back in the line, parked, or the execution has been told to stop. */
  | { readonly kind: 'later' };

export function failedStep(step: string, { failure, detail }: Pick<JournalEntry, 'failure' | 'detail'>): FailedStep {
  return {
    step,
    failure: failure ?? { code: 'BUG', message: 'no failure was recorded', retry: 'never' },
    asBefore: detail?.['asBefore'] === true,
    refused: detail?.['refused'] === true,
  };
}
