/** What the nodes have before a schema step of a plan, and what its later steps give them. Pure. */
import type { Observed } from '../../model/observed.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { Packages } from '../change/node-state.ts';
import type { ReleasesAround } from './release-probes.ts';

/** `observed`: when the plan is made, or before its first step that is not done. */
export function releasesAround(
  { steps }: Pick<Plan, 'steps'>,
  { nodes }: Pick<Observed, 'nodes'>,
  step: PlanStep,
): ReleasesAround {
  const done = stepsBefore(steps, step);
  const had = new Map<string, Packages>();
  const coming = new Set<Packages>();
  for (const { id, target, after } of steps) {
    if (after.packages === undefined) continue;
    if (done.has(id)) had.set(target, after.packages);
    else coming.add(after.packages);
  }
  const running = new Set<Packages>();
  const unseen: string[] = [];
  for (const node of nodes) {
    const packages = had.get(`node/${node.name}`) ?? (node.reachable ? node.packages : undefined);
    if (packages === undefined) unseen.push(node.name);
    else running.add(packages);
  }
  return { running: [...running], coming: [...coming], unseen };
}

/** Ids of all that it needs, and what that needs. */
function stepsBefore(steps: readonly PlanStep[], step: PlanStep): ReadonlySet<string> {
  const needs = new Map(steps.map((one) => [one.id, one.needs]));
  const before = new Set<string>();
  const pending = [...step.needs];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (before.has(id)) continue;
    before.add(id);
    pending.push(...(needs.get(id) ?? []));
  }
  return before;
}
