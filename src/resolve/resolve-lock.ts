/**
 * Version ranges to pins: for every package of the fleet and every platform the newest release that satisfies its
 * range. Deterministic, and never a withdrawn release. Pre-releases count only where the range names one.
 */
import semver from 'semver';
import { compareText, type Finding } from '../kernel/finding.ts';
import type { Desired, Lock, LockedPackage } from '../model/desired.ts';
import type { Catalogue, ReleaseManifest } from '../model/release.ts';

/** `lock` holds every pin that could be made; with an error among the findings it must not be written. */
export function resolveLock(
  desired: Pick<Desired, 'fleet' | 'sources'>,
  catalogue: Catalogue,
): { readonly lock: Lock; readonly findings: readonly Finding[] } {
  const yanked = new Set(catalogue.yanked);
  const findings: Finding[] = [];
  const chosen: ReleaseManifest[] = [];
  for (const [name, range] of sortedPackages(desired.fleet.packages)) {
    const releases = catalogue.releases.filter((release) => release.package === name);
    const fitting = releases.filter(
      (release) => semver.satisfies(release.version, range) && !yanked.has(release.manifestHash),
    );
    const picked = newestOfEachPlatform(fitting);
    chosen.push(...picked);
    if (picked.length === 0) findings.push(noRelease(desired, name, range, releases, yanked));
    else findings.push(...unevenPlatforms(desired, name, picked));
  }
  findings.push(...dependencyFindings(desired, chosen));
  return { lock: { packages: chosen.map(toPin).sort(comparePins) }, findings };
}

function sortedPackages(packages: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(packages).sort(([a], [b]) => compareText(a, b));
}

function newestOfEachPlatform(releases: readonly ReleaseManifest[]): readonly ReleaseManifest[] {
  const newest = new Map<string, ReleaseManifest>();
  for (const release of releases) {
    const key = platformOf(release);
    const known = newest.get(key);
    if (known === undefined || isNewer(release, known)) newest.set(key, release);
  }
  return [...newest.values()];
}

/** Builds of one version (`1.5.0+2`) go by counter, then by hash, so that the choice never depends on order. */
function isNewer(a: ReleaseManifest, b: ReleaseManifest): boolean {
  const order = semver.compareBuild(a.version, b.version) || a.counter - b.counter;
  return (order || compareText(a.manifestHash, b.manifestHash)) > 0;
}

function platformOf(release: Pick<ReleaseManifest, 'platform' | 'architecture'>): string {
  return `${release.platform}/${release.architecture}`;
}

function toPin(release: ReleaseManifest): LockedPackage {
  const { version, manifestHash, platform, architecture } = release;
  return { package: release.package, version, manifestHash, platform, architecture };
}

export function comparePins(a: LockedPackage, b: LockedPackage): number {
  return (
    compareText(a.package, b.package) ||
    compareText(a.platform, b.platform) ||
    compareText(a.architecture, b.architecture) ||
    compareText(a.manifestHash, b.manifestHash)
  );
}

function at(desired: Pick<Desired, 'sources'>, name: string): Pick<Finding, 'source'> {
  const source = desired.sources.get(`package/${name}`);
  return source === undefined ? {} : { source };
}

function noRelease(
  desired: Pick<Desired, 'sources'>,
  name: string,
  range: string,
  releases: readonly ReleaseManifest[],
  yanked: ReadonlySet<string>,
): Finding {
  const usable = releases.filter(({ manifestHash }) => !yanked.has(manifestHash));
  const versions = [...new Set(usable.map(({ version }) => version))].sort(semver.rcompare);
  const known = versions.length > 5 ? [...versions.slice(0, 5), `${versions.length - 5} older`] : versions;
  const withdrawn = releases.some((release) => semver.satisfies(release.version, range));
  const summary = withdrawn
    ? `Every release of ${name} that satisfies "${range}" was withdrawn.`
    : `No release of ${name} satisfies "${range}".`;
  const fix =
    known.length === 0
      ? `Publish a release of ${name}, or remove the package.`
      : `Releases are ${known.join(', ')}. Change the range, or publish one that satisfies it.`;
  return { severity: 'error', code: 'THM1307', summary, fix, ...at(desired, name) };
}

/** Nodes of two platforms would run two versions: legal while a port is late, but worth a word. */
function unevenPlatforms(
  desired: Pick<Desired, 'sources'>,
  name: string,
  picked: readonly ReleaseManifest[],
): readonly Finding[] {
  const versions = new Set(picked.map(({ version }) => version));
  if (versions.size === 1) return [];
  const list = [...picked].sort((a, b) => comparePins(toPin(a), toPin(b)));
  return [
    {
      severity: 'warning',
      code: 'THM1308',
      summary: `Platforms get different versions of ${name}: ${list.map((release) => `${platformOf(release)} ${release.version}`).join(', ')}.`,
      fix: 'Publish the missing builds, or narrow the range to a version that every platform has.',
      ...at(desired, name),
    },
  ];
}

/** Dependencies and conflicts between the packages that were chosen. */
function dependencyFindings(desired: Pick<Desired, 'sources'>, chosen: readonly ReleaseManifest[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const release of chosen) {
    for (const dependency of release.dependencies) {
      const others = chosen.filter((other) => other.package === dependency.package && mayMeet(release, other));
      if (others.length === 0 && !dependency.optional) {
        findings.push(missingDependency(desired, release, dependency.package, dependency.versionConstraint));
      }
      for (const other of others) {
        if (semver.satisfies(other.version, dependency.versionConstraint, { includePrerelease: true })) continue;
        findings.push(wrongDependency(desired, release, other, dependency.versionConstraint));
      }
      for (const name of dependency.conflicts) {
        if (chosen.some((other) => other.package === name && mayMeet(release, other))) {
          findings.push(conflict(desired, release, name));
        }
      }
    }
  }
  return [...new Map(findings.map((finding) => [finding.summary, finding])).values()];
}

/** Whether both could be installed on the same node. */
function mayMeet(a: ReleaseManifest, b: ReleaseManifest): boolean {
  return meets(a.platform, b.platform) && meets(a.architecture, b.architecture);
}

function meets(a: string, b: string): boolean {
  return a === b || a === 'any' || b === 'any';
}

function missingDependency(
  desired: Pick<Desired, 'sources'>,
  release: ReleaseManifest,
  name: string,
  range: string,
): Finding {
  return {
    severity: 'error',
    code: 'THM1309',
    summary: `${release.package} ${release.version} needs ${name} ${range}, which is no package of the Fleet.`,
    fix: `Add "${name}: '${range}'" to spec.packages.`,
    ...at(desired, release.package),
  };
}

function wrongDependency(
  desired: Pick<Desired, 'sources'>,
  release: ReleaseManifest,
  other: ReleaseManifest,
  range: string,
): Finding {
  return {
    severity: 'error',
    code: 'THM1309',
    summary: `${release.package} ${release.version} needs ${other.package} ${range}, but ${other.version} would be pinned.`,
    fix: `Narrow the range of ${other.package} or of ${release.package} in spec.packages.`,
    ...at(desired, other.package),
  };
}

function conflict(desired: Pick<Desired, 'sources'>, release: ReleaseManifest, name: string): Finding {
  return {
    severity: 'error',
    code: 'THM1310',
    summary: `${release.package} ${release.version} cannot be installed beside ${name}.`,
    fix: 'Remove one of the two from spec.packages, or choose another version.',
    ...at(desired, release.package),
  };
}
