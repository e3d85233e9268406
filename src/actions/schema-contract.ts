/**
 * `schema-contract`: takes away what no node uses any more, after grace. Where an operation of it cannot be taken back
 * it is a point of no return; else it is kept, and the undo of the migration takes it back with all the rest.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { describeOperations, phaseInstructions, schemaParams, schemaParamsSchema } from './schema-step.ts';

export const schemaContract = {
  kind: 'schema-contract',
  paramsSchema: schemaParamsSchema,
  symbol: '-',
  describe(step) {
    const params = schemaParams(step);
    return `contracts schema version ${params.schemaVersion}: ${describeOperations(params)}`;
  },
  instructions: phaseInstructions,
  inverse: (step) => (step.irreversible === undefined ? [] : undefined),
} as const satisfies Action<PlanStep>;
