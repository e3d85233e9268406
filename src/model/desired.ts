/**
 * Desired state, normalised: what a fleet directory says, independent of files, order, spelling of durations
 * and comments. Lists are sorted by name, so equal meaning gives equal digests. Durations are milliseconds,
 * sizes bytes, instants RFC 3339 UTC. Where a thing was written is kept beside it in `sources`, outside every digest.
 */
import type { Digest } from '../kernel/digest.ts';
import type { SourceSpan } from '../kernel/finding.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Labels } from '../kernel/selector.ts';
import type { Operation } from './documents.ts';

export interface Desired {
  readonly fleet: DesiredFleet;
  /** The Rollout the Fleet names, or the defaults. Never undefined: every fleet has a way to roll out. */
  readonly rollout: DesiredRollout;
  /** Undefined when no `themis.lock.yaml` exists yet. */
  readonly lock: Lock | undefined;
  readonly tenants: readonly DesiredTenant[];
  readonly approvals: readonly DesiredApproval[];
  readonly databases: readonly DesiredDatabase[];
  readonly migrations: readonly DesiredMigration[];
  /**
   * Kinds that later rooms act on: carried whole (schema-checked), sorted by name, in one spelling: durations
   * `3600000ms`, sizes `1048576B`, instants in UTC, lists without order sorted.
   */
  readonly verifications: readonly NamedDocument[];
  readonly notifications: readonly NamedDocument[];
  readonly updatePolicies: readonly NamedDocument[];
  /** Rollouts that the Fleet does not name: still part of what was reviewed. */
  readonly otherRollouts: readonly DesiredRollout[];
  /** Address (`fleet`, `node/node-a`, `package/themisdb`, `rollout/progressive`, `stage/2`, `migration/add-phone`, its second operation `migration/add-phone/2`) to its place. */
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
  readonly metrics: MetricsSpec;
  /** Ways from one release to another that nobody may take; sorted. */
  readonly knownBad: readonly KnownBadUpgrade[];
  readonly nodes: readonly DesiredNode[];
}

export type ReleaseSourceSpec =
  | { readonly kind: 'directory'; readonly directory: string }
  | ({ readonly kind: 'http'; readonly url: string } & FetchSettings)
  | ({
      readonly kind: 'github';
      readonly owner: string;
      readonly repo: string;
      readonly apiUrl: string | undefined;
    } & FetchSettings);

/** Of the machine where the fleet's commands run; nodes have their own. */
export interface FetchSettings {
  /** File in PEM; relative ones start at the fleet directory. */
  readonly ca: string | undefined;
  readonly tokenFrom: SecretRef | undefined;
}

export type CoordinationSpec =
  | { readonly kind: 'sqlite' }
  | {
      readonly kind: 'etcd';
      readonly endpoints: readonly string[];
      readonly tls: JsonObject | undefined;
      readonly prefix: string | undefined;
    };

/** A step between two releases of a package that is known to go wrong. Versions or ranges. */
export interface KnownBadUpgrade {
  readonly package: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Where gates find their samples, and what the fleet's database calls its series. */
export interface MetricsSpec {
  readonly provider: MetricsProvider;
  readonly signals: SignalNames;
}

export type MetricsProvider =
  /** The `/metrics` endpoint of every node, as its `node.yaml` says; the default. */
  | { readonly kind: 'nodes' }
  | {
      readonly kind: 'prometheus';
      readonly url: string;
      readonly tokenFrom: SecretRef | undefined;
      /** Label that holds the name of the node. */
      readonly nodeLabel: string;
    }
  /** Relative to the fleet directory. */
  | { readonly kind: 'file'; readonly path: string };

/** Where a secret stands; resolved where it is used, never in a plan, journal or log. */
export type SecretRef = { readonly env: string } | { readonly file: string };

/** Series selectors in Prometheus notation, `name{label="value"}`, without the node's label. */
export interface SignalNames {
  /** Counters. */
  readonly requests: string;
  readonly failedRequests: string;
  readonly transactions: string;
  readonly failedTransactions: string;
  /** Histogram in seconds, named without `_bucket`. */
  readonly duration: string;
  /** Gauges in bytes. */
  readonly memory: string;
  readonly memoryLimit: string;
  /** Counter of CPU seconds, and gauge of how many CPUs there are. */
  readonly cpu: string;
  readonly cpus: string;
  /** Counter of bytes read and written. */
  readonly diskIo: string;
}

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
  readonly health: {
    readonly timeoutMs: number;
    /** A member that lags more than this behind its leader is no full member: nothing else of its cluster is touched. */
    readonly maxReplicationLagMs: number;
  };
  readonly onFailure: 'rollback' | 'pause';
  /** Never empty: without stages there is one of 100 %. */
  readonly stages: readonly DesiredStage[];
  /** In the order written. */
  readonly gates: readonly DesiredGate[];
}

export type GateMetric =
  | 'errorRate'
  | 'transactionFailureRate'
  | 'latencyP50'
  | 'latencyP95'
  | 'latencyP99'
  | 'memory'
  | 'cpu'
  | 'diskIo'
  | 'custom';

/**
 * A limit on a metric. `max` and `min` are in `unit`: rates and shares from 0 to 1, milliseconds, bytes, bytes per
 * second, or the number a custom query gives. Absent members are null, so that a gate in a plan file has one spelling.
 */
export interface DesiredGate {
  /** As written, else the metric; with `-2`, `-3` where it occurs again. */
  readonly name: string;
  readonly metric: GateMetric;
  readonly unit: 'share' | 'ms' | 'bytes' | 'bytesPerSecond' | 'number';
  readonly max: number | null;
  readonly min: number | null;
  /** Where its samples come from, when not from the metrics of the Fleet. */
  readonly provider: 'prometheus' | 'nodes' | 'file' | null;
  readonly query: string | null;
  /** Share by which new nodes may be worse than concurrent old ones of the same role; null: not compared. */
  readonly worseBy: number | null;
  readonly minSamples: number;
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
  /** Empty: always open. */
  readonly windows: readonly DesiredWindow[];
  readonly blackouts: readonly DesiredBlackout[];
  readonly policy: TenantPolicy;
}

export type Weekday = 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday';

/** Opens on each of its days at `from`, closes at `to`; a `to` that is not after `from` is on the next day. */
export interface DesiredWindow {
  /** From Monday on; never empty. */
  readonly days: readonly Weekday[];
  /** Wall-clock `HH:MM`. */
  readonly from: string;
  /** Wall-clock `HH:MM`; `24:00` is the end of the day. */
  readonly to: string;
  /** IANA time zone. */
  readonly timezone: string;
}

/** Days are whole, both included; instants run from the first to just before the last. */
export interface DesiredBlackout {
  /** `2026-12-20`, or RFC 3339 UTC. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
  readonly reason: string | undefined;
}

export interface TenantPolicy {
  /** False: an update waits for consent. */
  readonly autoUpdate: boolean;
  /** Critical releases pass `autoUpdate: false` and consent. */
  readonly criticalAutoUpdate: boolean;
  readonly noticeLeadTimeMs: number;
  readonly consent: 'required' | 'none';
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

/** A database whose schema belongs to the fleet. */
export interface DesiredDatabase {
  readonly name: string;
  readonly place:
    | { readonly kind: 'postgresql'; readonly urlFrom: SecretRef }
    /** `directory` as written: relative to the fleet directory. */
    | { readonly kind: 'pglite'; readonly directory: string };
  readonly lockTimeoutMs: number;
  /** Of one statement that is neither a copy nor an index build. */
  readonly statementTimeoutMs: number;
  readonly connections: number;
}

/** Package to version or SemVer range. */
export type ReleaseRanges = Readonly<Record<string, string>>;

export interface DesiredMigration {
  readonly name: string;
  readonly database: string;
  /** After it. */
  readonly schemaVersion: number;
  /** A node has the release when it has all of these packages in these ranges; null: it waits for no release. */
  readonly release: ReleaseRanges | null;
  /** Sorted. */
  readonly dependsOn: readonly string[];
  readonly onFailure: 'rollback' | 'pause';
  /** In order, as documents have them, durations spelled `3600000ms`. */
  readonly operations: readonly Operation[];
  /** Of the operations: what the database keeps of them. */
  readonly digest: Digest;
  readonly probes: readonly DesiredProbe[];
  readonly throttle: { readonly maxWriterP99Ms: number; readonly maxReplicationLagMs: number };
}

/** A query that has to work before, during and after; `release`: of those that send it, null: all. */
export interface DesiredProbe {
  readonly name: string;
  readonly sql: string;
  readonly release: ReleaseRanges | null;
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
