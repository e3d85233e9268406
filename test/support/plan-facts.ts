/** Short forms of a plan that tests assert on. */
import { promoteParams } from '../../src/actions/stage-promote.ts';
import type { DesiredGate } from '../../src/model/desired.ts';
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

export function gate(metric: DesiredGate['metric'], facts: Partial<DesiredGate> = {}): DesiredGate {
  const unit = metric === 'errorRate' || metric === 'cpu' ? 'share' : 'ms';
  return {
    name: metric,
    metric,
    unit,
    max: null,
    min: null,
    provider: null,
    query: null,
    worseBy: null,
    minSamples: 30,
    ...facts,
  };
}
