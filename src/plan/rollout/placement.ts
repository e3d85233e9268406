/**
 * Where each switch of one hop stands in the rollout: its stage and, inside the stage, its label group. A leader takes
 * the last turn of its cluster, whatever its own stage or group: it moves to the latest place that any switch of its
 * cluster has. The result is in the order of the plan: by stage, group, cluster, followers by tier and name, leader.
 */
import { compareText } from '../../kernel/finding.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { NodeChange, NodeLeg } from '../change/node-change.ts';
import type { Cluster, NodeWork } from '../change/node-work.ts';
import type { LabelGroups } from './label-groups.ts';

export interface PlacedChange {
  readonly work: NodeWork;
  readonly leg: NodeLeg;
  stage: number;
  group: number;
  readonly leads: boolean;
  /** Of the node's tenants: lower goes first. */
  readonly tier: number;
}

export interface Places {
  readonly stageOf: ReadonlyMap<string, number>;
  readonly groups: LabelGroups;
  readonly tierOf: (node: DesiredNode) => number;
  /** Gets every node that would change and that no stage takes. */
  readonly unplaced: (node: string) => void;
}

/** `legOf`: what a node does in this hop. */
export function placeChanges(
  clusters: readonly Cluster[],
  legOf: (change: NodeChange) => NodeLeg | undefined,
  { stageOf, groups, tierOf, unplaced }: Places,
): readonly PlacedChange[] {
  const placed: PlacedChange[] = [];
  for (const { members, leader } of clusters) {
    let last: PlacedChange | undefined;
    let leading: PlacedChange | undefined;
    for (const work of members) {
      const { change } = work;
      if (change === undefined || !work.inScope) continue;
      const leg = legOf(change);
      if (leg === undefined) continue;
      const stage = stageOf.get(work.node.name);
      if (stage === undefined) {
        unplaced(work.node.name);
        continue;
      }
      const leads = work === leader && members.length > 1;
      const entry: PlacedChange = { work, leg, stage, group: groups.of(work.node), leads, tier: tierOf(work.node) };
      if (leads) leading = entry;
      if (last === undefined || comparePlaces(last, entry) < 0) last = entry;
      placed.push(entry);
    }
    if (leading !== undefined && last !== undefined) {
      leading.stage = last.stage;
      leading.group = last.group;
    }
  }
  return placed.sort(
    (a, b) =>
      comparePlaces(a, b) ||
      compareText(a.work.node.cluster, b.work.node.cluster) ||
      Number(a.leads) - Number(b.leads) ||
      a.tier - b.tier ||
      compareText(a.work.node.name, b.work.node.name),
  );
}

function comparePlaces(a: PlacedChange, b: PlacedChange): number {
  return a.stage - b.stage || a.group - b.group;
}
