/**
 * A plan as every format shows it: stages, and in them blocks of steps that do the same. In a small plan each step is
 * its own block; in a large one nodes that change alike share one, so that a thousand nodes still read as a page.
 */
import type { Plan, PlanStep, ScheduledStep, Transition } from '../../model/plan.ts';

/** A plan with what other rooms know of it. */
export interface PlanView {
  readonly plan: Plan;
  /** Step ids in the order in which they are taken back. */
  readonly undo: readonly string[];
  readonly symbolOf: (step: PlanStep) => string;
  /** One line: what the step does. */
  readonly describe: (step: PlanStep) => string;
}

export interface StageView {
  readonly stage: number;
  readonly blocks: readonly BlockView[];
}

export interface BlockView {
  readonly symbol: string;
  /** Steps that do the same, in plan order; at least one. */
  readonly steps: readonly PlanStep[];
  readonly reason: string;
  readonly transitions: readonly Transition[];
  readonly startsAfterMs: number;
  readonly endsAfterMs: number;
  /** Of one step. */
  readonly estimateMs: number;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
}

/** From here on nodes that change alike are shown together. */
const groupFrom = 26;

export function stageViews({ plan, symbolOf }: PlanView): readonly StageView[] {
  const transitions = new Map(plan.transitions.map((transition) => [transition.id, transition]));
  const times = new Map(plan.schedule.map((entry) => [entry.step, entry]));
  const grouped = plan.steps.length >= groupFrom;
  const stages = new Map<number, Map<string, PlanStep[]>>();
  for (const step of plan.steps) {
    let blocks = stages.get(step.stage);
    if (blocks === undefined) stages.set(step.stage, (blocks = new Map()));
    const key = grouped ? blockKey(step) : step.id;
    const block = blocks.get(key);
    if (block === undefined) blocks.set(key, [step]);
    else block.push(step);
  }
  return [...stages]
    .sort(([a], [b]) => a - b)
    .map(([stage, blocks]) => ({
      stage,
      blocks: [...blocks.values()].map((steps) => blockView(steps, symbolOf(steps[0]!), transitions, times)),
    }));
}

/** Repairs of different extent stay apart by their reason; a gate is always alone. Barriers keep groups apart. */
function blockKey(step: PlanStep): string {
  if (step.kind === 'stage-promote') return step.id;
  return [step.kind, step.transition, step.with?.join(), step.reason, step.irreversible?.why, step.needs[0]].join('\n');
}

function blockView(
  steps: readonly PlanStep[],
  symbol: string,
  transitions: ReadonlyMap<string, Transition>,
  times: ReadonlyMap<string, ScheduledStep>,
): BlockView {
  const first = steps[0]!;
  const ids = first.transition === undefined ? [] : [first.transition, ...(first.with ?? [])];
  let earliest: ScheduledStep | undefined;
  let latest: ScheduledStep | undefined;
  for (const { id } of steps) {
    const time = times.get(id);
    if (time === undefined) continue;
    if (earliest === undefined || time.startsAfterMs < earliest.startsAfterMs) earliest = time;
    if (latest === undefined || time.endsAfterMs > latest.endsAfterMs) latest = time;
  }
  return {
    symbol,
    steps,
    reason: first.reason,
    transitions: ids.flatMap((id) => transitions.get(id) ?? []),
    startsAfterMs: earliest?.startsAfterMs ?? 0,
    endsAfterMs: latest?.endsAfterMs ?? 0,
    estimateMs: earliest?.estimateMs ?? 0,
    startsAt: earliest?.startsAt ?? null,
    endsAt: latest?.endsAt ?? null,
  };
}

export function nodeName(step: PlanStep): string {
  return step.target.slice(step.target.indexOf('/') + 1);
}

/** When the last step is expected to end. */
export function totalMs(plan: Plan): number {
  let total = 0;
  for (const { endsAfterMs } of plan.schedule) total = Math.max(total, endsAfterMs);
  return total;
}
