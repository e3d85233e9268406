/** A stage-promote step with gates, and the switches that make nodes new ones at it. Pure; made when it is needed. */
import type { StageGates } from '../../actions/instruction.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import { changesHands } from '../line/state-match.ts';
import type { ActionLookup } from '../line/program.ts';

export interface GatedStage {
  readonly step: PlanStep;
  readonly stage: number;
  /** Under which its looks are kept. */
  readonly key: string;
  readonly gates: StageGates;
  readonly bakeMs: number;
  readonly lookMs: number;
}

/** Of one hop: the switch of each node, and in which stage it is. */
export type Switches = ReadonlyMap<string, PlanStep>;

const looksPerBake = 240;
const shortestLookMs = 2000;
const longestLookMs = 60_000;

/** In the order of the plan; those that judge something. */
export function gatedStages(plan: Plan, actions: ActionLookup): readonly GatedStage[] {
  return plan.steps.flatMap((step) => {
    if (step.target.startsWith('node/')) return [];
    let gates: StageGates | undefined;
    let bakeMs = 0;
    for (const instruction of actions(step).instructions(step)) {
      if (instruction.kind === 'judge') gates = instruction.gates;
      if (instruction.kind === 'bake') bakeMs = Math.max(bakeMs, instruction.durationMs);
    }
    if (gates === undefined) return [];
    const { stage, hop } = step;
    const key = hop === undefined ? `${stage}` : `${stage} of hop ${hop}`;
    const lookMs = Math.round(Math.min(longestLookMs, Math.max(shortestLookMs, bakeMs / looksPerBake)));
    return [{ step, stage, key, gates, bakeMs, lookMs }];
  });
}

/** By node. A repair makes no new node. */
export function switchesOf(plan: Plan, hop: number | undefined): Switches {
  const switches = new Map<string, PlanStep>();
  for (const step of plan.steps) {
    if (step.hop !== hop || !step.target.startsWith('node/') || !changesHands(step)) continue;
    switches.set(step.target.slice('node/'.length), step);
  }
  return switches;
}

/** How often gates are compared in all: what the probability of a false alarm is divided by. */
export function comparisonsIn(stages: readonly GatedStage[], promotedBefore: number): number {
  const counts = stages.map(
    ({ gates }) =>
      gates.gates.filter(({ name, worseBy }) => worseBy !== null && !gates.notCompared.includes(name)).length,
  );
  // Stages that an earlier run has promoted were compared as the widest of these are.
  return counts.reduce((total, count) => total + count, 0) + promotedBefore * Math.max(0, ...counts);
}
