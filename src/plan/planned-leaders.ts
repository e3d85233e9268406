import type { Plan } from '../model/plan.ts';

/** Leader by cluster as the plan assumed it: the `leaders` input when planning again to compare. */
export function plannedLeaders(plan: Plan): ReadonlyMap<string, string> {
  const leaders = new Map<string, string>();
  for (const constraint of plan.constraints) {
    if (constraint.kind === 'leaderLast' && constraint.planned !== undefined) {
      leaders.set(constraint.cluster, constraint.planned);
    }
  }
  return leaders;
}
