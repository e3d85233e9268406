/**
 * Placed switches → the steps of the plan and their DAG, hop after hop. `needs` says only what is true whoever leads: a
 * stage waits for the gate before it, a label group for the barrier before it, a hop for the last gate of the hop
 * before, and a node for its own step of an earlier hop. So a node's step needs one gate and one step at most. All else
 * is in constraints. Only needs of `stage-promote` steps may be waived by the executor, for a node that leads when its
 * turn comes. So a gate needs every step of its stage, and the one that ends a hop every step of the hop: a leader that
 * was passed over where it stands in the plan is waited for once it is its turn. The edges grow with the nodes, not
 * with their square. Steps of databases stand between the hops: what the first stage of a hop waits for besides its gate.
 */
import type { PromoteParams } from '../../actions/stage-promote.ts';
import type { Digest } from '../../kernel/digest.ts';
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { PlanStep, StepUndo } from '../../model/plan.ts';
import type { ChangeShape } from '../change/change-shape.ts';
import type { NodeLeg } from '../change/node-change.ts';
import type { LabelGroups } from './label-groups.ts';
import type { PlacedChange } from './placement.ts';
import type { PlannedGates } from './promotions.ts';
import type { SchemaSteps } from '../schema/schema-steps.ts';

export interface StepContext {
  readonly healthTimeoutMs: number;
  readonly targetDigest: Digest;
  readonly groups: LabelGroups;
}

export interface HopSteps {
  /** In plan order. */
  readonly placed: readonly PlacedChange[];
  readonly gates: PlannedGates;
  /** From 1; absent on the last. */
  readonly number?: number;
}

/** The placed switch of each node step, by step id. */
export interface PlannedSteps {
  /** Each after all it needs. */
  readonly steps: readonly PlanStep[];
  readonly placedOf: ReadonlyMap<string, PlacedChange>;
}

/** `schema`: steps of databases before and after the hops. */
export function planSteps(hops: readonly HopSteps[], context: StepContext, schema?: SchemaSteps): PlannedSteps {
  const made = { steps: [] as PlanStep[], placedOf: new Map<string, PlacedChange>() };
  const shared = new Map<ChangeShape, SharedParts>();
  const previous = new Map<string, string>();
  let barrier: readonly string[] = [];
  for (const [index, hop] of hops.entries()) {
    const first = schema?.before(index, barrier);
    if (first !== undefined) made.steps.push(...first.steps);
    const over = hopSteps(hop, first?.barrier ?? barrier, { ...context, made, shared, previous });
    barrier = over.barrier;
    if (schema !== undefined) made.steps.push(...schema.after(index, over.ended).steps);
  }
  if (schema !== undefined) made.steps.push(...schema.end().steps);
  return made;
}

interface HopContext extends StepContext {
  readonly made: { readonly steps: PlanStep[]; readonly placedOf: Map<string, PlacedChange> };
  readonly shared: Map<ChangeShape, SharedParts>;
  /** The last step so far of each node that has one. */
  readonly previous: Map<string, string>;
}

interface HopEnd {
  /** What the next hop waits for. */
  readonly barrier: readonly string[];
  /** The gate that ends the hop, else every step of it: who leads is waited for too. */
  readonly ended: readonly string[];
}

function hopSteps({ placed, gates, number }: HopSteps, start: readonly string[], context: HopContext): HopEnd {
  const { made, previous } = context;
  let barrier = start;
  let at = 0;
  const ofHop: string[] = [];
  let closing: string | undefined;
  const stages = Math.max(0, ...gates.keys(), placed.at(-1)?.stage ?? 0);
  for (let stage = 1; stage <= stages; stage += 1) {
    const ofStage: string[] = [];
    let needs = barrier;
    while (at < placed.length && placed[at]!.stage === stage) {
      const { group } = placed[at]!;
      const ids: string[] = [];
      for (; at < placed.length && placed[at]!.stage === stage && placed[at]!.group === group; at += 1) {
        const entry = placed[at]!;
        const { name } = entry.work.node;
        const own = previous.get(name);
        const step = nodeStep(entry, own === undefined ? needs : [...needs, own], number, context);
        made.steps.push(step);
        made.placedOf.set(step.id, entry);
        if (number !== undefined) previous.set(name, step.id);
        ids.push(step.id);
      }
      ofStage.push(...ids);
      if (at < placed.length && placed[at]!.stage === stage) {
        const between = groupBarrier({ stage, group, next: placed[at]!.group, hop: number }, ids, context);
        made.steps.push(between);
        needs = [between.id];
      }
    }
    ofHop.push(...ofStage);
    const params = gates.get(stage);
    if (params === undefined) continue;
    const awaited = params.ends === undefined ? ofStage : [...ofHop];
    const gate = stageGate(stage, params, awaited.length > 0 ? awaited : barrier, context);
    made.steps.push(gate);
    barrier = [gate.id];
    closing = params.ends === undefined ? undefined : gate.id;
  }
  if (closing !== undefined) return { barrier, ended: [closing] };
  return { barrier, ended: ofHop.length > 0 ? ofHop : barrier };
}

/** Parts that are the same object for all steps of a shape: a plan of many nodes stays small. */
interface SharedParts {
  readonly restorePoint: string;
  readonly undo: StepUndo;
  readonly params: NonNullable<PlanStep['params']>;
  readonly moves: Pick<PlanStep, 'transition' | 'with'>;
}

function nodeStep(
  { leg, stage, work: { node } }: PlacedChange,
  needs: readonly string[],
  hop: number | undefined,
  { healthTimeoutMs, shared }: HopContext,
): PlanStep {
  const { shape } = leg;
  let parts = shared.get(shape);
  if (parts?.restorePoint !== leg.restorePoint || leg.returnTo !== undefined) {
    parts = makeParts(leg, healthTimeoutMs);
    shared.set(shape, parts);
  }
  return {
    id: `${node.name}/${shape.kind.slice('node-'.length)}/${shape.digest}`,
    kind: shape.kind,
    target: `node/${node.name}`,
    ...parts.moves,
    before: shape.before.step,
    after: shape.after.step,
    reason: shape.reason,
    needs,
    stage,
    ...(hop === undefined ? {} : { hop }),
    undo: parts.undo,
    params: parts.params,
  };
}

function makeParts({ shape, restorePoint, returnTo }: NodeLeg, healthTimeoutMs: number): SharedParts {
  const undo: StepUndo = { kind: 'restore', restorePoint };
  const params =
    returnTo === undefined
      ? { packages: shape.packages, restorePoint, healthTimeoutMs, ...(shape.critical ? { critical: true } : {}) }
      : { restorePoint: returnTo, keep: restorePoint, healthTimeoutMs };
  const [transition, ...more] = shape.transitions;
  const moves = { ...(transition === undefined ? {} : { transition }), ...(more.length === 0 ? {} : { with: more }) };
  return { restorePoint, undo, params, moves };
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
    ...(params.hop === undefined ? {} : { hop: params.hop }),
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

interface Between {
  readonly stage: number;
  readonly group: number;
  readonly next: number;
  readonly hop: number | undefined;
}

function groupBarrier(
  { stage, group, next, hop }: Between,
  needs: readonly string[],
  { targetDigest, groups }: StepContext,
): PlanStep {
  const numbered = hop === undefined ? {} : { hop };
  const params: PromoteParams = { bakeMs: 0, approval: false, group: group + 1, ...numbered };
  return {
    id: `stage-${stage}/group-${group + 1}/${shortDigest(digestJson([targetDigest, stage, params]))}`,
    kind: 'stage-promote',
    target: `stage/${stage}`,
    before: {},
    after: {},
    reason: `"${groups.nameOf(next)}" starts after "${groups.nameOf(group)}"`,
    needs,
    stage,
    ...numbered,
    params: { ...params } as unknown as JsonObject,
  };
}
