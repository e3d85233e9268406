/**
 * `schema-expand`: gives a database what the next release needs, beside what the running one uses. Taken back whole:
 * the undo of a migration takes with it what later phases did.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import {
  describeOperations,
  phaseInstructions,
  schemaParams,
  schemaParamsSchema,
  undoInstructions,
} from './schema-step.ts';

export const schemaExpand = {
  kind: 'schema-expand',
  paramsSchema: schemaParamsSchema,
  symbol: '+',
  describe(step) {
    const params = schemaParams(step);
    return `expands to schema version ${params.schemaVersion}: ${describeOperations(params)}`;
  },
  instructions: phaseInstructions,
  inverse: (step) => (step.irreversible === undefined ? undoInstructions(step) : undefined),
} as const satisfies Action<PlanStep>;
