/**
 * `schema-expand`: gives a database what the next release needs, beside what the running one uses. It harms no release,
 * so a rollout that is rolled back keeps it; `themis migrate undo` takes it back.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { describeOperations, phaseInstructions, schemaParams, schemaParamsSchema } from './schema-step.ts';

export const schemaExpand = {
  kind: 'schema-expand',
  paramsSchema: schemaParamsSchema,
  symbol: '+',
  describe(step) {
    const params = schemaParams(step);
    return `expands to schema version ${params.schemaVersion}: ${describeOperations(params)}`;
  },
  instructions: phaseInstructions,
  inverse: () => [],
} as const satisfies Action<PlanStep>;
