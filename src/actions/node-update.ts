/** `node-update`: takes the packages of a node to newer releases in one restart. Taken back by the restore point it makes first. */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import type { SwitchParams } from './node-step.ts';
import { describeVersions, restoreInstructions, switchInstructions, switchParamsSchema } from './node-step.ts';

export const nodeUpdate = {
  kind: 'node-update',
  paramsSchema: switchParamsSchema,
  symbol: '~',
  describe: (step) => `updates ${describeVersions(step)}`,
  instructions: switchInstructions,
  inverse(step) {
    const params = step.params as unknown as SwitchParams;
    return restoreInstructions(step, params.restorePoint, params.healthTimeoutMs);
  },
} as const satisfies Action<PlanStep>;
