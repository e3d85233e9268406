/**
 * After which stages the rollout stops for a gate: wherever versions move in a stage and again in a later one. A stage
 * of which nothing moves any more is gated too, until it is known to have been passed: the record says that its nodes
 * were promoted, or, where there is no record of all these nodes, a later stage runs the new manifests already (a node
 * that joins late must not make the whole fleet bake again). What a record of a smaller scope opened, it opened for the nodes it held. The last stage has a gate where the next
 * hop waits behind it, and where the rollout is judged: that one ends the rollout and opens nothing.
 */
import type { PromoteParams } from '../../actions/stage-promote.ts';
import type { DesiredRollout } from '../../model/desired.ts';
import type { StageProgress } from '../../model/rollout-record.ts';
import type { NodeWork } from '../change/node-work.ts';
import type { Notes } from '../findings/notes.ts';
import type { PlacedChange } from './placement.ts';
import { noteGates, stageGates, stageSubjects } from './stage-gates.ts';
import type { Membership } from './stage-membership.ts';

/** What the gate after a stage asks for, by stage from 1. */
export type PlannedGates = ReadonlyMap<number, PromoteParams>;

export interface GateInputs {
  /** Of this hop. */
  readonly placed: readonly PlacedChange[];
  readonly works: readonly NodeWork[];
  readonly membership: Membership;
  readonly rollout: Pick<DesiredRollout, 'stages' | 'gates'>;
  /** Of this hop; empty where no rollout to this target has begun. */
  readonly progress: readonly StageProgress[];
  /** Absent: the last hop, which leads to the target. */
  readonly hop?: { readonly number: number; readonly leadsTo: string };
  /** In a sentence, `hop 1`; empty in a rollout of one hop. */
  readonly hopName: string;
}

export function plannedGates(inputs: GateInputs, notes: Notes): PlannedGates {
  const { placed, works, membership, rollout, hop, hopName } = inputs;
  const { moving, arriving } = movements(placed);
  const settled = settledTest(placed, arriving);
  const subjects = stageSubjects(placed, works, membership.stageOf, rollout.stages.length, settled);
  const gates = new Map<number, PromoteParams>();
  const plan = (number: number, ends: PromoteParams['ends']): void => {
    const stage = rollout.stages[number - 1]!;
    // A person is asked on the way to the target only, and for nothing once everyone has it.
    const asked = hop === undefined && ends === undefined && stage.promotion !== 'gate';
    const judged = stageGates(stage, rollout.gates, subjects[number - 1]!, asked);
    // After everyone has the target there is only something to wait for where it is judged.
    if (ends === 'rollout' && judged === undefined) return;
    noteGates({ number, stage, asked, hop: hopName }, rollout.gates, subjects[number - 1]!, notes);
    gates.set(number, {
      bakeMs: stage.bakeMs,
      approval: asked,
      ...(hop === undefined ? {} : { hop: hop.number, leadsTo: hop.leadsTo }),
      ...(ends === undefined ? {} : { ends }),
      ...(judged === undefined ? {} : { gates: judged }),
    });
  };
  for (const stage of gatedStages(inputs, moving, settled)) plan(stage, undefined);
  const closing = closingStage(inputs, moving);
  if (closing !== undefined) plan(closing, hop === undefined ? 'rollout' : 'hop');
  return gates;
}

type Arrivals = ReadonlySet<string>;

function movements(placed: readonly PlacedChange[]): { moving: ReadonlySet<number>; arriving: Arrivals } {
  const moving = new Set<number>();
  const arriving = new Set<string>();
  const seen = new Set<unknown>();
  for (const { leg, stage } of placed) {
    if (leg.shape.kind === 'node-repair') continue;
    moving.add(stage);
    if (seen.has(leg.shape)) continue;
    seen.add(leg.shape);
    for (const name of leg.shape.packages) arriving.add(`${name} ${leg.shape.after.packages[name]!.manifestHash}`);
  }
  return { moving, arriving };
}

/** Tells nodes that need nothing in this hop and have one of the arriving manifests. */
function settledTest(placed: readonly PlacedChange[], arriving: Arrivals): (work: NodeWork) => boolean {
  const changing = new Set(placed.map(({ work }) => work));
  return (work) => {
    const { observed, inScope } = work;
    if (!inScope || observed?.reachable !== true || changing.has(work)) return false;
    for (const name of Object.keys(observed.packages)) {
      if (arriving.has(`${name} ${observed.packages[name]!.manifestHash}`)) return true;
    }
    return false;
  };
}

function gatedStages(
  { works, membership: { stageOf, sizes }, progress: recorded }: GateInputs,
  moving: ReadonlySet<number>,
  settled: (work: NodeWork) => boolean,
): readonly number[] {
  const lastMoving = Math.max(0, ...moving);
  const progress = holdsAll(recorded, works, stageOf) ? recorded : [];
  // Where the record knows everyone it alone says what was opened: a node may have had the target before the rollout.
  const lastRunning =
    progress.length > 0
      ? 0
      : works.reduce((stage, work) => {
          const own = stageOf.get(work.node.name) ?? 0;
          return own > stage && settled(work) ? own : stage;
        }, 0);
  const gated: number[] = [];
  for (let stage = 1; stage < lastMoving; stage += 1) {
    if (sizes[stage - 1] === 0) continue;
    if (moving.has(stage) || !(wasPromoted(progress, stage) || lastRunning > stage)) gated.push(stage);
  }
  return gated;
}

/** After which stage the hop ends; undefined where nothing waits there. Where nothing moves any more it may still bake. */
function closingStage({ rollout, progress, hop }: GateInputs, moving: ReadonlySet<number>): number | undefined {
  const completed = progress.findLastIndex(({ completedAt }) => completedAt !== null) + 1;
  const closing = moving.size > 0 ? Math.max(...moving) : completed;
  if (closing === 0 || closing > rollout.stages.length) return undefined;
  if (moving.size === 0 && wasPromoted(progress, closing)) return undefined;
  return hop !== undefined || rollout.stages[closing - 1]!.bakeMs > 0 ? closing : undefined;
}

/** Whether the record knows every node that is planned now. */
function holdsAll(
  progress: readonly StageProgress[],
  works: readonly NodeWork[],
  stageOf: ReadonlyMap<string, number>,
): boolean {
  if (progress.length === 0) return true;
  const held = new Set(progress.flatMap(({ nodes }) => nodes));
  return works.every(({ node, inScope }) => !inScope || !stageOf.has(node.name) || held.has(node.name));
}

function wasPromoted(progress: readonly StageProgress[], stage: number): boolean {
  const recorded = progress[stage - 1];
  return recorded !== undefined && recorded.nodes.length > 0 && recorded.promotedAt !== null;
}
