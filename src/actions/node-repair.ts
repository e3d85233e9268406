/**
 * `node-repair`: brings files that drifted back to what the installed releases say. The versions stay. The drifted
 * files lie in the restore point it makes first, so even a repair can be taken back.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import type { SwitchParams } from './node-step.ts';
import { packagesAfter, restoreInstructions, switchInstructions, switchParamsSchema } from './node-step.ts';

export const nodeRepair = {
  kind: 'node-repair',
  paramsSchema: switchParamsSchema,
  symbol: '!',
  describe(step) {
    const after = packagesAfter(step);
    const { packages } = step.params as unknown as SwitchParams;
    return `repairs ${packages.map((name) => `${name} ${after[name]?.version ?? ''}`.trimEnd()).join(', ')}`;
  },
  instructions: switchInstructions,
  inverse(step) {
    const params = step.params as unknown as SwitchParams;
    return restoreInstructions(step, params.restorePoint, params.healthTimeoutMs);
  },
} as const satisfies Action<PlanStep>;
