/**
 * Releases as they lie in a source. Field names and meaning are an interface (`release.json`, `index.json`,
 * `delta.json`); `manifestHash` is SHA-256 over the canonical JSON without itself, the signature covers the file's bytes.
 */
import type { Digest } from '../kernel/digest.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { IndexedDelta } from './delta.ts';

export interface ReleaseManifest {
  readonly schemaVersion: 1;
  readonly product: string;
  readonly package: string;
  readonly version: string;
  readonly tagName: string;
  readonly releaseNotes: string;
  /** RFC 3339 UTC. */
  readonly releaseDate: string;
  readonly isCritical: boolean;
  /** Grows with every release of a package; a node keeps a floor (anti-rollback). */
  readonly counter: number;
  /** No node accepts the release for the first time after this instant; null: never. */
  readonly expiresAt: string | null;
  readonly platform: Platform;
  readonly architecture: Architecture;
  /** Sorted by path. */
  readonly files: readonly ReleaseFile[];
  readonly dependencies: readonly ReleaseDependency[];
  readonly minUpgradeFrom: string | null;
  readonly dataSchemaVersion: number;
  readonly manifestHash: Digest;
  readonly build: { readonly commit: string | null; readonly date: string | null; readonly compiler: string | null };
  /** No two of one name for one database. */
  readonly probes?: readonly ReleaseProbe[];
}

/** A query that the release sends: it has to work on its Database before the release comes and while it runs. */
export interface ReleaseProbe {
  readonly name: string;
  /** Of the Database in the fleet directory. */
  readonly database: string;
  readonly sql: string;
}

export type Platform = 'linux' | 'macos' | 'windows' | 'any';
export type Architecture = 'x64' | 'arm64' | 'any';
export type ReleaseFileType = 'executable' | 'library' | 'config' | 'data';

export interface ReleaseFile {
  /** Relative to the install directory, `/`-separated; passes the path guard. */
  readonly path: string;
  readonly type: ReleaseFileType;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Four octal digits: `0755`. */
  readonly permissions: string;
  readonly platform?: Platform;
  readonly architecture?: Architecture;
  readonly url?: string;
  readonly metadata?: JsonObject;
}

export interface ReleaseDependency {
  readonly package: string;
  readonly versionConstraint: string;
  readonly optional: boolean;
  readonly conflicts: readonly string[];
}

export interface ReleaseIndex {
  readonly formatVersion: string;
  readonly product: string;
  /** Grows each time the index is made; a node keeps the highest it has seen of a product. */
  readonly counter: number;
  readonly generatedAt: string;
  /** Freshness: after this instant the index is stale. */
  readonly expiresAt: string;
  readonly entries: readonly ReleaseIndexEntry[];
  /** Ways from one of the releases to another with few bytes. */
  readonly deltas: readonly IndexedDelta[];
  /** Revocation lists beside the index, for nodes that have older ones. */
  readonly crls?: readonly IndexedList[];
}

export interface IndexedList {
  /** Relative to the index. */
  readonly url: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

export interface ReleaseIndexEntry {
  readonly package: string;
  readonly version: string;
  readonly platform: Platform;
  readonly architecture: Architecture;
  readonly manifestHash: Digest;
  /** Of `release.json`, relative to the index. */
  readonly url: string;
  readonly critical: boolean;
  readonly yanked?: boolean;
}

/** The release catalogue the planner sees: every manifest it may need, sorted by package, version and manifest hash. */
export interface Catalogue {
  readonly releases: readonly ReleaseManifest[];
  /** Manifest hashes that the index marks as withdrawn. */
  readonly yanked: readonly Digest[];
}

/** What an index offers that is newer than what a fleet pins. */
export interface PackageUpdates {
  readonly package: string;
  /** As the Fleet writes it; null for what only other packages need, so that nothing here says what fits. */
  readonly range: string | null;
  /** Lowest first; several where platforms have different ones; none without a lock. */
  readonly pinned: readonly string[];
  /** Of those, the ones that the index has withdrawn. */
  readonly withdrawn: readonly string[];
  /** Critical ones first, then the newest. Without a lock the newest alone. */
  readonly newer: readonly NewerRelease[];
  /** The same, outside the range. */
  readonly outside: readonly NewerRelease[];
}

export interface NewerRelease {
  readonly version: string;
  readonly critical: boolean;
  /** `linux/x64`, sorted. */
  readonly platforms: readonly string[];
}
