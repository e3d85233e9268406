/**
 * Through which releases a node reaches what it should run: nothing in between in most cases, else whole sets of
 * packages, each one switch. Asked for once for all nodes that have the same packages and should run the same.
 */
import type { Digest } from '../../kernel/digest.ts';
import { topologicalOrder } from '../../kernel/graph.ts';
import type { KnownBadUpgrade } from '../../model/desired.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import { planHops } from '../../resolve/hops/plan-hops.ts';
import type { Packages } from '../change/node-state.ts';
import type { TargetPackage, Targets, TargetSet } from '../target/target-sets.ts';

export type HopPath =
  /** What each hop before the last puts on the node, in dependency order; empty: the target is one switch away. */
  | { readonly kind: 'path'; readonly hops: readonly (readonly TargetPackage[])[] }
  | { readonly kind: 'none'; readonly because: string; readonly fix: string };

export type HopPaths = (set: TargetSet, installed: Packages, targets: Targets) => HopPath;

export function createHopPaths(knownBad: readonly KnownBadUpgrade[], maxMinorSkew: number): HopPaths {
  return (set, installed, targets) => {
    const { platform, architecture } = set;
    const found = planHops({
      platform,
      architecture,
      installed,
      target: new Map(set.packages.map(({ name, manifest }) => [name, manifest])),
      releasesOf: (name) => targets.releasesOf(name),
      isYanked: (hash) => targets.isYanked(hash as Digest),
      knownBad,
      maxMinorSkew,
    });
    if (found.kind === 'none') return found;
    let before: Packages = installed;
    const hops = found.hops.slice(0, -1).map(({ packages }) => {
      const arriving = arrivals(before, packages, targets);
      before = { ...before, ...packages };
      return arriving;
    });
    return { kind: 'path', hops };
  };
}

function arrivals(before: Packages, after: Packages, targets: Targets): readonly TargetPackage[] {
  const arriving = new Map<string, TargetPackage>();
  for (const [name, installed] of Object.entries(after) as [string, InstalledPackage][]) {
    if (before[name]?.manifestHash === installed.manifestHash) continue;
    const manifest = targets.manifestOf(installed.manifestHash);
    if (manifest !== undefined) arriving.set(name, { name, manifest, installed });
  }
  const needs = new Map([...arriving].map(([name, one]) => [name, one.manifest.dependencies.map((on) => on.package)]));
  const ordered = topologicalOrder(needs);
  return 'order' in ordered ? ordered.order.map((name) => arriving.get(name)!) : [...arriving.values()];
}
