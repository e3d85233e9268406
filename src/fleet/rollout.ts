/**
 * Changes of the rollout record, as pure functions. Stage membership is fixed when a rollout of a target starts
 * and survives every run for that target; a target that was rolled back stays in quarantine until a person lifts it.
 */
import type { Digest } from '../kernel/digest.ts';
import type { Plan } from '../model/plan.ts';
import type { Durations, RolloutProgress, RolloutRecord, StageProgress } from '../model/rollout-record.ts';

/** How many measurements an estimate is made from. */
const kept = 50;

/** Same target: the record stays as it is. `membership`: node names by stage, index 0 is stage 1. */
export function startRollout(
  record: RolloutRecord,
  target: Digest,
  membership: readonly (readonly string[])[],
  at: string,
): RolloutRecord {
  if (record.current !== null && record.current.target === target) return record;
  const stages = membership.map((nodes): StageProgress => ({ nodes, completedAt: null, promotedAt: null }));
  return { ...record, current: { target, startedAt: at, stages } };
}

/** Stage membership as far as a plan tells it: the nodes that have steps, each in the stage of its first one. */
export function membershipOf(plan: Plan): string[][] {
  const stages: string[][] = [];
  const known = new Set<string>();
  for (const step of plan.steps) {
    while (stages.length < step.stage) stages.push([]);
    if (!step.target.startsWith('node/') || known.has(step.target)) continue;
    known.add(step.target);
    stages[step.stage - 1]!.push(step.target.slice('node/'.length));
  }
  return stages;
}

/** The last node of the stage finished: bake time counts from here. A second completion changes nothing. */
export function completeStage(record: RolloutRecord, stage: number, at: string): RolloutRecord {
  return changeStage(record, stage, (one) => (one.completedAt === null ? { ...one, completedAt: at } : one));
}

export function promoteStage(record: RolloutRecord, stage: number, at: string): RolloutRecord {
  return changeStage(record, stage, (one) => ({
    ...one,
    completedAt: one.completedAt ?? at,
    promotedAt: one.promotedAt ?? at,
  }));
}

/** Every stage is complete, the last one promoted with it. */
export function finishRollout(record: RolloutRecord, at: string): RolloutRecord {
  let next = record;
  for (let stage = 1; stage <= (record.current?.stages.length ?? 0); stage += 1) next = promoteStage(next, stage, at);
  return next;
}

/** The rollout is over and nothing of it stands: the next one starts with fresh stages. */
export function abandonRollout(record: RolloutRecord): RolloutRecord {
  return { ...record, current: null };
}

export function quarantine(record: RolloutRecord, target: Digest, at: string, reason: string): RolloutRecord {
  const others = record.quarantine.filter((one) => one.target !== target);
  return { ...record, quarantine: [...others, { target, at, reason }] };
}

export function liftQuarantine(record: RolloutRecord, target?: Digest): RolloutRecord {
  return {
    ...record,
    quarantine: target === undefined ? [] : record.quarantine.filter((one) => one.target !== target),
  };
}

/** Adds what was measured; the estimate is the 95th percentile of the last measurements. */
export function measure(record: RolloutRecord, measured: Durations): RolloutRecord {
  const known = record.durations ?? { update: [], rollback: [] };
  const update = [...known.update, ...measured.update].slice(-kept);
  const rollback = [...known.rollback, ...measured.rollback].slice(-kept);
  return {
    ...record,
    durations: { update, rollback },
    estimates: {
      updateMs: p95(update) ?? record.estimates.updateMs,
      rollbackMs: p95(rollback) ?? record.estimates.rollbackMs,
    },
  };
}

/** Nearest rank; null without values. */
export function p95(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * 0.95) - 1]!);
}

function changeStage(
  record: RolloutRecord,
  stage: number,
  change: (progress: StageProgress) => StageProgress,
): RolloutRecord {
  if (record.current === null || record.current.stages[stage - 1] === undefined) return record;
  const stages = record.current.stages.map((one, index) => (index === stage - 1 ? change(one) : one));
  const current: RolloutProgress = { ...record.current, stages };
  return { ...record, current };
}
