/**
 * The reverse plan: in which order the steps of a plan are taken back. Newest first, leaders after all others. A step
 * that cannot be taken back is a point of no return: it is left out, and its own entry says why.
 */
import type { Plan } from '../model/plan.ts';
import { plannedLeaders } from './planned-leaders.ts';

/** Ids of steps. */
export function undoOrder(plan: Plan): readonly string[] {
  const leaders = new Set([...plannedLeaders(plan).values()].map((name) => `node/${name}`));
  const followers: string[] = [];
  const last: string[] = [];
  for (let index = plan.steps.length - 1; index >= 0; index -= 1) {
    const step = plan.steps[index]!;
    if (step.undo === undefined || step.irreversible !== undefined) continue;
    (leaders.has(step.target) ? last : followers).push(step.id);
  }
  return [...followers, ...last];
}
