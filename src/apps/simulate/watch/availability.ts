/** Promises about a cluster as a whole: enough of it is up, its leader goes last, its versions stand close. */
import { isPresent } from '../../../adapters/transport/simulated/fleet.ts';
import type { Packages, SimulatedNode } from '../../../adapters/transport/simulated/node.ts';
import type { PlanStep } from '../../../model/plan.ts';
import { hasAll, type Begun } from './facts.ts';
import type { Invariant, Touch } from './moment.ts';
import { minorsApart } from './rules.ts';

const unseen = 'nodes that went down after the controller looked, just before it journalled the step';

export const quorumKept: Invariant = {
  name: 'quorum',
  promise: 'When a service is stopped, more than half of the other members of its cluster are up.',
  grace: `${unseen}; clusters of one or two; clusters that had nothing installed at all`,
  at: ['stop'],
  check(moment, { bornClusters }) {
    const touch = moment as Touch;
    const { node, members } = touch;
    if (members.length < 3 || !node.up || bornClusters.has(node.cluster)) return 'not-asked';
    const up = members.filter((other) => other !== node && (isPresent(other) || wentUnseen(other, touch))).length;
    const needed = Math.floor(members.length / 2) + 1;
    return up >= needed
      ? 'kept'
      : { broken: `${node.name} stops with ${up} of ${members.length} up, ${needed} needed` };
  },
};

export const unavailabilityKept: Invariant = {
  name: 'maxUnavailable',
  promise: 'No more members of a cluster are away at once than maxUnavailable, those that are down anyway among them.',
  grace: `${unseen}; a node that is down already may be touched; nodes with nothing installed serve nobody yet`,
  at: ['stop'],
  check(moment, { rules }) {
    const touch = moment as Touch;
    const { node, members } = touch;
    if (!node.up) return 'not-asked';
    const away = members.filter(
      (other) => other !== node && !isPresent(other) && !wentUnseen(other, touch) && !isBare(other),
    );
    const { maxUnavailable } = rules.rollout;
    if (away.length + 1 <= maxUnavailable) return 'kept';
    return { broken: `${node.name} stops while ${away.map(({ name }) => name).join(', ')} is away` };
  },
};

/** What Themis itself has in hand is known, whenever it was; taking what is down already makes nothing worse. */
function wentUnseen(other: SimulatedNode, { seenUntilMs }: Touch): boolean {
  if (other.open !== null && !other.wasDown) return false;
  return Math.max(other.up ? -Infinity : other.downSinceMs, other.cutOffSinceMs ?? -Infinity) > seenUntilMs;
}

function isBare(one: SimulatedNode): boolean {
  return one.open === null && Object.keys(one.packages).length === 0;
}

export const leaderLast: Invariant = {
  name: 'leader last',
  promise: 'A node that leads is drained only when no other member of its cluster has a step left in the same hop.',
  grace: 'leadership that came while it drained already; nodes that wait for a person',
  at: ['drain'],
  check(moment) {
    const touch = moment as Touch;
    const { node, members, begun } = touch;
    if (begun === undefined || !node.ledBeforeDrain || members.length < 2) return 'not-asked';
    const waiting = members.find((other) => other !== node && isWaiting(other, begun));
    return waiting === undefined ? 'kept' : { broken: `${node.name} leads and is drained before ${waiting.name}` };
  },
};

/** Whether a node still has to follow, in the direction and hop of a step of its leader. */
function isWaiting(other: SimulatedNode, { execution, step, direction }: Begun): boolean {
  if (other.open?.result?.kind === 'stuck') return false;
  const steps = execution.ofNode.get(other.name) ?? [];
  if (direction === 'forward') {
    const due = steps.filter((one) => hopRank(one) <= hopRank(step));
    const later = steps.filter((one) => hopRank(one) >= hopRank(step));
    return due.length > 0 && !later.some((one) => isAfter(other, one));
  }
  // Going back, it waits while it has what a step of this hop, or of a later one, brought.
  return steps.some((one) => hopRank(one) >= hopRank(step) && one.kind !== 'node-repair' && isAfter(other, one));
}

function isAfter(node: SimulatedNode, { kind, after }: PlanStep): boolean {
  return hasAll(node.packages, after.packages ?? {}) && (kind !== 'node-repair' || node.drift.length === 0);
}

function hopRank({ hop }: PlanStep): number {
  return hop ?? Infinity;
}

export const skewKept: Invariant = {
  name: 'skew',
  promise: 'No two members of a cluster are more minor releases apart than maxMinorSkew.',
  grace: 'pairs that were further apart before Themis came may come closer',
  at: ['installed'],
  check(moment, { rules }) {
    const { node, members, had } = moment as Touch;
    for (const other of members) {
      if (other === node) continue;
      const apart = tooFar(node.packages, had, other.packages, rules.rollout.maxMinorSkew);
      if (apart !== undefined) return { broken: `${node.name} beside ${other.name}: ${apart}` };
    }
    return 'kept';
  },
};

function tooFar(own: Packages, had: Packages, others: Packages, limit: number): string | undefined {
  for (const [name, { version }] of Object.entries(own)) {
    const beside = others[name]?.version;
    if (beside === undefined) continue;
    const before = had[name] === undefined ? 0 : minorsApart(had[name].version, beside);
    const now = minorsApart(version, beside);
    if (now > Math.max(limit, before === Infinity ? 0 : before)) return `${name} ${version} and ${beside}`;
  }
  return undefined;
}
