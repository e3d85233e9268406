/**
 * What the nodes report, and everything else a plan is made from besides Desired. A snapshot is the file that
 * `themis observe --out` writes and `themis plan --observed` reads: nothing else may influence a plan.
 */
import type { Digest } from '../kernel/digest.ts';
import type { Failure } from '../kernel/outcome.ts';
import type { ObservedDatabase } from './schema/database.ts';
import type { Architecture, Catalogue, Platform } from './release.ts';
import type { RolloutRecord } from './rollout-record.ts';

export interface Snapshot {
  readonly formatVersion: '1.0';
  readonly fleet: { readonly name: string; readonly uid: string };
  /** RFC 3339 UTC. */
  readonly takenAt: string;
  readonly observed: Observed;
  readonly catalogue: Catalogue;
  readonly record: RolloutRecord;
}

export interface Observed {
  /** Sorted by name. */
  readonly nodes: readonly ObservedNode[];
  /** Those that the fleet directory names, sorted by name. */
  readonly databases: readonly ObservedDatabase[];
}

export type ObservedNode = ReachableNode | UnreachableNode;

export interface UnreachableNode {
  readonly name: string;
  readonly reachable: false;
  readonly failure: Failure;
}

export interface ReachableNode {
  readonly name: string;
  readonly reachable: true;
  readonly platform: Platform;
  readonly architecture: Architecture;
  /** By package name. */
  readonly packages: Readonly<Record<string, InstalledPackage>>;
  /** Files that are not what the installed manifest says; sorted by path. */
  readonly drift: readonly FileDrift[];
  readonly health: Health;
  readonly role: Role;
  /** What the database says of its group; absent where it says nothing. */
  readonly replication?: Replication;
  readonly disk: Capacity;
  readonly memory: Capacity;
  /** Newest first. */
  readonly restorePoints: readonly RestorePointSummary[];
  /** Manifest hashes staged and verified; sorted. */
  readonly staged: readonly Digest[];
  /** An update, rollback or repair that is running or was cut off, and has not been closed. */
  readonly operation: OpenOperation | null;
  /** The coordination store the node obeys; null before first contact. */
  readonly store: string | null;
  readonly highestToken: number;
  /** Why the node accepts nothing until a person has helped: its trust anchors are not as they should be. */
  readonly refusing?: Failure;
}

export type Role = 'leader' | 'follower' | 'unknown';

export interface Health {
  readonly status: 'healthy' | 'unhealthy' | 'stopped' | 'unknown';
  /** The version that the running process itself reports, where it does. */
  readonly runningVersion: string | null;
  readonly detail: string | null;
}

/** null: not reported. */
export interface Replication {
  /** How far this member is behind its leader, in milliseconds. */
  readonly lagMs: number | null;
  /** Groups of data that have fewer copies than they should. */
  readonly underReplicatedGroups: number | null;
  /** Members of the group that this one sees, itself included. */
  readonly membersUp: number | null;
}

export interface InstalledPackage {
  readonly version: string;
  readonly manifestHash: Digest;
  readonly dataSchemaVersion: number;
}

export interface FileDrift {
  readonly package: string;
  readonly path: string;
  readonly problem: 'missing' | 'changed' | 'mode' | 'type';
}

export interface Capacity {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface RestorePointSummary {
  readonly id: string;
  /** RFC 3339 UTC. */
  readonly createdAt: string;
  readonly packages: Readonly<Record<string, InstalledPackage>>;
  readonly sizeBytes: number;
}

export interface OpenOperation {
  readonly id: string;
  readonly kind: 'update' | 'rollback';
  readonly state: 'running' | 'interrupted';
  readonly token: number;
}
