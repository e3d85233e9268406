/**
 * The shortest way from one version of a package to another through the releases there are: every hop keeps the skew
 * and is admitted by the release it leads to. Of equally short ways the one through the highest versions. Breadth
 * first over at most the releases of one package; deterministic, and no opinion on whether the way should be taken.
 */
import semver from 'semver';
import type { UpgradeFacts } from './minor-step.ts';
import { admits, withinSkew } from './minor-step.ts';

/** Versions after `from`, ending with `to`; undefined when the releases at hand offer no way. */
export function upgradePath(
  releases: readonly UpgradeFacts[],
  from: UpgradeFacts,
  to: UpgradeFacts,
  maxSkew: number,
): readonly string[] | undefined {
  const candidates = [...new Map(releases.map((release) => [release.version, release])).values()]
    .filter(({ version }) => semver.gt(version, from.version) && semver.lt(version, to.version))
    .filter(({ version }) => semver.prerelease(version) === null)
    .sort((a, b) => semver.rcompare(a.version, b.version));
  candidates.unshift(to);
  const cameFrom = new Map<string, UpgradeFacts>();
  let frontier = [from];
  while (frontier.length > 0) {
    const next: UpgradeFacts[] = [];
    for (const here of frontier) {
      for (const there of candidates) {
        if (cameFrom.has(there.version) || semver.lte(there.version, here.version)) continue;
        if (!withinSkew(here, there, maxSkew) || !admits(here.version, there)) continue;
        cameFrom.set(there.version, here);
        if (there.version === to.version) return walkBack(cameFrom, from.version, to.version);
        next.push(there);
      }
    }
    frontier = next.sort((a, b) => semver.rcompare(a.version, b.version));
  }
  return undefined;
}

function walkBack(cameFrom: ReadonlyMap<string, UpgradeFacts>, from: string, to: string): string[] {
  const path: string[] = [];
  for (let at = to; at !== from; at = cameFrom.get(at)!.version) path.unshift(at);
  return path;
}
