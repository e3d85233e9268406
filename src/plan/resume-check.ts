/**
 * Whether the rest of a plan can still be carried out. Finished steps are known from the journal; every other step is
 * held against its own `before`: as it was (pending), at its `after` already (done elsewhere), or neither (stale).
 */
import type { ObservedNode } from '../model/observed.ts';
import type { Plan, PlanStep } from '../model/plan.ts';
import { sameManifests } from './change/node-state.ts';

export type StepStanding = 'finished' | 'pending' | 'already' | 'stale' | 'unknown';

export interface ResumeCheck {
  readonly standing: ReadonlyMap<string, StepStanding>;
  /** Ids of steps whose node is neither as planned nor as wanted, in plan order. */
  readonly stale: readonly string[];
  /** Ids of steps whose node did not answer. */
  readonly unknown: readonly string[];
}

/** `finished`: ids the journal says are done or unchanged. */
export function resumeCheck(plan: Plan, finished: ReadonlySet<string>, nodes: readonly ObservedNode[]): ResumeCheck {
  const byName = new Map(nodes.map((node) => [`node/${node.name}`, node]));
  const standing = new Map<string, StepStanding>();
  for (const step of plan.steps) {
    standing.set(step.id, finished.has(step.id) ? 'finished' : stepStanding(step, byName.get(step.target)));
  }
  const having = (wanted: StepStanding): string[] =>
    plan.steps.filter((step) => standing.get(step.id) === wanted).map((step) => step.id);
  return { standing, stale: having('stale'), unknown: having('unknown') };
}

/** Of one step that is not finished. Promotions stand in the rollout record, so they are pending here. */
export function stepStanding(step: PlanStep, node: ObservedNode | undefined): Exclude<StepStanding, 'finished'> {
  if (step.kind === 'stage-promote') return 'pending';
  if (node?.reachable !== true) return 'unknown';
  const isBefore = sameManifests(node.packages, step.before.packages ?? {});
  const isAfter = sameManifests(node.packages, step.after.packages ?? {});
  // Before and after of a repair are the same; whether it is needed still is the drift's to say.
  if (isBefore && isAfter) {
    const repaired = (step.params?.['packages'] ?? []) as readonly string[];
    return node.drift.some((file) => repaired.includes(file.package)) ? 'pending' : 'already';
  }
  if (isBefore) return 'pending';
  return isAfter ? 'already' : 'stale';
}
