/**
 * Which releases of an index are newer than what a fleet pins, within what it asks for. Withdrawn ones are never offered.
 * Whether one can be taken, with all that it needs, is for `themis lock` to say, which reads the manifests. Pure.
 */
import gt from 'semver/functions/gt.js';
import rcompare from 'semver/functions/rcompare.js';
import { compareText } from '../kernel/finding.ts';
import type { Lock, LockedPackage } from '../model/desired.ts';
import type { NewerRelease, PackageUpdates, ReleaseIndexEntry } from '../model/release.ts';
import { satisfies } from './version-match.ts';

export interface UpdateQuestion {
  readonly packages: Readonly<Record<string, string>>;
  readonly lock: Lock | undefined;
  readonly entries: readonly ReleaseIndexEntry[];
  readonly criticalOnly: boolean;
}

/** One for each package that the Fleet lists or the lock pins, those with critical releases first, then by name. */
export function findUpdates({ packages, lock, entries, criticalOnly }: UpdateQuestion): PackageUpdates[] {
  const pins = Map.groupBy(lock?.packages ?? [], (pin) => pin.package);
  const offered = Map.groupBy(entries, (entry) => entry.package);
  const names = new Set([...Object.keys(packages), ...pins.keys()]);
  const updates = [...names].map((name) => {
    const range = Object.hasOwn(packages, name) ? packages[name]! : null;
    return updatesOf(name, range, pins.get(name) ?? [], offered.get(name) ?? [], criticalOnly);
  });
  const isUrgent = ({ newer }: PackageUpdates): boolean => newer.some(({ critical }) => critical);
  return updates.sort((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)) || compareText(a.package, b.package));
}

function updatesOf(
  name: string,
  range: string | null,
  pins: readonly LockedPackage[],
  entries: readonly ReleaseIndexEntry[],
  criticalOnly: boolean,
): PackageUpdates {
  const yanked = new Set(entries.filter((entry) => entry.yanked === true).map(({ manifestHash }) => manifestHash));
  const candidates = releasesOf(
    entries.filter((entry) => entry.yanked !== true && (pins.length === 0 || pins.some((pin) => replaces(entry, pin)))),
  ).filter(({ critical }) => critical || !criticalOnly);
  const fits = ({ version }: NewerRelease): boolean => range !== null && satisfies(version, range);
  const newer = candidates.filter(fits);
  const pinned = [...new Set(pins.map(({ version }) => version))].sort(rcompare).reverse();
  return {
    package: name,
    range,
    pinned,
    withdrawn: pins.filter(({ manifestHash }) => yanked.has(manifestHash)).map(({ version }) => version),
    newer: pins.length === 0 ? newestOf(newer) : newer,
    // Where nothing is pinned, what does not fit is nobody's next step.
    outside: pins.length === 0 ? [] : candidates.filter((each) => !fits(each)),
  };
}

/** A higher version for a machine that the pin is for. */
function replaces(entry: ReleaseIndexEntry, pin: LockedPackage): boolean {
  const meets = (offered: string, pinned: string): boolean =>
    offered === 'any' || pinned === 'any' || offered === pinned;
  return (
    meets(entry.platform, pin.platform) && meets(entry.architecture, pin.architecture) && gt(entry.version, pin.version)
  );
}

/** Platforms of one version together: it is critical where one of them is. */
function releasesOf(entries: readonly ReleaseIndexEntry[]): NewerRelease[] {
  return [...Map.groupBy(entries, ({ version }) => version)]
    .map(([version, same]) => ({
      version,
      critical: same.some(({ critical }) => critical),
      platforms: same.map(({ platform, architecture }) => `${platform}/${architecture}`).sort(compareText),
    }))
    .sort((a, b) => Number(b.critical) - Number(a.critical) || rcompare(a.version, b.version));
}

function newestOf(releases: readonly NewerRelease[]): readonly NewerRelease[] {
  return releases.toSorted((a, b) => rcompare(a.version, b.version)).slice(0, 1);
}
