/**
 * `stage-promote`: the gate after a stage. It waits out the bake, then for an approval where one is asked for, then
 * opens the next stage. With `group` it only parts two label groups inside a stage: nothing to wait for, nothing kept.
 */
import { formatDuration } from '../kernel/units/duration.ts';
import type { PlanStep } from '../model/plan.ts';
import type { Action, Instruction } from './instruction.ts';

/** Params of `stage-promote`. */
export interface PromoteParams {
  readonly bakeMs: number;
  readonly approval: boolean;
  /** Label group, from 1, after which this barrier stands; absent at the end of a stage. */
  readonly group?: number;
}

export const stagePromote = {
  kind: 'stage-promote',
  paramsSchema: {
    type: 'object',
    required: ['bakeMs', 'approval'],
    properties: {
      bakeMs: { type: 'integer', minimum: 0 },
      approval: { type: 'boolean' },
      group: { type: 'integer', minimum: 1 },
    },
  },
  symbol: '?',
  describe(step) {
    const params = promoteParams(step);
    if (params.group !== undefined) return `waits for label group ${params.group}`;
    const waits = [
      ...(params.bakeMs > 0 ? [`bakes for ${formatDuration(params.bakeMs)}`] : []),
      ...(params.approval ? ['waits for approval'] : []),
    ];
    return waits.length === 0 ? 'opens the next stage' : `${waits.join(', ')}, then opens the next stage`;
  },
  instructions(step): readonly Instruction[] {
    const params = promoteParams(step);
    if (params.group !== undefined) return [];
    return [
      ...(params.bakeMs > 0 ? [{ kind: 'bake', stage: step.stage, durationMs: params.bakeMs } as const] : []),
      ...(params.approval ? [{ kind: 'await-approval', stage: step.stage } as const] : []),
      { kind: 'promote', stage: step.stage },
    ];
  },
  inverse: () => [],
} as const satisfies Action<PlanStep>;

export function promoteParams(step: PlanStep): PromoteParams {
  return step.params as unknown as PromoteParams;
}
