/** `node-install`: puts packages on a node that does not have them yet. Taken back by the restore point it makes first. */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import type { SwitchParams } from './node-step.ts';
import { describeVersions, restoreInstructions, switchInstructions, switchParamsSchema } from './node-step.ts';

export const nodeInstall = {
  kind: 'node-install',
  paramsSchema: switchParamsSchema,
  symbol: '+',
  describe: (step) => `installs ${describeVersions(step)}`,
  instructions: switchInstructions,
  inverse(step) {
    const params = step.params as unknown as SwitchParams;
    return restoreInstructions(step, params.restorePoint, params.healthTimeoutMs);
  },
} as const satisfies Action<PlanStep>;
