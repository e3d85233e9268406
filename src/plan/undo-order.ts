/**
 * The reverse plan: in which order the steps of a plan are taken back. The last hop first, and in each hop newest first,
 * leaders after all others: as many versions apart as on the way there, never more. A step that cannot be taken back is
 * a point of no return: it is left out, and its own entry says why.
 */
import type { Plan, PlanStep } from '../model/plan.ts';
import { plannedLeaders } from './planned-leaders.ts';

/** Ids of steps. */
export function undoOrder(plan: Plan): readonly string[] {
  const leaders = new Set([...plannedLeaders(plan).values()].map((name) => `node/${name}`));
  const byHop = new Map<number, PlanStep[]>();
  for (const step of plan.steps) {
    if (step.undo === undefined || step.irreversible !== undefined) continue;
    const hop = step.hop ?? Infinity;
    const steps = byHop.get(hop);
    if (steps === undefined) byHop.set(hop, [step]);
    else steps.push(step);
  }
  const hops = [...byHop].sort(([a], [b]) => b - a || 0);
  return hops.flatMap(([, steps]) => {
    const newest = steps.toReversed();
    const leads = ({ target }: PlanStep): boolean => leaders.has(target);
    return [...newest.filter((step) => !leads(step)), ...newest.filter(leads)].map(({ id }) => id);
  });
}
