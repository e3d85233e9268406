/**
 * Version skew inside a cluster: while it is rolled over, every version that a member has at a hop stands beside every
 * version that a member gets in it. If one such pair is too far apart, no version of the cluster moves, and the finding
 * names the path to take. Repairs move no version and stay.
 */
import semver from 'semver';
import type { Digest } from '../../kernel/digest.ts';
import type { KnownBadUpgrade } from '../../model/desired.ts';
import type { InstalledPackage, ReachableNode } from '../../model/observed.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { planHops } from '../../resolve/hops/plan-hops.ts';
import { withinSkew } from '../../resolve/minor-step.ts';
import type { UpgradeFacts } from '../../resolve/minor-step.ts';
import type { Notes } from '../findings/notes.ts';
import type { Targets } from '../target/target-sets.ts';
import type { ChangeShape } from './change-shape.ts';
import type { NodeChange, NodeLeg } from './node-change.ts';
import type { NodeState, NodeStates } from './node-state.ts';
import type { Cluster, NodeWork } from './node-work.ts';

type Releases = Pick<Targets, 'manifestOf' | 'releasesOf' | 'isYanked'>;

export interface SkewContext {
  readonly targets: Releases;
  readonly states: NodeStates;
  readonly maxSkew: number;
  readonly knownBad: readonly KnownBadUpgrade[];
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
        for (const [{ observed }, state] of states) {
          if (observed?.reachable !== true) continue;
          for (const conflict of conflictsOf(state, shape)) {
            refused = true;
            noteSkew(cluster, observed, conflict, context, notes);
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
  node: ReachableNode,
  { name, now, to }: Conflict,
  context: SkewContext,
  notes: Notes,
): void {
  const { maxSkew } = context;
  const limit = maxSkew === 1 ? 'one minor version' : `${maxSkew} minor versions`;
  notes.gather('skewExceeded', `${name} ${now.version} ${to.version}`, node.name, (names, count) => ({
    summary: `${name} ${to.version} may not run beside ${now.version} (on ${names}): versions in a cluster may differ by ${limit} at most.`,
    fix: pathAdvice({ name, now, to }, node, context),
    address: count === 1 && cluster.members.length === 1 ? `node/${node.name}` : `package/${name}`,
  }));
}

/** The way of this one package, as if it were alone: what the others need is judged where they change. */
function pathAdvice({ name, now, to }: Conflict, node: ReachableNode, context: SkewContext): string {
  const { targets, knownBad, maxSkew } = context;
  const [low, high] = semver.lt(now.version, to.version) ? [now, to] : [to, now];
  const manifest = targets.manifestOf(high.manifestHash);
  if (manifest === undefined)
    return `The releases do not hold ${name} ${high.version}: publish it, or lock a version near ${low.version}.`;
  const found = planHops({
    platform: node.platform,
    architecture: node.architecture,
    installed: { [name]: low },
    target: new Map([[name, alone(manifest)]]),
    releasesOf: (other) => targets.releasesOf(other).map(alone),
    isYanked: (hash) => targets.isYanked(hash as Digest),
    knownBad,
    maxMinorSkew: maxSkew,
  });
  if (found.kind === 'none') return `${found.because} ${found.fix}`;
  const way = [low.version, ...found.hops.map(({ packages }) => packages[name]!.version)];
  if (low !== now) way.reverse();
  return `Take the path ${way.join(' → ')}, one version at a time.`;
}

function alone(manifest: ReleaseManifest): ReleaseManifest {
  return { ...manifest, dependencies: [] };
}

function facts(installed: InstalledPackage, targets: Releases): UpgradeFacts {
  return {
    version: installed.version,
    minUpgradeFrom: targets.manifestOf(installed.manifestHash)?.minUpgradeFrom ?? null,
  };
}
