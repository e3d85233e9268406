/**
 * Desired state, normalised: what a fleet directory says, independent of files, order, spelling of durations
 * and comments. Lists are sorted by name, so equal meaning gives equal digests. Durations are milliseconds,
 * sizes bytes, instants RFC 3339 UTC. Where a thing was written is kept beside it in `sources`, outside every digest.
 */
import type { Digest } from '../kernel/digest.ts';
import type { SourceSpan } from '../kernel/finding.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Labels } from '../kernel/selector.ts';

export interface Desired {
  readonly fleet: DesiredFleet;
  /** The Rollout the Fleet names, or the defaults. Never undefined: every fleet has a way to roll out. */
  readonly rollout: DesiredRollout;
  /** Undefined when no `themis.lock.yaml` exists yet. */
  readonly lock: Lock | undefined;
  readonly tenants: readonly DesiredTenant[];
  readonly approvals: readonly DesiredApproval[];
  /**
   * Kinds that later rooms act on: carried whole (schema-checked), sorted by name, in one spelling: durations
   * `3600000ms`, sizes `1048576B`, instants in UTC, lists without order sorted.
   */
  readonly verifications: readonly NamedDocument[];
  readonly databases: readonly NamedDocument[];
  readonly migrations: readonly NamedDocument[];
  readonly notifications: readonly NamedDocument[];
  readonly updatePolicies: readonly NamedDocument[];
  /** Rollouts that the Fleet does not name: still part of what was reviewed. */
  readonly otherRollouts: readonly DesiredRollout[];
  /** Address (`fleet`, `node/node-a`, `package/themisdb`, `rollout/progressive`, `stage/2`, `migration/add-phone`) to its place. */
  readonly sources: ReadonlyMap<string, SourceSpan>;
}

export interface NamedDocument {
  readonly name: string;
  readonly spec: JsonObject;
}

export interface DesiredFleet {
  readonly name: string;
  readonly uid: string;
  /** Package to version or SemVer range, as written. What runs is what the lock pins. */
  readonly packages: Readonly<Record<string, string>>;
  readonly releases: ReleaseSourceSpec;
  readonly coordination: CoordinationSpec;
  /** Where gates find their samples, schema-checked; absent: the nodes' own endpoints. */
  readonly metrics?: JsonObject;
  readonly nodes: readonly DesiredNode[];
}

export type ReleaseSourceSpec =
  | { readonly kind: 'directory'; readonly directory: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'github'; readonly owner: string; readonly repo: string; readonly apiUrl: string | undefined };

export type CoordinationSpec =
  | { readonly kind: 'sqlite' }
  | {
      readonly kind: 'etcd';
      readonly endpoints: readonly string[];
      readonly tls: JsonObject | undefined;
      readonly prefix: string | undefined;
    };

export interface DesiredNode {
  readonly name: string;
  readonly transport: TransportSpec;
  /** Raft group; the fleet's name where none is written. */
  readonly cluster: string;
  readonly labels: Labels;
  /** Sorted tenant names. */
  readonly tenants: readonly string[];
}

export type TransportSpec =
  /** `root` as written: relative to the fleet directory. */
  | { readonly kind: 'local'; readonly root: string }
  | { readonly kind: 'ssh'; readonly settings: JsonObject }
  | { readonly kind: 'agent'; readonly url: string };

export interface DesiredRollout {
  readonly name: string;
  readonly maxUnavailable: number;
  readonly maxMinorSkew: number;
  /** Label selectors; nodes that match none form the last group. Empty: one group. */
  readonly order: readonly string[];
  /** Label key over whose values the nodes of a stage are spread. */
  readonly spreadBy?: string;
  readonly health: { readonly timeoutMs: number };
  readonly onFailure: 'rollback' | 'pause';
  /** Never empty: without stages there is one of 100 %. */
  readonly stages: readonly DesiredStage[];
  /** Metric gates, schema-checked; acted on by the judge. */
  readonly gates: readonly JsonObject[];
}

export interface DesiredStage {
  readonly share:
    | { readonly kind: 'percentage'; readonly percentage: number }
    | { readonly kind: 'nodes'; readonly nodes: readonly string[] };
  readonly atLeast: number | undefined;
  readonly bakeMs: number;
  readonly bakeLimitMs: number | undefined;
  readonly promotion: 'gate' | 'approval' | 'both';
  readonly onInsufficient: 'pause' | 'rollback' | 'promote';
}

export interface DesiredTenant {
  readonly name: string;
  readonly priority: 'critical' | 'normal' | 'low';
  readonly windows: readonly JsonObject[];
  readonly blackouts: readonly JsonObject[];
  readonly policy: JsonObject;
}

export type ApprovalSubject =
  | { readonly kind: 'stage'; readonly stage: number }
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'emergency' };

export interface DesiredApproval {
  readonly name: string;
  /** The target digest it is bound to; void once that moves. */
  readonly target: Digest;
  readonly subject: ApprovalSubject;
  readonly by: string;
  readonly reason: string;
  readonly expiresAt: string | undefined;
}

/** `themis.lock.yaml`: what ranges resolved to. One pin a package, or one a package and platform. Sorted. */
export interface Lock {
  readonly packages: readonly LockedPackage[];
}

export interface LockedPackage {
  readonly package: string;
  readonly version: string;
  readonly manifestHash: Digest;
  readonly platform: string;
  readonly architecture: string;
}
