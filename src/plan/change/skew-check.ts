/**
 * Version skew inside a cluster: while it is rolled over, every version that a member has at a hop stands beside every
 * version that a member gets in it. If one such pair is too far apart, no version of the cluster moves, and the finding
 * names the path to take. Repairs move no version and stay.
 */
import semver from 'semver';
import type { InstalledPackage } from '../../model/observed.ts';
import { withinSkew } from '../../resolve/minor-step.ts';
import type { UpgradeFacts } from '../../resolve/minor-step.ts';
import { upgradePath } from '../../resolve/upgrade-path.ts';
import type { Notes } from '../findings/notes.ts';
import type { Targets } from '../target/target-sets.ts';
import type { ChangeShape } from './change-shape.ts';
import type { NodeChange, NodeLeg } from './node-change.ts';
import type { NodeState, NodeStates } from './node-state.ts';
import type { Cluster, NodeWork } from './node-work.ts';

type Releases = Pick<Targets, 'manifestOf' | 'releasesOf'>;

export interface SkewContext {
  readonly targets: Releases;
  readonly states: NodeStates;
  readonly maxSkew: number;
  /** What a node does in each hop, the last one last. */
  readonly hops: readonly ((change: NodeChange) => NodeLeg | undefined)[];
}

/** A version that arrives and one that it may not stand beside. */
interface Conflict {
  readonly name: string;
  readonly now: InstalledPackage;
  readonly to: InstalledPackage;
}

export function refuseSkew(clusters: readonly Cluster[], context: SkewContext, notes: Notes): void {
  const conflictsOf = rememberConflicts(context);
  for (const cluster of clusters) {
    if (cluster.members.length < 2) continue;
    let refused = false;
    const states = new Map<NodeWork, NodeState>();
    for (const work of cluster.members) {
      if (work.observed?.reachable === true) states.set(work, context.states.of(work.observed.packages));
    }
    for (const legOf of context.hops) {
      const arriving = arrivals(cluster, legOf);
      for (const shape of arriving) {
        for (const [work, state] of states) {
          for (const conflict of conflictsOf(state, shape)) {
            refused = true;
            noteSkew(cluster, work, conflict, context, notes);
          }
        }
      }
      for (const { work, leg } of moves(cluster, legOf)) if (states.has(work)) states.set(work, leg.shape.after);
    }
    if (refused) dropChanges(cluster);
  }
}

type LegOf = (change: NodeChange) => NodeLeg | undefined;

function* moves({ members }: Cluster, legOf: LegOf): Generator<{ work: NodeWork; leg: NodeLeg }> {
  for (const work of members) {
    if (work.change === undefined || !work.inScope) continue;
    const leg = legOf(work.change);
    if (leg !== undefined) yield { work, leg };
  }
}

function arrivals(cluster: Cluster, legOf: LegOf): ReadonlySet<ChangeShape> {
  const shapes = new Set<ChangeShape>();
  for (const { leg } of moves(cluster, legOf)) shapes.add(leg.shape);
  return shapes;
}

/** Which arrivals of a switch are too far from what a member has. Few states meet few switches, in many clusters. */
function rememberConflicts({ targets, maxSkew }: SkewContext): (state: NodeState, shape: ChangeShape) => Conflict[] {
  const known = new Map<NodeState, Map<ChangeShape, Conflict[]>>();
  return (state, shape) => {
    let byShape = known.get(state);
    if (byShape === undefined) known.set(state, (byShape = new Map<ChangeShape, Conflict[]>()));
    let conflicts = byShape.get(shape);
    if (conflicts === undefined) {
      conflicts = Object.entries(shape.after.packages).flatMap(([name, to]): Conflict[] => {
        const now = state.packages[name];
        if (now === undefined || shape.before.packages[name]?.manifestHash === to.manifestHash) return [];
        return withinSkew(facts(now, targets), facts(to, targets), maxSkew) ? [] : [{ name, now, to }];
      });
      byShape.set(shape, conflicts);
    }
    return conflicts;
  };
}

function dropChanges(cluster: Cluster): void {
  for (const work of cluster.members) {
    if (work.change === undefined || work.change.legs[0].shape.kind === 'node-repair') continue;
    work.change = undefined;
    work.refused = true;
  }
}

function noteSkew(
  cluster: Cluster,
  work: NodeWork,
  { name, now, to }: Conflict,
  { targets, maxSkew }: SkewContext,
  notes: Notes,
): void {
  const limit = maxSkew === 1 ? 'one minor version' : `${maxSkew} minor versions`;
  notes.gather('skewExceeded', `${name} ${now.version} ${to.version}`, work.node.name, (names, count) => ({
    summary: `${name} ${to.version} may not run beside ${now.version} (on ${names}): versions in a cluster may differ by ${limit} at most.`,
    fix: pathAdvice({ name, now, to }, targets, maxSkew),
    address: count === 1 && cluster.members.length === 1 ? `node/${work.node.name}` : `package/${name}`,
  }));
}

function pathAdvice({ name, now, to }: Conflict, targets: Releases, maxSkew: number): string {
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
