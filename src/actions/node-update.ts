/** `node-update`: takes the packages of a node to newer releases in one restart. Taken back by the restore point it makes first. */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { describeVersions, switchInstructions, switchInverse, switchParamsSchema } from './node-step.ts';

export const nodeUpdate = {
  kind: 'node-update',
  paramsSchema: switchParamsSchema,
  symbol: '~',
  describe: (step) => `updates ${describeVersions(step)}`,
  instructions: switchInstructions,
  inverse: switchInverse,
} as const satisfies Action<PlanStep>;
