/** What ranges and conflicts of a manifest mean, in one place. */
import semver from 'semver';

/** As node-semver: a pre-release counts only where the range names one of the same version. */
export function satisfies(version: string, range: string): boolean {
  return version === range || semver.satisfies(version, range);
}

/** Whether some version is in both ranges. */
export function overlaps(range: string, other: string): boolean {
  return range === other || semver.intersects(range, other, { includePrerelease: true });
}

/** Whether every version of a range is in the other. */
export function isWithin(range: string, other: string): boolean {
  return range === other || semver.subset(range, other, { includePrerelease: true });
}

/** The lowest version that a valid range admits. */
export function lowestOf(range: string): string {
  return semver.minVersion(range)!.version;
}

/** A package that a release cannot be beside: `legacy`, `legacy@<3`, `legacy <3`. */
export interface Conflict {
  readonly package: string;
  /** undefined: whatever its version. */
  readonly range: string | undefined;
}

export function parseConflict(text: string): Conflict {
  const [, name = '', range] = /^(\S+?)(?:[@ ]\s*(.+))?$/u.exec(text.trim()) ?? [];
  return { package: name, range: range === undefined || range === '*' ? undefined : range };
}

/** Pre-releases count: what is known to break beside 2.x breaks beside its candidates too. */
export function conflictsWith(conflict: Conflict, version: string): boolean {
  if (conflict.range === undefined) return true;
  return version === conflict.range || semver.satisfies(version, conflict.range, { includePrerelease: true });
}

/** `1.5.0-rc.1` and the like. */
export function isPreRelease(version: string): boolean {
  return semver.prerelease(version) !== null;
}
