/**
 * What no edge can say, cluster by cluster: leader last, how many may be away, how far versions may be apart, how many
 * must stay up. The executor keeps these at every instant, from what it observes then. Clusters of one or two nodes
 * cannot keep a majority through a restart: they go one at a time, and a finding says so.
 */
import type { Constraint } from '../../model/plan.ts';
import type { Notes } from '../findings/notes.ts';

export interface ClusterFacts {
  readonly name: string;
  readonly members: number;
  readonly leader: string | undefined;
}

export interface Limits {
  readonly maxUnavailable: number;
  readonly maxMinorSkew: number;
}

export function clusterConstraints(
  clusters: readonly ClusterFacts[],
  limits: Limits,
  notes: Notes,
): readonly Constraint[] {
  const constraints: Constraint[] = [];
  for (const { name, members, leader } of clusters) {
    if (members > 1) {
      constraints.push({ kind: 'leaderLast', cluster: name, ...(leader === undefined ? {} : { planned: leader }) });
    }
    constraints.push({ kind: 'maxUnavailable', cluster: name, value: members < 3 ? 1 : limits.maxUnavailable });
    if (members > 1) constraints.push({ kind: 'maxMinorSkew', cluster: name, value: limits.maxMinorSkew });
    if (members >= 3) constraints.push({ kind: 'quorum', cluster: name, members, mustStayUp: majority(members) });
    else {
      notes.gather('quorumCannotHold', '', name, (names, count) => ({
        summary: `${count === 1 ? 'Cluster' : 'Clusters'} ${names}: with fewer than three nodes a majority cannot stay up through a restart; nodes go one at a time.`,
        fix: 'Accept the short outage, or add nodes.',
      }));
    }
  }
  return constraints;
}

export function majority(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** How many nodes of a cluster may be away at once. */
export function slotsOf(members: number, maxUnavailable: number): number {
  return members < 3 ? 1 : Math.max(1, Math.min(maxUnavailable, members - majority(members)));
}
