/**
 * The reverse plan: in which order the steps of a plan are taken back. The last hop first, and in each hop newest first,
 * leaders after all others: as many versions apart as on the way there, never more. A schema comes after the nodes that
 * it was expanded for. A step that cannot be taken back is a point of no return: it is left out, and its own entry says
 * why.
 */
import type { Plan, PlanStep } from '../model/plan.ts';
import { plannedLeaders } from './planned-leaders.ts';

/** Ids of steps. */
export function undoOrder(plan: Plan): readonly string[] {
  const leaders = new Set([...plannedLeaders(plan).values()].map((name) => `node/${name}`));
  const byHop = new Map<number, PlanStep[]>();
  for (const step of plan.steps) {
    if (step.irreversible !== undefined || (step.undo === undefined && step.kind !== 'schema-expand')) continue;
    const hop = step.hop ?? Infinity;
    const steps = byHop.get(hop);
    if (steps === undefined) byHop.set(hop, [step]);
    else steps.push(step);
  }
  const hops = [...byHop].sort(([a], [b]) => b - a || 0);
  return hops.flatMap(([, steps]) => {
    const newest = steps.toReversed();
    const turnOf = ({ kind, target }: PlanStep): number => (kind === 'schema-expand' ? 2 : Number(leaders.has(target)));
    return newest.sort((a, b) => turnOf(a) - turnOf(b)).map(({ id }) => id);
  });
}
