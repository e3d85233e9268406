/** `node-install`: puts packages on a node that does not have them yet. Taken back by the restore point it makes first. */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { describeVersions, switchInstructions, switchInverse, switchParamsSchema } from './node-step.ts';

export const nodeInstall = {
  kind: 'node-install',
  paramsSchema: switchParamsSchema,
  symbol: '+',
  describe: (step) => `installs ${describeVersions(step)}`,
  instructions: switchInstructions,
  inverse: switchInverse,
} as const satisfies Action<PlanStep>;
