/**
 * Placed changes → the steps of the plan and their DAG. `needs` says only what is true whoever leads: a stage waits
 * for the gate before it, a label group for the barrier before it. So a node's step needs one gate at most and a gate
 * needs the steps in front of it: the edges grow with the nodes, not with their square. All else is in constraints.
 * Only needs of `stage-promote` steps may be waived by the executor, for a node that leads when its turn comes.
 */
import type { PromoteParams } from '../../actions/stage-promote.ts';
import type { Digest } from '../../kernel/digest.ts';
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { PlanStep, StepUndo } from '../../model/plan.ts';
import type { ChangeShape, NodeChange } from '../change/node-change.ts';
import type { LabelGroups } from './label-groups.ts';
import type { PlacedChange } from './placement.ts';
import type { PlannedGates } from './promotions.ts';

export interface StepContext {
  readonly healthTimeoutMs: number;
  readonly targetDigest: Digest;
  readonly gates: PlannedGates;
  readonly groups: LabelGroups;
}

/** `placed` in plan order; the steps are in an order in which each stands after all it needs. */
export function planSteps(placed: readonly PlacedChange[], context: StepContext): readonly PlanStep[] {
  const steps: PlanStep[] = [];
  const shared = new Map<ChangeShape, SharedParts>();
  let barrier: readonly string[] = [];
  let at = 0;
  const stages = Math.max(0, ...context.gates.keys(), placed.at(-1)?.stage ?? 0);
  for (let stage = 1; stage <= stages; stage += 1) {
    let front: readonly string[] = barrier;
    let needs = barrier;
    while (at < placed.length && placed[at]!.stage === stage) {
      const { group } = placed[at]!;
      const ids: string[] = [];
      for (; at < placed.length && placed[at]!.stage === stage && placed[at]!.group === group; at += 1) {
        const step = nodeStep(placed[at]!, needs, context.healthTimeoutMs, shared);
        steps.push(step);
        ids.push(step.id);
      }
      front = ids;
      if (at < placed.length && placed[at]!.stage === stage) {
        const between = groupBarrier(stage, group, placed[at]!.group, ids, context);
        steps.push(between);
        needs = [between.id];
      }
    }
    const params = context.gates.get(stage);
    if (params === undefined) continue;
    const gate = stageGate(stage, params, front, context);
    steps.push(gate);
    barrier = [gate.id];
  }
  return steps;
}

/** Parts that are the same object for all steps of a shape: a plan of many nodes stays small. */
interface SharedParts {
  readonly restorePoint: string;
  readonly undo: StepUndo;
  readonly params: NonNullable<PlanStep['params']>;
}

function nodeStep(
  { change, stage }: PlacedChange,
  needs: readonly string[],
  healthTimeoutMs: number,
  shared: Map<ChangeShape, SharedParts>,
): PlanStep {
  const { shape, node } = change;
  let parts = shared.get(shape);
  if (parts?.restorePoint !== change.restorePoint || change.returnTo !== undefined) {
    parts = makeParts(change, healthTimeoutMs);
    shared.set(shape, parts);
  }
  const [transition, ...more] = shape.transitions;
  return {
    id: `${node.name}/${shape.kind.slice('node-'.length)}/${shape.digest}`,
    kind: shape.kind,
    target: `node/${node.name}`,
    ...(transition === undefined ? {} : { transition }),
    ...(more.length === 0 ? {} : { with: more }),
    before: shape.before.step,
    after: shape.after.step,
    reason: shape.reason,
    needs,
    stage,
    undo: parts.undo,
    params: parts.params,
  };
}

function makeParts({ shape, restorePoint, returnTo }: NodeChange, healthTimeoutMs: number): SharedParts {
  const undo: StepUndo = { kind: 'restore', restorePoint };
  const params =
    returnTo === undefined
      ? { packages: shape.packages, restorePoint, healthTimeoutMs }
      : { restorePoint: returnTo, keep: restorePoint, healthTimeoutMs };
  return { restorePoint, undo, params };
}

function stageGate(
  stage: number,
  params: PromoteParams,
  needs: readonly string[],
  { targetDigest }: StepContext,
): PlanStep {
  return {
    id: `stage-${stage}/promote/${shortDigest(digestJson([targetDigest, stage, params]))}`,
    kind: 'stage-promote',
    target: `stage/${stage}`,
    before: { promoted: false },
    after: { promoted: true },
    reason: gateReason(stage, params),
    needs,
    stage,
    params: { ...params } as unknown as JsonObject,
  };
}

function gateReason(stage: number, { bakeMs, approval, gates, ends }: PromoteParams): string {
  const waits = [
    ...(bakeMs > 0 ? [`a bake of ${formatDuration(bakeMs)}`] : []),
    ...(gates === undefined ? [] : [gates.gates.length === 1 ? 'its gate' : 'its gates']),
    ...(approval ? ['an approval'] : []),
  ];
  const list = waits.length < 3 ? waits.join(' and ') : `${waits[0]!}, ${waits[1]!} and ${waits[2]!}`;
  if (ends === 'rollout') return `the rollout ends after stage ${stage} and ${list}`;
  const who = ends === 'hop' ? 'the next hop waits' : 'later stages wait';
  return `${who} for stage ${stage}${list === '' ? '' : ` and for ${list}`}`;
}

function groupBarrier(
  stage: number,
  group: number,
  next: number,
  needs: readonly string[],
  { targetDigest, groups }: StepContext,
): PlanStep {
  const params: PromoteParams = { bakeMs: 0, approval: false, group: group + 1 };
  return {
    id: `stage-${stage}/group-${group + 1}/${shortDigest(digestJson([targetDigest, stage, params]))}`,
    kind: 'stage-promote',
    target: `stage/${stage}`,
    before: {},
    after: {},
    reason: `"${groups.nameOf(next)}" starts after "${groups.nameOf(group)}"`,
    needs,
    stage,
    params: { ...params } as unknown as JsonObject,
  };
}
