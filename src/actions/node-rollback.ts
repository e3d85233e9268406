/**
 * `node-rollback`: returns a node to a restore point it holds, after keeping the present state in another one.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action, Instruction } from './instruction.ts';
import { confirm, describeVersions, nodeOf, packagesAfter, restoreInstructions } from './node-step.ts';

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
  instructions(step) {
    const params = step.params as unknown as RollbackParams;
    const node = nodeOf(step);
    const after = packagesAfter(step);
    const { restorePoint, keep, healthTimeoutMs } = params;
    const rollback: Instruction = { kind: 'rollback', node, restorePoint, keep, healthTimeoutMs };
    return Object.keys(after).length === 0 ? [rollback] : [rollback, confirm(node, after, healthTimeoutMs)];
  },
  inverse(step) {
    const params = step.params as unknown as RollbackParams;
    return restoreInstructions(step, params.keep, params.healthTimeoutMs);
  },
} as const satisfies Action<PlanStep>;
