/**
 * `schema-migrate`: fills and validates data once every node has the release. It has no way back of its own: what it
 * filled lies in what expand added, and goes with it.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { describeOperations, phaseInstructions, schemaParams, schemaParamsSchema } from './schema-step.ts';

export const schemaMigrate = {
  kind: 'schema-migrate',
  paramsSchema: schemaParamsSchema,
  symbol: '~',
  describe(step) {
    const params = schemaParams(step);
    return `migrates data of schema version ${params.schemaVersion}: ${describeOperations(params)}`;
  },
  instructions: phaseInstructions,
  inverse: () => [],
} as const satisfies Action<PlanStep>;
