import type { KnownBadUpgrade } from '../../model/desired.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { ReleaseManifest } from '../../model/release.ts';

/** What a node has, what it is to get, and the releases there are to go through. */
export interface HopRequest {
  readonly platform: string;
  readonly architecture: string;
  /** By package; those that the target does not name are left as they are. */
  readonly installed: Readonly<Record<string, InstalledPackage>>;
  /** By package: what the lock pins for the node. */
  readonly target: ReadonlyMap<string, ReleaseManifest>;
  /** Every release of a package, in any order. */
  releasesOf(name: string): readonly ReleaseManifest[];
  isYanked(manifestHash: string): boolean;
  readonly knownBad: readonly KnownBadUpgrade[];
  readonly maxMinorSkew: number;
}

/** What the node has of the target's packages after a hop; sorted by name. */
export interface HopSet {
  readonly packages: Readonly<Record<string, InstalledPackage>>;
}

export type Hops =
  /** Never empty; the last set is the target. One set: the way is straight. */
  | { readonly kind: 'hops'; readonly hops: readonly HopSet[] }
  | { readonly kind: 'none'; readonly because: string; readonly fix: string };
