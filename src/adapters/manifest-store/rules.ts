/** What both stores answer alike: order, which release is the latest, which places a file takes. Pure. */
import compareVersions from 'semver/functions/compare.js';
import prerelease from 'semver/functions/prerelease.js';
import { compareText } from '../../kernel/finding.ts';
import { joinReleasePath } from '../../model/release-format/layout.ts';
import type { ReleaseFile } from '../../model/release.ts';
import type { ReleaseIdentity, ReleaseMachine } from '../../ports/manifest-store.ts';

/** How many verdicts a store keeps; older ones are dropped when a new one comes. */
export const keptSignatures = 10_000;

export interface PlacedIdentity extends ReleaseIdentity {
  readonly directory: string;
}

export function compareReleases(a: PlacedIdentity, b: PlacedIdentity): number {
  return (
    compareText(a.package, b.package) ||
    compareVersions(a.version, b.version) ||
    compareText(a.platform, b.platform) ||
    compareText(a.architecture, b.architecture) ||
    compareText(a.directory, b.directory)
  );
}

/** Lowest first, each once. */
export function sortedVersions(versions: Iterable<string>): string[] {
  return [...new Set(versions)].sort(compareVersions);
}

/** Among releases of one package. */
export function latestOf<T extends PlacedIdentity>(
  releases: readonly T[],
  machine: ReleaseMachine | undefined,
): T | undefined {
  const fitting = machine === undefined ? releases : releases.filter((release) => fits(release, machine));
  const sorted = fitting.toSorted(compareReleases);
  return sorted.findLast(({ version }) => prerelease(version) === null) ?? sorted.at(-1);
}

function fits(release: ReleaseMachine, machine: ReleaseMachine): boolean {
  return (['platform', 'architecture'] as const).every(
    (field) => release[field] === 'any' || machine[field] === 'any' || release[field] === machine[field],
  );
}

/** Where a file lies, and where else its `url` says it lies; relative to the directory of releases. */
export function placesOf(directory: string, { path, url }: ReleaseFile): { own: string; other: string | null } {
  const isRelative = url !== undefined && !/^[a-z][a-z0-9+.-]*:/iu.test(url);
  return { own: joinReleasePath(directory, path), other: isRelative ? url : null };
}
