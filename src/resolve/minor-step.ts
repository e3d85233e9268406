/**
 * How far apart two versions of a package may be while both run in one cluster. Within a major: at most `maxSkew`
 * minors. A new major counts as one step only as X+1.0.*, and only from a version that its `minUpgradeFrom` admits.
 */
import semver from 'semver';

/** What upgrade rules ask of a release. */
export interface UpgradeFacts {
  readonly version: string;
  readonly minUpgradeFrom: string | null;
}

export function withinSkew(a: UpgradeFacts, b: UpgradeFacts, maxSkew: number): boolean {
  const [older, newer] = semver.compare(a.version, b.version) <= 0 ? [a, b] : [b, a];
  const from = semver.parse(older.version);
  const to = semver.parse(newer.version);
  if (from === null || to === null) return false;
  if (from.major === to.major) return to.minor - from.minor <= maxSkew;
  if (maxSkew < 1 || to.major !== from.major + 1 || to.minor !== 0) return false;
  return newer.minUpgradeFrom !== null && semver.compare(older.version, newer.minUpgradeFrom) >= 0;
}

/** Whether a node may go straight from one release to the other. */
export function admits(from: string, to: UpgradeFacts): boolean {
  return to.minUpgradeFrom === null || semver.compare(from, to.minUpgradeFrom) >= 0;
}
