/**
 * The plan file, `formatVersion` 1.0: an interface that scripts read. Readers ignore unknown fields and refuse an
 * unknown major version. Field meaning and digest coverage are documented in README, "Plan file".
 */
import type { Digest } from '../kernel/digest.ts';
import type { Finding } from '../kernel/finding.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { SchemaPhase } from './schema/database.ts';
import type { FileDrift, InstalledPackage } from './observed.ts';

export interface Plan {
  readonly formatVersion: '1.0';
  readonly themisVersion: string;
  readonly fleet: { readonly name: string; readonly uid: string };
  /** RFC 3339 UTC. */
  readonly createdAt: string;
  /** Counts for the first effect only. */
  readonly expiresAt: string;
  readonly scope: PlanScope;
  readonly source: PlanSource;
  readonly desiredDigest: Digest;
  readonly targetDigest: Digest;
  readonly observedDigest: Digest;
  readonly planDigest: Digest;
  /** False when carrying it out would be wrong: an error finding, a quarantined target. */
  readonly applyable: boolean;
  /** False when a node in scope could not be observed. */
  readonly complete: boolean;
  /** True when planning met error findings; steps are then what could still be planned. */
  readonly errored: boolean;
  readonly drift: readonly NodeDrift[];
  readonly transitions: readonly Transition[];
  readonly steps: readonly PlanStep[];
  readonly constraints: readonly Constraint[];
  readonly schedule: readonly ScheduledStep[];
  readonly deferred: readonly DeferredStep[];
  readonly findings: readonly Finding[];
  readonly summary: PlanSummary;
}

export interface PlanScope {
  /** `node/NAME` addresses as asked for; empty: every node. Sorted. */
  readonly targets: readonly string[];
  readonly excludes: readonly string[];
  /** Label selector as given with `-l`; absent: none. */
  readonly selector?: string;
}

export interface PlanSource {
  /** Remote URL without credentials, or null outside Git. */
  readonly repository: string | null;
  readonly revision: string | null;
  readonly dirty: boolean;
  readonly signer: string | null;
}

export interface NodeDrift {
  readonly node: string;
  readonly files: readonly FileDrift[];
}

/** One package going from one manifest to another; said once for all nodes that do it. */
export interface Transition {
  readonly id: string;
  readonly package: string;
  /** null: not installed before. */
  readonly from: string | null;
  readonly to: string;
  readonly manifestHash: Digest;
  readonly files: { readonly add: number; readonly change: number; readonly remove: number; readonly bytes: number };
  readonly restart: boolean;
}

export type StepKind = NodeStepKind | 'stage-promote' | SchemaStepKind;
export type NodeStepKind = 'node-install' | 'node-update' | 'node-repair' | 'node-rollback';
export type SchemaStepKind = 'schema-expand' | 'schema-migrate' | 'schema-contract' | 'schema-undo';

export interface PlanStep {
  /** Derived from content, never from a position: `node-a/update/1f3c9a7be012`. */
  readonly id: string;
  readonly kind: StepKind;
  /** `node/NAME`, `stage/N` or `database/NAME`. */
  readonly target: string;
  /** Absent where nothing changes hands: a repair, a promotion. */
  readonly transition?: string;
  /** Further transitions of the same switch, in dependency order. */
  readonly with?: readonly string[];
  readonly before: StepState;
  readonly after: StepState;
  readonly reason: string;
  /** Step ids; the DAG. */
  readonly needs: readonly string[];
  /** From 1. Of a schema step: the first or last of the hop that it stands before or after. */
  readonly stage: number;
  /** Where versions are reached through others: which hop this is, from 1; absent on the last. */
  readonly hop?: number;
  /** Of a node. An expand is taken back by the record in its database. */
  readonly undo?: StepUndo;
  readonly irreversible?: { readonly why: string };
  /** Further parameters of the kind, as its schema says. */
  readonly params?: JsonObject;
}

/** What a node has (by package), the state of a stage, or that of a database. Empty packages: nothing installed. */
export interface StepState {
  readonly packages?: Readonly<Record<string, InstalledPackage>>;
  readonly promoted?: boolean;
  readonly schema?: SchemaState;
}

export interface SchemaState {
  /** Of the last migration in the database whose expand is done; 0 before the first. */
  readonly version: number;
  /** The furthest phase of the step's migration that is done; null: none. */
  readonly done: SchemaPhase | null;
}

export interface StepUndo {
  readonly kind: 'restore';
  readonly restorePoint: string;
}

export type Constraint =
  /** `planned`: who led when the plan was made, so that planning again for comparison assumes the same; absent: nobody known. */
  | { readonly kind: 'leaderLast'; readonly cluster: string; readonly planned?: string }
  | { readonly kind: 'maxUnavailable'; readonly cluster: string; readonly value: number }
  | { readonly kind: 'maxMinorSkew'; readonly cluster: string; readonly value: number }
  | { readonly kind: 'quorum'; readonly cluster: string; readonly members: number; readonly mustStayUp: number }
  | { readonly kind: 'window'; readonly cluster?: string; readonly node: string; readonly tenants: readonly string[] };

export interface ScheduledStep {
  readonly step: string;
  /** Of the window; null where the step is always open. */
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  /** RFC 3339 where the plan is tied to an instant (`--at`, a window), else null: the offsets then say all. */
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly startsAfterMs: number;
  readonly endsAfterMs: number;
  readonly estimateMs: number;
  /** What ends when the step may start: "the window of tenant acme (Saturday 02:00-06:00 UTC)"; absent: nothing. */
  readonly because?: string;
}

/** A step that this plan will not carry out. */
export interface DeferredStep {
  readonly step: string;
  readonly reason: string;
  readonly until: string | null;
}

/**
 * Counts nodes by what their last step is, and migrations of which anything is carried out; a node whose last step is
 * deferred counts as that alone, and so does a migration all of whose steps are.
 */
export interface PlanSummary {
  readonly create: number;
  readonly update: number;
  readonly repair: number;
  readonly rollback: number;
  readonly migrate: number;
  readonly unchanged: number;
  readonly deferred: number;
  readonly irreversible: number;
}
