/** The releases that a package may be resolved to on a platform, ascending by version: of several builds the best. */
import semver, { type SemVer } from 'semver';
import { compareText } from '../../kernel/finding.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { compareBuilds } from '../platform.ts';

export interface Candidate {
  readonly version: string;
  readonly parsed: SemVer;
  /** What would be pinned: one build, or one for each of several platforms. */
  readonly builds: readonly ReleaseManifest[];
  /** Withdrawn, and neither pinned nor installed by now. */
  readonly isWithdrawn: boolean;
}

/** A release that is pinned or installed by now, which stays while nothing forces a change. */
export interface PresentRelease {
  readonly version: string;
  readonly manifestHash: string;
}

/** What releases are judged by: those present by package, best first, and the hashes of those withdrawn. */
export interface Standing {
  readonly present: ReadonlyMap<string, readonly PresentRelease[]>;
  readonly yanked: ReadonlySet<string>;
}

/** The best of the builds of each version: not withdrawn, present, most exact, with the highest counter. */
export function bestBuilds(
  name: string,
  builds: readonly ReleaseManifest[],
  { present, yanked }: Standing,
): ReadonlyMap<string, ReleaseManifest> {
  const hashes = new Set(present.get(name)?.map(({ manifestHash }) => manifestHash));
  const rank = (build: ReleaseManifest): number =>
    Number(!yanked.has(build.manifestHash)) * 2 + Number(hashes.has(build.manifestHash));
  const best = new Map<string, ReleaseManifest>();
  for (const build of builds) {
    const known = best.get(build.version);
    if (known === undefined || (rank(build) - rank(known) || compareBuilds(build, known)) > 0)
      best.set(build.version, build);
  }
  return best;
}

/** What is no version is left out. */
export function makeCandidates(
  name: string,
  versions: Iterable<readonly [version: string, builds: readonly ReleaseManifest[]]>,
  { present, yanked }: Standing,
): readonly Candidate[] {
  const hashes = new Set(present.get(name)?.map(({ manifestHash }) => manifestHash));
  const candidates: Candidate[] = [];
  for (const [version, builds] of versions) {
    const parsed = parseVersion(version);
    if (parsed === null) continue;
    const isWithdrawn = builds.some(({ manifestHash }) => yanked.has(manifestHash) && !hashes.has(manifestHash));
    candidates.push({ version, parsed, builds, isWithdrawn });
  }
  return candidates.sort(
    (a, b) => a.parsed.compare(b.parsed) || a.parsed.compareBuild(b.parsed) || compareText(a.version, b.version),
  );
}

/** Packages of a fleet have many version numbers in common. */
const parsedVersions = new Map<string, SemVer | null>();
const parsedLimit = 10_000;

function parseVersion(version: string): SemVer | null {
  let parsed = parsedVersions.get(version);
  if (parsed === undefined) {
    parsed = semver.parse(version);
    if (parsedVersions.size < parsedLimit) parsedVersions.set(version, parsed);
  }
  return parsed;
}

/** Indexes, best first: what is present, then newest first, last what is present but withdrawn. */
export function preferenceOf(
  name: string,
  candidates: readonly Candidate[],
  { present, yanked }: Standing,
): readonly number[] {
  const newest = [...candidates.keys()].reverse();
  const kept = new Set<number>();
  const last = new Set<number>();
  for (const { version } of present.get(name) ?? []) {
    const index = candidates.findIndex((candidate) => candidate.version === version);
    if (index === -1) continue;
    const isBad = candidates[index]!.builds.some(({ manifestHash }) => yanked.has(manifestHash));
    (isBad ? last : kept).add(index);
  }
  return [...kept, ...newest.filter((index) => !kept.has(index) && !last.has(index)), ...last];
}
