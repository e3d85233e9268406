/**
 * How one release of a package becomes another with few bytes: `delta.json`, signed like a manifest. Field names are an
 * interface. Files whose content does not change are not named; one that is not named and not in the base is fetched whole.
 */
import type { Digest } from '../kernel/digest.ts';
import type { Architecture, Platform } from './release.ts';

/** Those that this Themis makes and applies; a later one may name more. */
export const deltaAlgorithms = ['BSDIFF', 'VCDIFF', 'XDELTA3', 'ZSTD_DICT', 'REFMIX'] as const;
export type DeltaAlgorithm = (typeof deltaAlgorithms)[number];

export interface ReleaseDelta {
  readonly formatVersion: string;
  readonly product: string;
  readonly package: string;
  readonly platform: Platform;
  readonly architecture: Architecture;
  /** Versions. */
  readonly from: string;
  readonly to: string;
  readonly fromManifestHash: Digest;
  readonly toManifestHash: Digest;
  /** Sorted by path. */
  readonly files: readonly DeltaFile[];
}

export interface DeltaFile {
  /** In the target release. */
  readonly path: string;
  /** Where the base lies in the release it comes from; absent: at the same path. */
  readonly basePath?: string;
  /** SHA-256, 64 lower-case hex digits, as in manifests. */
  readonly baseHash: string;
  readonly targetHash: string;
  /** Relative to `delta.json`. */
  readonly patchUrl: string;
  readonly patchHash: string;
  /** Bytes. */
  readonly patchSize: number;
  readonly targetSize: number;
  /** Upper-case letters, digits and underscores. Of one that this Themis has not, the file comes whole. */
  readonly algorithm: string;
}

/** What an index says of a delta: enough to choose a way before any `delta.json` is read. */
export interface IndexedDelta {
  readonly package: string;
  readonly platform: Platform;
  readonly architecture: Architecture;
  readonly from: Digest;
  readonly to: Digest;
  /** Of `delta.json`, relative to the index. */
  readonly url: string;
  /** Of `delta.json`, 64 lower-case hex digits. */
  readonly sha256: string;
  /** All patches together. */
  readonly patchBytes: number;
}
