/**
 * `schema-contract`: takes away what no node uses any more, after grace. From here on no node goes back to a release that
 * used it: what came before in the same plan stays.
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
  inverse: () => undefined,
} as const satisfies Action<PlanStep>;
