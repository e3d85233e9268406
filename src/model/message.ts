/**
 * Fleet ↔ node messages, version 1.0: the same for every transport (`wire/` encodes and checks them). One request, any number of progress
 * messages, one reply. A node refuses an unknown major version. Nothing in a message can name a trust anchor,
 * a command or an absolute path on the node.
 */
import type { Digest } from '../kernel/digest.ts';
import type { Failure } from '../kernel/outcome.ts';
import type { NodePhase, ProgressFigures } from './event.ts';
import type { ReachableNode } from './observed.ts';

export const wireVersion = '1.0';

/** Proof of the right to change a node: whose store, and the fencing token of the lease held there. */
export interface Authority {
  /** Identity of the coordination store, a random id made with it. */
  readonly store: string;
  readonly token: number;
}

/**
 * Where a node fetches a release from: a source, and the release's directory in it. What it finds there is trusted only
 * through its signature. Tokens, proxies and authorities for it are the node's own.
 */
export type ReleaseLocator =
  | { readonly kind: 'directory'; readonly directory: string; readonly path: string }
  | { readonly kind: 'http'; readonly url: string; readonly path: string }
  | {
      readonly kind: 'github';
      readonly owner: string;
      readonly repo: string;
      readonly apiUrl: string;
      readonly path: string;
    };

export interface WantedRelease {
  readonly package: string;
  readonly version: string;
  readonly manifestHash: Digest;
}

export interface StagedRelease extends WantedRelease {
  readonly locator: ReleaseLocator;
}

/** Installed manifest hash by package; a package that is absent must not be installed. */
export type ExpectedState = Readonly<Record<string, Digest>>;

export type NodeRequestBody =
  /** `full`: hash every file, whatever the stat cache says. */
  | { readonly kind: 'observe'; readonly full: boolean }
  /** Copy into the node's downloads and verify; touches nothing else. Idempotent. */
  | { readonly kind: 'stage'; readonly authority: Authority; readonly releases: readonly StagedRelease[] }
  /**
   * Switch to these releases in one restart. Idempotent by `operation`: known and closed returns the recorded
   * reply, known and running waits for it. With `releases` equal to what is installed it repairs drift.
   */
  | {
      readonly kind: 'update';
      readonly authority: Authority;
      readonly operation: string;
      readonly releases: readonly WantedRelease[];
      readonly expected: ExpectedState;
      readonly restorePoint: string;
      readonly healthTimeoutMs: number;
      /** Refuse with LEADS, before the drain, when this node leads by then: its turn is the last one. Absent: go on. */
      readonly unlessLeading?: boolean;
      /** No other member of its group is up: go on when leadership cannot be given away. Absent: DRAIN_FAILED. */
      readonly mayGoLeaderless?: boolean;
    }
  /** Return to a restore point. Idempotent by `operation`. */
  | {
      readonly kind: 'rollback';
      readonly authority: Authority;
      readonly operation: string;
      readonly restorePoint: string;
      /** Restore point made of the present state first; null where none is wanted (undoing an update). */
      readonly keep: string | null;
      readonly healthTimeoutMs: number;
      readonly unlessLeading?: boolean;
      readonly mayGoLeaderless?: boolean;
    }
  /** The text of the node's own metrics endpoint, at most 4 MiB. Changes nothing. */
  | { readonly kind: 'metrics' }
  /** Finish or undo the operation that was cut off, or wait for the one that runs. No open operation: `unchanged`. */
  | { readonly kind: 'recover'; readonly authority: Authority | null }
  /** Obey another coordination store from now on. */
  | { readonly kind: 'adopt'; readonly store: string }
  /** Drop restore points and staged releases that nobody needs. */
  | { readonly kind: 'prune'; readonly keepRestorePoints: number; readonly pinned: readonly string[] };

export type NodeRequest = { readonly wireVersion: string; readonly node: string } & NodeRequestBody;

export interface NodeProgress extends ProgressFigures {
  readonly kind: 'progress';
  readonly phase: NodePhase;
}

export type NodeReplyBody =
  | { readonly kind: 'observed'; readonly observed: ReachableNode }
  | { readonly kind: 'finished'; readonly result: OperationResult }
  /** `atMs`: when the node read it, by its own clock; null text: no endpoint, or it does not answer. */
  | { readonly kind: 'metrics'; readonly atMs: number; readonly text: string | null }
  | {
      readonly kind: 'pruned';
      readonly restorePoints: readonly string[];
      readonly staged: readonly Digest[];
      readonly freedBytes: number;
    }
  /** Refused or failed before any effect: the node is as it was. */
  | { readonly kind: 'refused'; readonly failure: Failure };

export type NodeReply = { readonly wireVersion: string; readonly node: string } & NodeReplyBody;

/** How an accepted operation ended. After `rolled-back` the node is as before; after `stuck` a person is needed. */
export type OperationResult =
  | { readonly kind: 'done'; readonly restorePoint: string | null }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'rolled-back'; readonly failure: Failure }
  | { readonly kind: 'stuck'; readonly failure: Failure; readonly cause: Failure };

export type NodeMessage = NodeProgress | NodeReply;
