/**
 * What the fleet's coordination store remembers between runs and the planner may use: stage membership (fixed
 * when a rollout starts), verdicts, quarantine, suspension, measured durations. Plain data; the fleet room writes it.
 */
import type { Digest } from '../kernel/digest.ts';
import type { SchemaPhase } from './schema/database.ts';
import type { ReleaseRanges } from './desired.ts';
import type { VerdictSummary } from './verdict.ts';

export interface RolloutRecord {
  /** The rollout in progress or last finished; null before the first. */
  readonly current: RolloutProgress | null;
  readonly quarantine: readonly QuarantinedTarget[];
  readonly suspended: { readonly at: string; readonly by: string; readonly reason: string } | null;
  /** Newest last; the last hundred. Whole verdicts lie in the store. */
  readonly verdicts: readonly VerdictSummary[];
  readonly estimates: Estimates;
  /** The last durations measured, oldest first: what `estimates` are made from. */
  readonly durations?: Durations;
  /** By migration: those that the fleet directory named, until the database no longer knows them. */
  readonly schemas: Readonly<Record<string, SchemaProgress>>;
}

export interface SchemaProgress {
  /**
   * Since when the migration is expanded and every node reports its release, those that are suspended or out of scope
   * included: grace counts from here. null: not yet, or not any more.
   */
  readonly completeSince: string | null;
  /** When a node was seen with an earlier release though the data were migrated: what it wrote since was not. */
  readonly earlierAt?: string;
  /** Since when its contract is done, or under way; for whoever goes back while the database does not answer. */
  readonly contractedAt?: string;
  /** Of the file, which may be gone when the migration is taken back; null: it waits for none. */
  readonly release: ReleaseRanges | null;
}

/** Milliseconds. */
export interface Durations {
  readonly update: readonly number[];
  readonly rollback: readonly number[];
  readonly schema?: Readonly<Partial<Record<SchemaWork, readonly number[]>>>;
}

/** What one step does to a database. */
export type SchemaWork = SchemaPhase | 'undo';

export interface RolloutProgress {
  readonly target: Digest;
  readonly startedAt: string;
  /** Index 0 is stage 1. Node names, each in exactly one stage. Of the last hop, which leads to the target. */
  readonly stages: readonly StageProgress[];
  /** Stages of the hops before it, which have the same members, by what the hop leads to; absent: none. */
  readonly hops?: Readonly<Record<string, readonly StageProgress[]>>;
}

export interface StageProgress {
  readonly nodes: readonly string[];
  /** When the last node of the stage finished: bake time counts from here. */
  readonly completedAt: string | null;
  readonly promotedAt: string | null;
}

export interface QuarantinedTarget {
  readonly target: Digest;
  readonly at: string;
  readonly reason: string;
}

/** p95 of what was measured, in milliseconds; null while there is no history. */
export interface Estimates {
  readonly updateMs: number | null;
  readonly rollbackMs: number | null;
  /** Of one migration; what is absent was not measured. */
  readonly schemaMs?: Readonly<Partial<Record<SchemaWork, number>>>;
}

export const emptyRecord: RolloutRecord = {
  current: null,
  quarantine: [],
  suspended: null,
  verdicts: [],
  estimates: { updateMs: null, rollbackMs: null },
  schemas: {},
};
