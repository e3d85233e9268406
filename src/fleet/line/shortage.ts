/** Why a cluster can spare nobody now, in words that name the member and the number. Pure. */
import { formatDuration } from '../../kernel/units/duration.ts';
import type { WaitReason } from '../../model/event.ts';
import type { Cluster } from './cluster.ts';
import type { NodeView } from './turn.ts';

export interface Shortage {
  readonly on: WaitReason;
  readonly detail: string;
  /** The same as long as the same members are short of the same thing, whatever the numbers. */
  readonly topic: string;
}

const named = 5;

export function shortageOf(cluster: Cluster): Shortage {
  const on = cluster.blocked ?? 'health';
  const { name } = cluster;
  const tell = (detail: string, members: Iterable<NodeView>): Shortage => ({
    on,
    detail,
    topic: `${on} ${name} ${namesOf(members).join(' ')}`,
  });
  if (on === 'leader') return tell(`cluster ${name} has no leader`, []);
  const down = [...cluster.down].filter((node) => !node.bare);
  if (down.length > 0) {
    const isAre = down.length === 1 ? 'is' : 'are';
    return tell(`cluster ${name} cannot spare another node: ${namesOf(down).join(', ')} ${isAre} down`, down);
  }
  const said = reports(cluster);
  if (said.length === 0) return tell(`cluster ${name} cannot spare another node`, []);
  const detail = said.slice(0, named).map(([, text]) => text);
  return tell(
    `cluster ${name} cannot spare another node: ${detail.join('; ')}`,
    said.map(([node]) => node),
  );
}

function reports(cluster: Cluster): (readonly [NodeView, string])[] {
  const { lagging, underReplicated, seesFew, maxReplicationLagMs, membersNeeded } = cluster;
  const lagOf = (node: NodeView): string => formatDuration(node.replication?.lagMs ?? 0);
  return [
    ...[...lagging].map(
      (node) =>
        [
          node,
          `${node.name} is ${lagOf(node)} behind its leader (at most ${formatDuration(maxReplicationLagMs)})`,
        ] as const,
    ),
    ...[...underReplicated].map((node) => {
      const count = node.replication?.underReplicatedGroups ?? 0;
      return [node, `${node.name} reports ${count} under-replicated ${count === 1 ? 'group' : 'groups'}`] as const;
    }),
    ...[...seesFew].map((node) => {
      const count = node.replication?.membersUp ?? 0;
      return [
        node,
        `${node.name} sees ${count} ${count === 1 ? 'member' : 'members'} up of the ${membersNeeded} needed`,
      ] as const;
    }),
  ];
}

function namesOf(members: Iterable<NodeView>): string[] {
  return [...members].slice(0, named).map((node) => node.name);
}
