/**
 * Version skew inside a cluster: while it is rolled over, every version that a member has now stands beside every
 * version that a member gets. If one such pair is too far apart, no version of the cluster moves, and the finding
 * names the path to take. Repairs move no version and stay.
 */
import semver from 'semver';
import type { InstalledPackage } from '../../model/observed.ts';
import { withinSkew } from '../../resolve/minor-step.ts';
import type { UpgradeFacts } from '../../resolve/minor-step.ts';
import { upgradePath } from '../../resolve/upgrade-path.ts';
import type { Notes } from '../findings/notes.ts';
import type { Targets } from '../target/target-sets.ts';
import type { Cluster, NodeWork } from './node-work.ts';

type Releases = Pick<Targets, 'manifestOf' | 'releasesOf'>;

export function refuseSkew(clusters: readonly Cluster[], targets: Releases, maxSkew: number, notes: Notes): void {
  const pairs = new Map<string, boolean>();
  const close = (name: string, a: InstalledPackage, b: InstalledPackage): boolean => {
    const key = `${name} ${a.manifestHash} ${b.manifestHash}`;
    let result = pairs.get(key);
    if (result === undefined) {
      result = withinSkew(facts(a, targets), facts(b, targets), maxSkew);
      pairs.set(key, result);
    }
    return result;
  };
  for (const cluster of clusters) {
    if (cluster.members.length < 2) continue;
    const arriving = arrivals(cluster);
    if (arriving.length === 0) continue;
    let refused = false;
    for (const [name, to] of arriving) {
      for (const work of cluster.members) {
        if (work.observed?.reachable !== true) continue;
        const now = work.observed.packages[name];
        if (now === undefined || close(name, now, to)) continue;
        refused = true;
        noteSkew(cluster, work, name, now, to, { targets, maxSkew, notes });
      }
    }
    if (refused) dropChanges(cluster);
  }
}

/** Every package state that some member in scope is to get, each once. */
function arrivals(cluster: Cluster): readonly (readonly [string, InstalledPackage])[] {
  const found = new Map<string, readonly [string, InstalledPackage]>();
  const seen = new Set<unknown>();
  for (const { change, inScope } of cluster.members) {
    if (change === undefined || !inScope || seen.has(change.shape)) continue;
    seen.add(change.shape);
    for (const [name, to] of Object.entries(change.shape.after.packages)) {
      if (change.shape.before.packages[name]?.manifestHash !== to.manifestHash)
        found.set(`${name} ${to.manifestHash}`, [name, to]);
    }
  }
  return [...found.values()];
}

function dropChanges(cluster: Cluster): void {
  for (const work of cluster.members) {
    if (work.change === undefined || work.change.shape.kind === 'node-repair') continue;
    work.change = undefined;
    work.refused = true;
  }
}

function noteSkew(
  cluster: Cluster,
  work: NodeWork,
  name: string,
  now: InstalledPackage,
  to: InstalledPackage,
  { targets, maxSkew, notes }: { targets: Releases; maxSkew: number; notes: Notes },
): void {
  const limit = maxSkew === 1 ? 'one minor version' : `${maxSkew} minor versions`;
  notes.gather('skewExceeded', `${name} ${now.version} ${to.version}`, work.node.name, (names, count) => ({
    summary: `${name} ${to.version} may not run beside ${now.version} (on ${names}): versions in a cluster may differ by ${limit} at most.`,
    fix: pathAdvice(name, now, to, targets, maxSkew),
    address: count === 1 && cluster.members.length === 1 ? `node/${work.node.name}` : `package/${name}`,
  }));
}

function pathAdvice(
  name: string,
  now: InstalledPackage,
  to: InstalledPackage,
  targets: Releases,
  maxSkew: number,
): string {
  const [low, high] = semver.lt(now.version, to.version) ? [now, to] : [to, now];
  const path = upgradePath(targets.releasesOf(name), facts(low, targets), facts(high, targets), maxSkew);
  if (path === undefined) {
    return `The releases offer no path between ${now.version} and ${to.version}: publish the minor versions in between.`;
  }
  const way = [low.version, ...path];
  if (low !== now) way.reverse();
  return `Take the path ${way.join(' → ')}, one version at a time.`;
}

function facts(installed: InstalledPackage, targets: Releases): UpgradeFacts {
  return {
    version: installed.version,
    minUpgradeFrom: targets.manifestOf(installed.manifestHash)?.minUpgradeFrom ?? null,
  };
}
