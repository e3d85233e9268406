/** Groups nodes into their clusters (Raft groups) and says who leads each. */
import { compareText } from '../../kernel/finding.ts';
import type { Cluster, NodeWork } from '../change/node-work.ts';
import type { Notes } from '../findings/notes.ts';
import type { ClusterFacts } from './constraints.ts';

/** `assumed`: leader by cluster, instead of what was observed. Sorted by name. */
export function groupClusters(
  works: readonly NodeWork[],
  assumed: ReadonlyMap<string, string> | undefined,
  notes: Notes,
): readonly Cluster[] {
  const members = Map.groupBy(works, (work) => work.node.cluster);
  return [...members]
    .map(([name, list]): Cluster => ({ name, members: list, leader: leaderOf(name, list, assumed, notes) }))
    .sort((a, b) => compareText(a.name, b.name));
}

function leaderOf(
  cluster: string,
  members: readonly NodeWork[],
  assumed: ReadonlyMap<string, string> | undefined,
  notes: Notes,
): NodeWork | undefined {
  if (assumed !== undefined) {
    const name = assumed.get(cluster);
    return name === undefined ? undefined : members.find((work) => work.node.name === name);
  }
  let leader: NodeWork | undefined;
  for (const work of members) {
    if (work.observed?.reachable !== true || work.observed.role !== 'leader') continue;
    leader ??= work;
    if (leader === work) continue;
    for (const { node } of [leader, work]) {
      notes.gather('severalLeaders', cluster, node.name, (names) => ({
        summary: `${names} each say they lead cluster ${cluster}.`,
        fix: 'Find out which of them is right before the cluster is changed.',
      }));
    }
  }
  return leader;
}

export function clusterFacts({ name, members, leader }: Cluster): ClusterFacts {
  return { name, members: members.length, leader: leader?.node.name };
}
