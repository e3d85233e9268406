/** Plans and comparisons in the format that was asked for. */
import { actionOf } from '../../../actions/index.ts';
import { isSchemaStep, schemaParams } from '../../../actions/schema-step.ts';
import { describeWaits, promoteParams } from '../../../actions/stage-promote.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { PlanComparison } from '../../../model/plan-comparison.ts';
import type { Plan, PlanStep } from '../../../model/plan.ts';
import { undoOrder } from '../../../plan/undo-order.ts';
import { comparisonJson, comparisonMarkdown, comparisonText } from '../../../report/plan/comparison.ts';
import type { Paint } from '../../../report/paint.ts';
import { planDot } from '../../../report/plan/plan-dot.ts';
import { planJson } from '../../../report/plan/plan-json.ts';
import { planMarkdown } from '../../../report/plan/plan-markdown.ts';
import { planText } from '../../../report/plan/plan-text.ts';
import type { PlanView, SchemaView } from '../../../report/plan/plan-view.ts';

export const planFormats = ['text', 'json', 'markdown', 'dot'] as const;
export type PlanFormat = (typeof planFormats)[number];

export function planView(plan: Plan): PlanView {
  return {
    plan,
    undo: undoOrder(plan),
    symbolOf: (step) => actionOf(step).symbol,
    describe,
    waitsOf: (step) => (step.kind === 'stage-promote' ? describeWaits(promoteParams(step)) : ''),
    gatesOf: (step) => (step.kind === 'stage-promote' ? promoteParams(step).gates : undefined),
    schemaOf: (step) => (isSchemaStep(step) ? schemaView(step) : undefined),
  };
}

function schemaView(step: PlanStep): SchemaView {
  const { migration, schemaVersion, phase, operations } = schemaParams(step);
  return { work: step.kind === 'schema-undo' ? 'undo' : phase, migration, schemaVersion, operations };
}

export function formatPlan(plan: Plan, format: PlanFormat, paint: Paint): string {
  switch (format) {
    case 'text':
      return planText(planView(plan), paint);
    case 'json':
      return planJson(plan);
    case 'markdown':
      return planMarkdown(planView(plan));
    case 'dot':
      return planDot(planView(plan));
  }
}

export function formatComparison(comparison: PlanComparison, format: PlanFormat, paint: Paint): string {
  switch (format) {
    case 'text':
      return comparisonText(comparison, describe, paint);
    case 'json':
      return comparisonJson(comparison);
    case 'markdown':
      return comparisonMarkdown(comparison, describe);
    case 'dot':
      throw new ThemisError('USAGE', 'A comparison has no dot format: use text, json or markdown with --against.');
  }
}

export function describe(step: PlanStep): string {
  return actionOf(step).describe(step);
}
