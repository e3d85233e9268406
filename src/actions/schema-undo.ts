/**
 * `schema-undo`: takes a migration back that the files no longer hold, after the nodes have left its release. It is not
 * done anew when a later step fails: who wants the migration again plans it again.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { describeOperations, schemaParams, schemaParamsSchema, undoInstructions } from './schema-step.ts';

export const schemaUndo = {
  kind: 'schema-undo',
  paramsSchema: schemaParamsSchema,
  symbol: '<',
  describe(step) {
    const params = schemaParams(step);
    return `takes schema version ${params.schemaVersion} back: ${describeOperations(params)}`;
  },
  instructions: undoInstructions,
  inverse: () => [],
} as const satisfies Action<PlanStep>;
