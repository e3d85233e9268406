/** Short forms of a plan that tests assert on. */
import { promoteParams } from '../../src/actions/stage-promote.ts';
import type { Plan } from '../../src/model/plan.ts';

export function codes(plan: Plan): readonly string[] {
  return [...new Set(plan.findings.map(({ code }) => code))].sort();
}

/** `1 ~ node-a`: stage, kind and target in plan order. */
export function outline(plan: Plan): readonly string[] {
  return plan.steps.map((step) => {
    const group = step.kind === 'stage-promote' ? promoteParams(step).group : undefined;
    return `${step.stage} ${step.kind} ${step.target.replace('node/', '')}${group === undefined ? '' : ` group ${group}`}`;
  });
}
