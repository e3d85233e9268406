/**
 * `node-rollback`: returns a node to a restore point it holds, after keeping the present state in another one.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { describeVersions, nodeOf, packagesAfter, packagesBefore, returnInstructions } from './node-step.ts';

/** Params of `node-rollback`. */
export interface RollbackParams {
  readonly restorePoint: string;
  /** Restore point made of the present state first. */
  readonly keep: string;
  readonly healthTimeoutMs: number;
}

export const nodeRollback = {
  kind: 'node-rollback',
  paramsSchema: {
    type: 'object',
    required: ['restorePoint', 'keep', 'healthTimeoutMs'],
    properties: {
      restorePoint: { type: 'string', minLength: 1 },
      keep: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$' },
      healthTimeoutMs: { type: 'integer', minimum: 0 },
    },
  },
  symbol: '<',
  describe: (step) => `rolls back ${describeVersions(step)}`,
  instructions: (step) => returnInstructions(nodeOf(step), packagesAfter(step), rollbackParams(step)),
  inverse(step) {
    const { keep, healthTimeoutMs } = rollbackParams(step);
    return returnInstructions(nodeOf(step), packagesBefore(step), { restorePoint: keep, keep: null, healthTimeoutMs });
  },
} as const satisfies Action<PlanStep>;

function rollbackParams(step: PlanStep): RollbackParams {
  return step.params as unknown as RollbackParams;
}
