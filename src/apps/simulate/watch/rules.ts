/**
 * What a simulated rollout must keep to, taken from the desired state and never from the plan: a planner that forgot a
 * rule is found out as well as an executor that broke one.
 */
import type {
  DesiredNode,
  DesiredRollout,
  DesiredStage,
  DesiredTenant,
  LockedPackage,
} from '../../../model/desired.ts';

export interface Rules {
  readonly nodes: readonly DesiredNode[];
  readonly rollout: Pick<DesiredRollout, 'maxUnavailable' | 'maxMinorSkew' | 'stages' | 'gates'>;
  readonly tenants: readonly DesiredTenant[];
  /** What every node has when all is done, whichever pin of a package fits its platform. */
  readonly wanted: () => readonly Pick<LockedPackage, 'package' | 'manifestHash'>[];
  /** Longest way of a message between controller and node; what a look cannot see yet follows from it. */
  readonly longestTravelMs: number;
}

/** How many of `count` nodes may have been touched when this stage, from 1, is the one in hand. */
export function shareOf(stages: readonly DesiredStage[], stage: number, count: number): number {
  let touched = 0;
  for (const { share, atLeast = 0 } of stages.slice(0, stage)) {
    const named = share.kind === 'nodes' ? share.nodes.length : 0;
    const part = share.kind === 'percentage' ? share.percentage : 0;
    const floor = part >= 100 ? count : Math.floor(Number(((part * count) / 100).toFixed(6)));
    touched = Math.max(touched + Math.max(named, atLeast), floor);
  }
  return Math.min(count, touched);
}

/** Minor releases between two versions; Infinity where a major lies between that is not the next one's first. */
export function minorsApart(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  if (majorA === majorB) return Math.abs(minorA - minorB);
  const minorOfNewer = majorA > majorB ? minorA : minorB;
  return Math.abs(majorA - majorB) === 1 && minorOfNewer === 0 ? 1 : Infinity;
}
