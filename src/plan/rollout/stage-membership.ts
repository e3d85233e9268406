/**
 * Which stage each node belongs to. The share of a stage is floor(percentage × nodes ÷ 100), cumulative; explicit
 * nodes are taken as named; `atLeast` fills a stage that its share leaves short; 100 is everyone. What the record of a
 * rollout to the same target fixed stays fixed. Nodes are taken in a spread that is the same every time: round robin
 * over zones (or what `spreadBy` names) and clusters, leaders after all others.
 */
import type { DesiredStage } from '../../model/desired.ts';
import type { RolloutProgress } from '../../model/rollout-record.ts';

export interface Member {
  readonly name: string;
  readonly cluster: string;
  /** Value of the label over which stages are spread, a zone for example; '' without. */
  readonly place: string;
  readonly leads: boolean;
}

export interface Membership {
  /** From 1; nodes that no stage takes are absent. */
  readonly stageOf: ReadonlyMap<string, number>;
  /** Number of members by stage, index 0 is stage 1. */
  readonly sizes: readonly number[];
}

/** `members` sorted by name. `progress`: of a rollout to the same target, else null. */
export function assignStages(
  stages: readonly DesiredStage[],
  members: readonly Member[],
  progress: RolloutProgress | null,
): Membership {
  const stageOf = new Map<string, number>();
  const sizes = stages.map(() => 0);
  const put = (name: string, stage: number): void => {
    stageOf.set(name, stage);
    sizes[stage - 1]! += 1;
  };
  const selected = new Set(members.map((member) => member.name));
  for (const [index, { nodes }] of (progress?.stages ?? []).entries()) {
    if (index >= stages.length) break;
    for (const name of nodes) if (selected.has(name) && !stageOf.has(name)) put(name, index + 1);
  }
  for (const [index, stage] of stages.entries()) {
    if (stage.share.kind !== 'nodes') continue;
    for (const name of stage.share.nodes) if (selected.has(name) && !stageOf.has(name)) put(name, index + 1);
  }
  const waiting = spread(members.filter((member) => !stageOf.has(member.name)));
  let taken = 0;
  let assigned = 0;
  for (const [index, stage] of stages.entries()) {
    assigned += sizes[index]!;
    let want = stage.share.kind === 'percentage' ? share(stage.share.percentage, members.length) - assigned : 0;
    want = Math.max(want, (stage.atLeast ?? 0) - sizes[index]!);
    for (; want > 0 && taken < waiting.length; want -= 1) {
      put(waiting[taken]!.name, index + 1);
      taken += 1;
      assigned += 1;
    }
  }
  return { stageOf, sizes };
}

/** The small addend undoes binary rounding: 0.57 % of 10,000 is 57, not 56. */
export function share(percentage: number, nodes: number): number {
  return percentage >= 100 ? nodes : Math.floor((percentage * nodes) / 100 + 1e-9);
}

function spread(members: readonly Member[]): readonly Member[] {
  const followers = members.filter((member) => !member.leads);
  const byCluster = roundRobin(Map.groupBy(followers, (member) => member.cluster));
  const byPlace = roundRobin(Map.groupBy(byCluster, (member) => member.place));
  return [...byPlace, ...members.filter((member) => member.leads)];
}

/** First of each group, then second of each, and so on; groups in the order of their names. */
function roundRobin(groups: ReadonlyMap<string, readonly Member[]>): Member[] {
  let queues = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => list);
  const result: Member[] = [];
  for (let turn = 0; queues.length > 0; turn += 1) {
    queues = queues.filter((queue) => turn < queue.length);
    for (const queue of queues) result.push(queue[turn]!);
  }
  return result;
}
