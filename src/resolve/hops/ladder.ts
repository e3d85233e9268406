/**
 * The releases of one package between what a node has and what it is to get, and which of them one hop may lead from
 * and to. A hop never goes down, keeps the skew, is admitted by the release it leads to, raises the data schema by one
 * at most, and is not known to go wrong. Withdrawn releases are never passed through, pre-releases only on the way from
 * or to one.
 */
import semver from 'semver';
import type { KnownBadUpgrade } from '../../model/desired.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { admits, type UpgradeFacts, withinSkew } from '../minor-step.ts';
import { compareBuilds, suits } from '../platform.ts';
import { conflictsWith, isPreRelease } from '../version-match.ts';
import type { HopRequest } from './hop-request.ts';

export interface Rung extends UpgradeFacts {
  readonly installed: InstalledPackage;
  /** undefined: the releases no longer hold what is installed. */
  readonly manifest: ReleaseManifest | undefined;
}

export interface Ladder {
  readonly name: string;
  /** Ascending; the last is the target, the first what is installed where something is. */
  readonly rungs: readonly Rung[];
  readonly isInstalled: boolean;
  /** By rung: the rungs that one hop may lead to, itself included, ascending. */
  readonly next: readonly (readonly number[])[];
  /** Hops to the target when no other package counts; undefined: there is no way. */
  readonly shortest: number | undefined;
}

export function makeLadder(name: string, request: HopRequest): Ladder {
  const target = rungOf(request.target.get(name)!);
  const has = request.installed[name];
  if (has === undefined) return ladderOf(name, [...between(name, undefined, target, request), target], false, request);
  if (has.manifestHash === target.installed.manifestHash) return ladderOf(name, [target], true, request);
  const manifest = request.releasesOf(name).find(({ manifestHash }) => manifestHash === has.manifestHash);
  const start: Rung = {
    version: has.version,
    minUpgradeFrom: manifest?.minUpgradeFrom ?? null,
    installed: { version: has.version, manifestHash: has.manifestHash, dataSchemaVersion: has.dataSchemaVersion },
    manifest,
  };
  return ladderOf(name, [start, ...between(name, start, target, request), target], true, request);
}

function ladderOf(name: string, rungs: readonly Rung[], isInstalled: boolean, request: HopRequest): Ladder {
  const next = rungs.map((from, index) =>
    rungs.flatMap((to, other) =>
      other === index || (other > index && obstacle(name, from, to, request) === undefined) ? [other] : [],
    ),
  );
  return { name, rungs, isInstalled, next, shortest: isInstalled ? shortestWay(next) : 1 };
}

/** Breadth first from the first rung to the last. */
function shortestWay(next: Ladder['next']): number | undefined {
  const last = next.length - 1;
  if (last === 0) return 1;
  let frontier = new Set([0]);
  const seen = new Set(frontier);
  for (let hops = 1; frontier.size > 0; hops += 1) {
    const found = new Set([...frontier].flatMap((from) => next[from]!.filter((to) => !seen.has(to))));
    if (found.has(last)) return hops;
    for (const to of found) seen.add(to);
    frontier = found;
  }
  return undefined;
}

export function rungOf(manifest: ReleaseManifest): Rung {
  const { version, manifestHash, dataSchemaVersion, minUpgradeFrom } = manifest;
  return { version, minUpgradeFrom, installed: { version, manifestHash, dataSchemaVersion }, manifest };
}

/** What a hop may pass through, ascending: one build a version. */
function between(name: string, start: Rung | undefined, target: Rung, request: HopRequest): readonly Rung[] {
  const builds = buildsBetween(name, start, target, request).filter(
    (release) => passing(release, start, target, request) === undefined,
  );
  return [...new Map(builds.map((release) => [release.version, release])).values()].map(rungOf);
}

/** Builds for the node above `start` and below `target`, ascending. */
export function buildsBetween(
  name: string,
  start: Rung | undefined,
  target: Rung,
  request: HopRequest,
): readonly ReleaseManifest[] {
  return request
    .releasesOf(name)
    .filter((release) => suits(release, request) && semver.lt(release.version, target.version))
    .filter(({ version }) => start === undefined || semver.gt(version, start.version))
    .sort(compareBuilds);
}

/** Why no hop may end on a release; undefined: one may. */
export function passing(
  { version, manifestHash }: ReleaseManifest,
  start: Rung | undefined,
  target: Rung,
  { isYanked }: Pick<HopRequest, 'isYanked'>,
): string | undefined {
  if (isYanked(manifestHash)) return `${version} was withdrawn`;
  if (!isPreRelease(version) || isPreRelease(target.version)) return undefined;
  return start !== undefined && isPreRelease(start.version) ? undefined : `${version} is a pre-release`;
}

/** Why no hop leads from one release to a higher one, as the end of a sentence; undefined: one does. */
export function obstacle(
  name: string,
  from: Rung,
  to: Rung,
  { knownBad, maxMinorSkew }: Pick<HopRequest, 'knownBad' | 'maxMinorSkew'>,
): string | undefined {
  const known = knownBad.find((entry) => isKnownBad(entry, name, from.version, to.version));
  if (known !== undefined) return `going from ${from.version} to ${to.version} is known to go wrong (${known.reason})`;
  if (!admits(from.version, to)) return `${to.version} upgrades from ${to.minUpgradeFrom} or later`;
  const [before, after] = [from.installed.dataSchemaVersion, to.installed.dataSchemaVersion];
  if (after > before + 1) return `${to.version} writes data schema ${after}, ${from.version} writes ${before}`;
  if (withinSkew(from, to, maxMinorSkew)) return undefined;
  const limit = maxMinorSkew === 1 ? 'one minor version' : `${maxMinorSkew} minor versions`;
  return `${to.version} is more than ${limit} away from ${from.version}`;
}

function isKnownBad(entry: KnownBadUpgrade, name: string, from: string, to: string): boolean {
  return (
    entry.package === name &&
    conflictsWith({ package: name, range: entry.from }, from) &&
    conflictsWith({ package: name, range: entry.to }, to)
  );
}
