import type { Digest } from '../../kernel/digest.ts';
import type { InstalledPackage, ReachableNode } from '../../model/observed.ts';
import type { PlanStep, StepState } from '../../model/plan.ts';

/**
 * Where a node stands with regard to a step. Only packages that the step names count: others on the node are none
 * of its business. A repair begins and ends with the same packages, so there drift decides.
 */
export function standingOf(node: ReachableNode, step: PlanStep): 'before' | 'after' | 'elsewhere' {
  const names = [...new Set([...Object.keys(step.before.packages ?? {}), ...Object.keys(step.after.packages ?? {})])];
  const has = (state: StepState): boolean =>
    names.every((name) => hashOf(node.packages, name) === hashOf(state.packages ?? {}, name));
  if (!changesHands(step)) {
    if (!has(step.before)) return 'elsewhere';
    return node.drift.some((drift) => names.includes(drift.package)) ? 'before' : 'after';
  }
  if (has(step.after)) return 'after';
  return has(step.before) ? 'before' : 'elsewhere';
}

/** False for a repair: the packages stay what they are. */
export function changesHands(step: PlanStep): boolean {
  const before = step.before.packages ?? {};
  const after = step.after.packages ?? {};
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].some((name) => hashOf(before, name) !== hashOf(after, name));
}

function hashOf(packages: Readonly<Record<string, InstalledPackage>>, name: string): Digest | undefined {
  return Object.hasOwn(packages, name) ? packages[name]!.manifestHash : undefined;
}
