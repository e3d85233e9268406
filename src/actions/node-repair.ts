/**
 * `node-repair`: brings files that drifted back to what the installed releases say. The versions stay. The drifted
 * files lie in the restore point it makes first, so even a repair can be taken back.
 */
import type { PlanStep } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { packagesAfter, switchInstructions, switchInverse, switchParams, switchParamsSchema } from './node-step.ts';

export const nodeRepair = {
  kind: 'node-repair',
  paramsSchema: switchParamsSchema,
  symbol: '!',
  describe(step) {
    const after = packagesAfter(step);
    const { packages } = switchParams(step);
    return `repairs ${packages.map((name) => `${name} ${after[name]?.version ?? ''}`.trimEnd()).join(', ')}`;
  },
  instructions: switchInstructions,
  inverse: switchInverse,
} as const satisfies Action<PlanStep>;
