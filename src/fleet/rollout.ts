/**
 * Changes of the rollout record, as pure functions. Stage membership is fixed when a rollout of a target starts
 * and survives every run for that target; a target that was rolled back stays in quarantine until a person lifts it.
 */
import type { Digest } from '../kernel/digest.ts';
import { compareText } from '../kernel/finding.ts';
import type { PromoteParams } from '../actions/stage-promote.ts';
import type { Plan } from '../model/plan.ts';
import type {
  Durations,
  Estimates,
  RolloutProgress,
  RolloutRecord,
  SchemaWork,
  StageProgress,
} from '../model/rollout-record.ts';
import type { VerdictSummary } from '../model/verdict.ts';

/** How many measurements an estimate is made from. */
const kept = 50;
const keptVerdicts = 100;

/**
 * Same target: the record stays as it is, but for hops that a later plan adds and for nodes that were not selected or
 * not there before. What was opened was not opened for those: every gate before them is asked again. `membership`: node
 * names by stage, index 0 is stage 1, the same for every hop; `hops`: what each hop before the last leads to.
 */
export function startRollout(
  record: RolloutRecord,
  target: Digest,
  membership: readonly (readonly string[])[],
  at: string,
  hops: readonly string[] = [],
): RolloutRecord {
  const { current } = record;
  const same = current?.target === target ? current : null;
  const progress = same === null ? { target, startedAt: at, stages: membership.map(fresh) } : grown(same, membership);
  const known = progress.hops ?? {};
  const added = hops.filter((key) => !Object.hasOwn(known, key));
  if (progress === current && added.length === 0) return record;
  if (added.length === 0) return { ...record, current: progress };
  const all = { ...known };
  for (const key of added) all[key] = progress.stages.map(({ nodes }) => fresh(nodes));
  return { ...record, current: { ...progress, hops: all } };
}

function grown(progress: RolloutProgress, membership: readonly (readonly string[])[]): RolloutProgress {
  const held = new Set(progress.stages.flatMap(({ nodes }) => nodes));
  const news = membership.map((nodes) => nodes.filter((name) => !held.has(name)));
  if (news.every((nodes) => nodes.length === 0)) return progress;
  const grow = (stages: readonly StageProgress[]): readonly StageProgress[] =>
    stages.map((stage, index) => ({
      ...stage,
      nodes: [...stage.nodes, ...(news[index] ?? [])].sort(compareText),
      promotedAt: null,
    }));
  const hops = Object.entries(progress.hops ?? {}).map(([key, stages]) => [key, grow(stages)] as const);
  return {
    ...progress,
    stages: grow(progress.stages),
    ...(progress.hops === undefined ? {} : { hops: Object.fromEntries(hops) }),
  };
}

function fresh(nodes: readonly string[]): StageProgress {
  return { nodes, completedAt: null, promotedAt: null };
}

/** What the hops of a plan before the last one lead to. */
export function hopsOf({ steps }: Plan): string[] {
  const keys = new Set<string>();
  for (const { kind, params } of steps) {
    const { leadsTo } = (params ?? {}) as Partial<PromoteParams>;
    if (kind === 'stage-promote' && leadsTo !== undefined) keys.add(leadsTo);
  }
  return [...keys];
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

/** A stage of the last hop, or of the hop that leads to `leadsTo`. */
export interface StageOfHop {
  readonly stage: number;
  readonly leadsTo: string | null;
}

/** The last node of the stage finished: bake time counts from here. A second completion changes nothing. */
export function completeStage(record: RolloutRecord, stage: StageOfHop, at: string): RolloutRecord {
  return changeStage(record, stage, (one) => (one.completedAt === null ? { ...one, completedAt: at } : one));
}

export function promoteStage(record: RolloutRecord, stage: StageOfHop, at: string): RolloutRecord {
  return changeStage(record, stage, (one) => ({
    ...one,
    completedAt: one.completedAt ?? at,
    promotedAt: one.promotedAt ?? at,
  }));
}

/** Every stage of every hop is complete, the last one promoted with it. */
export function finishRollout(record: RolloutRecord, at: string): RolloutRecord {
  const { current } = record;
  if (current === null) return record;
  let next = record;
  for (const leadsTo of [...Object.keys(current.hops ?? {}), null]) {
    for (let stage = 1; stage <= current.stages.length; stage += 1) next = promoteStage(next, { stage, leadsTo }, at);
  }
  return next;
}

/** Newest last; the same one twice is one. */
export function noteVerdicts(record: RolloutRecord, news: readonly VerdictSummary[]): RolloutRecord {
  const known = new Set(record.verdicts.map(({ id }) => id));
  const added = news.filter(({ id }) => !known.has(id));
  if (added.length === 0) return record;
  return { ...record, verdicts: [...record.verdicts, ...added].slice(-keptVerdicts) };
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
  const schema = measuredSchemas(known, measured);
  return {
    ...record,
    durations: { update, rollback, ...(schema === undefined ? {} : { schema }) },
    estimates: {
      ...record.estimates,
      updateMs: p95(update) ?? record.estimates.updateMs,
      rollbackMs: p95(rollback) ?? record.estimates.rollbackMs,
      ...(schema === undefined ? {} : { schemaMs: p95OfEach(schema) }),
    },
  };
}

type SchemaDurations = NonNullable<Durations['schema']>;

function measuredSchemas(known: Durations, measured: Durations): SchemaDurations | undefined {
  if (known.schema === undefined && measured.schema === undefined) return undefined;
  const all: Partial<Record<SchemaWork, readonly number[]>> = { ...known.schema };
  for (const [work, news] of Object.entries(measured.schema ?? {}) as [SchemaWork, readonly number[]][]) {
    all[work] = [...(all[work] ?? []), ...news].slice(-kept);
  }
  return all;
}

function p95OfEach(schema: SchemaDurations): NonNullable<Estimates['schemaMs']> {
  const estimates: Partial<Record<SchemaWork, number>> = {};
  for (const [work, values] of Object.entries(schema) as [SchemaWork, readonly number[]][]) {
    const estimate = p95(values);
    if (estimate !== null) estimates[work] = estimate;
  }
  return estimates;
}

/** Nearest rank; null without values. */
export function p95(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * 0.95) - 1]!);
}

function changeStage(
  record: RolloutRecord,
  { stage, leadsTo }: StageOfHop,
  change: (progress: StageProgress) => StageProgress,
): RolloutRecord {
  const { current } = record;
  if (current === null) return record;
  const stages = leadsTo === null ? current.stages : current.hops?.[leadsTo];
  if (stages?.[stage - 1] === undefined) return record;
  const changed = stages.map((one, index) => (index === stage - 1 ? change(one) : one));
  if (leadsTo === null) return { ...record, current: { ...current, stages: changed } };
  return { ...record, current: { ...current, hops: { ...current.hops, [leadsTo]: changed } } };
}
