/**
 * Progress events: what `-o jsonl` prints line by line and the live view draws. The first is always `version`.
 * Readers ignore unknown types and fields. Every event carries `at` (RFC 3339 UTC).
 */
import type { Finding } from '../kernel/finding.ts';
import type { Failure, Outcome } from '../kernel/outcome.ts';
import type { Digest } from '../kernel/digest.ts';
import type { PlanSummary } from './plan.ts';
import type { SchemaEvent } from './schema/schema-event.ts';
import type { GateAnswer } from './verdict.ts';

export type ThemisEvent = { readonly at: string } & EventBody;

export type EventBody =
  | { readonly type: 'version'; readonly formatVersion: '1.0'; readonly themisVersion: string }
  | { readonly type: 'planned'; readonly planDigest: Digest; readonly summary: PlanSummary }
  | { readonly type: 'finding'; readonly finding: Finding }
  | {
      readonly type: 'execution-started';
      readonly execution: string;
      readonly planDigest: Digest;
      readonly resumed: boolean;
      readonly steps: number;
    }
  | {
      readonly type: 'step-started';
      readonly step: string;
      readonly target: string;
      readonly kind: string;
      readonly stage: number;
      /** Which hop it is of, from 1; absent: the last. */
      readonly hop?: number;
      readonly direction: 'forward' | 'back';
    }
  | ({
      readonly type: 'step-progress';
      readonly step: string;
      readonly target: string;
      readonly phase: NodePhase;
    } & ProgressFigures)
  /** What goes on in the database of a step. */
  | { readonly type: 'schema'; readonly step: string; readonly target: string; readonly event: SchemaEvent }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly target: string;
      /** Of a gate, as in `step-started`. */
      readonly hop?: number;
      readonly outcome: Outcome;
      readonly durationMs: number;
      readonly direction: 'forward' | 'back';
    }
  /** Nothing can start now; `on` says what is waited for. */
  | { readonly type: 'waiting'; readonly on: WaitReason; readonly detail: string; readonly until: string | null }
  /** An answer of a gate that is new or has changed; `id` is for `themis explain verdict`. */
  | {
      readonly type: 'verdict';
      readonly id: string;
      readonly stage: number;
      readonly gate: string;
      readonly answer: GateAnswer;
      readonly because: string;
    }
  | {
      readonly type: 'leader-moved';
      readonly cluster: string;
      readonly from: string | null;
      readonly to: string | null;
    }
  | { readonly type: 'rolling-back'; readonly because: string; readonly failure: Failure }
  /** Steps that are seen to their end, databases left after their next statement or batch, and steps whose staging ends now. */
  | {
      readonly type: 'stopping';
      readonly signal: string;
      readonly inHand: readonly string[];
      readonly databases?: readonly string[];
      readonly staging: readonly string[];
    }
  | {
      readonly type: 'execution-finished';
      /** null: none was opened, because there was nothing to carry out. */
      readonly execution: string | null;
      readonly result: ExecutionResult;
      readonly exitCode: number;
    };

export type WaitReason =
  | 'bake'
  | 'evidence'
  | 'approval'
  | 'consent'
  | 'window'
  | 'quorum'
  | 'leader'
  | 'lock'
  | 'operation'
  | 'health';

/** The phases of one node operation, in order of an update. */
export type NodePhase =
  | 'stage'
  | 'preflight'
  | 'restore-point'
  | 'prepare'
  | 'drain'
  | 'stop'
  | 'switch'
  | 'start'
  | 'health'
  | 'rejoin'
  | 'commit'
  | 'roll-back';

/** How far a phase is, as far as it can be said. */
export interface ProgressFigures {
  readonly doneBytes?: number;
  readonly totalBytes?: number;
  /** Of staging: what came from a source, useful or not, and what was on the node already. */
  readonly fetchedBytes?: number;
  readonly reusedBytes?: number;
  /** From the source, over the last seconds. */
  readonly bytesPerSecond?: number;
  readonly remainingMs?: number;
  /** What is under way at this moment, longest first; not all where there are many. */
  readonly files?: readonly FileProgress[];
  /** Something that went another way than it was meant to, and why; for people. */
  readonly note?: string;
}

export interface FileProgress {
  /** In its release. */
  readonly path: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly remainingMs?: number;
}

export type ExecutionResult =
  | 'done'
  | 'nothing-to-do'
  | 'rolled-back'
  | 'rollback-incomplete'
  | 'paused'
  | 'not-finished'
  | 'stale'
  | 'interrupted'
  /** Stopped for good by `themis cancel`. */
  | 'cancelled'
  /** Left open by one run and closed by another that had a different plan. */
  | 'superseded';
