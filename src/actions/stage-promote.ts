/**
 * `stage-promote`: the gate after a stage. It waits out the bake while its gates are judged, then for an approval where
 * one is asked for, then opens what comes next: a stage, the next hop, or nothing after the last stage. With `group` it
 * only parts two label groups inside a stage: nothing to wait for, nothing kept.
 */
import { formatDuration } from '../kernel/units/duration.ts';
import type { PlanStep } from '../model/plan.ts';
import type { Action, Instruction, StageGates } from './instruction.ts';
import { stageGatesSchema } from './stage-gates-schema.ts';

/** Params of `stage-promote`. */
export interface PromoteParams {
  readonly bakeMs: number;
  readonly approval: boolean;
  /** Label group, from 1, after which this barrier stands; absent at the end of a stage. */
  readonly group?: number;
  /** As the step's own `hop`; absent on the last. */
  readonly hop?: number;
  /** What this hop leads to, `themisdb 1.4.2`: the key of its stages in the rollout record; absent on the last hop. */
  readonly leadsTo?: string;
  /** Absent while a later stage of the same hop waits. */
  readonly ends?: 'hop' | 'rollout';
  readonly gates?: StageGates;
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
      hop: { type: 'integer', minimum: 1 },
      leadsTo: { type: 'string', minLength: 1 },
      ends: { enum: ['hop', 'rollout'] },
      gates: stageGatesSchema,
    },
  },
  symbol: '?',
  describe(step) {
    const params = promoteParams(step);
    if (params.group !== undefined) return `waits for label group ${params.group}`;
    const waits = describeWaits(params);
    const then = opens(params);
    return waits === '' ? then : `${waits}, then ${then}`;
  },
  instructions(step): readonly Instruction[] {
    const { group, bakeMs, gates, approval } = promoteParams(step);
    if (group !== undefined) return [];
    const { stage } = step;
    return [
      ...(bakeMs > 0 ? [{ kind: 'bake', stage, durationMs: bakeMs } as const] : []),
      ...(gates === undefined ? [] : [{ kind: 'judge', stage, gates } as const]),
      ...(approval ? [{ kind: 'await-approval', stage } as const] : []),
      { kind: 'promote', stage },
    ];
  },
  inverse: () => [],
} as const satisfies Action<PlanStep>;

export function promoteParams(step: PlanStep): PromoteParams {
  return step.params as unknown as PromoteParams;
}

/** `bakes for 1h under 2 gates, waits for approval`; empty where nothing is waited for. */
export function describeWaits({ bakeMs, gates, approval }: PromoteParams): string {
  const watched = gates === undefined ? '' : `${gates.gates.length} ${gates.gates.length === 1 ? 'gate' : 'gates'}`;
  const bake = bakeMs > 0 ? [`bakes for ${formatDuration(bakeMs)}${watched === '' ? '' : ` under ${watched}`}`] : [];
  const judged = bakeMs === 0 && watched !== '' ? [`asks ${watched}`] : [];
  return [...bake, ...judged, ...(approval ? ['waits for approval'] : [])].join(', ');
}

function opens({ ends, hop }: PromoteParams): string {
  if (ends === 'rollout') return 'the rollout is done';
  return ends === 'hop' ? `opens hop ${(hop ?? 0) + 1}` : 'opens the next stage';
}
