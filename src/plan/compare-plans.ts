/**
 * What a head plan adds to, removes from and changes in a base plan. Steps meet by what they act on: in each hop a node
 * has one step at most, a stage one gate, and a database one step for each phase of a migration. Ids derive from content, so steps of one id do the same.
 */
import { isSchemaStep, schemaParams } from '../actions/schema-step.ts';
import { promoteParams } from '../actions/stage-promote.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import type { PlanComparison } from '../model/plan-comparison.ts';
import type { Plan, PlanStep } from '../model/plan.ts';

export function comparePlans(base: Plan, head: Plan): PlanComparison {
  const before = new Map(base.steps.map((step) => [placeOf(step), step]));
  const added: PlanStep[] = [];
  const changed: { base: PlanStep; head: PlanStep }[] = [];
  let unchanged = 0;
  for (const step of head.steps) {
    const place = placeOf(step);
    const known = before.get(place);
    before.delete(place);
    if (known === undefined) added.push(step);
    else if (
      known.kind === 'stage-promote' ? sameGate(known, step) : known.id === step.id && known.stage === step.stage
    )
      unchanged += 1;
    else changed.push({ base: known, head: step });
  }
  return { base, head, added, removed: [...before.values()], changed, unchanged };
}

/** Ids of gates name the target, which differs between any two revisions that matter here. */
function sameGate(a: PlanStep, b: PlanStep): boolean {
  return a.stage === b.stage && canonicalJson(a.params) === canonicalJson(b.params);
}

function placeOf(step: PlanStep): string {
  if (isSchemaStep(step)) return `${step.target} ${step.kind} ${schemaParams(step).migration}`;
  const place = `${step.target} ${step.hop ?? 'last'}`;
  return step.kind === 'stage-promote' ? `${place} ${promoteParams(step).group ?? ''}` : place;
}
