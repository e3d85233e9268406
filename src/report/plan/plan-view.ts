/**
 * A plan as every format shows it: hops, in them stages, and in those blocks of steps that do the same. In a small plan
 * each step is its own block; in a large one nodes that change alike share one, so that a thousand nodes still read as
 * a page.
 */
import type { DesiredGate } from '../../model/desired.ts';
import type { DeferredStep, Plan, PlanStep, ScheduledStep, Transition } from '../../model/plan.ts';

/** A plan with what other rooms know of it. */
export interface PlanView {
  readonly plan: Plan;
  /** Step ids in the order in which they are taken back. */
  readonly undo: readonly string[];
  readonly symbolOf: (step: PlanStep) => string;
  /** One line: what the step does. */
  readonly describe: (step: PlanStep) => string;
  /** What a gate waits for, in few words; empty where nothing is. */
  readonly waitsOf: (step: PlanStep) => string;
  /** What a stage is judged by; undefined where nothing is. */
  readonly gatesOf: (step: PlanStep) => GatesView | undefined;
  /** What a step does in a database; undefined where it does nothing there. */
  readonly schemaOf: (step: PlanStep) => SchemaView | undefined;
}

export interface SchemaView {
  readonly work: 'expand' | 'migrate' | 'contract' | 'undo';
  readonly migration: string;
  readonly schemaVersion: number;
  readonly operations: readonly { readonly does: string; readonly irreversible?: string }[];
}

export interface GatesView {
  readonly gates: readonly DesiredGate[];
  readonly notCompared: readonly string[];
  readonly bakeLimitMs: number;
  readonly onInsufficient: 'pause' | 'rollback' | 'promote';
  readonly mustPass: boolean;
}

export interface HopView {
  /** From 1, and how many there are; 1 of 1 where nothing lies in between. */
  readonly number: number;
  readonly of: number;
  /** `themis-query 1.5.0, themisdb 1.4.2`. */
  readonly leadsTo: string;
  /** Work in databases before its first stage; a step a block. */
  readonly before: readonly BlockView[];
  readonly stages: readonly StageView[];
  /** Work in databases after its last stage. */
  readonly after: readonly BlockView[];
}

export interface StageView {
  readonly stage: number;
  /** With a step in this stage. */
  readonly nodes: number;
  readonly blocks: readonly BlockView[];
}

export interface BlockView {
  readonly symbol: string;
  /** Steps that do the same, in plan order; at least one. */
  readonly steps: readonly PlanStep[];
  readonly reason: string;
  readonly transitions: readonly Transition[];
  /** Of the steps that are not deferred; undefined where all of them are. */
  readonly time: BlockTime | undefined;
  readonly isDeferred: boolean;
  /** Where all of them are deferred until the same instant. */
  readonly deferredUntil: string | null;
}

export interface BlockTime {
  readonly startsAfterMs: number;
  readonly endsAfterMs: number;
  /** Of one step. */
  readonly estimateMs: number;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  /** Where all of them have the same. */
  readonly closesAt: string | null;
  /** What they wait for, each once. */
  readonly waits: readonly string[];
}

/** From here on nodes that change alike are shown together. */
const groupFrom = 26;

export function hopViews(view: PlanView): readonly HopView[] {
  const { plan } = view;
  const facts = factsOf(view);
  const byHop = Map.groupBy(plan.steps, (step) => step.hop ?? Infinity);
  const hops = [...byHop].sort(([a], [b]) => (a === b ? 0 : a - b));
  return hops.map(([, steps], index) => ({
    number: index + 1,
    of: hops.length,
    leadsTo: destination(steps, facts.transitions),
    ...schemaViews(steps, view, facts),
    stages: stageViews(
      steps.filter((step) => !isSchema(step)),
      view,
      facts,
    ),
  }));
}

/** A step in a database. */
export function isSchema({ kind }: PlanStep): boolean {
  return kind.startsWith('schema-');
}

/** What stands in the plan before the hop's first node or gate, and what does after it. */
function schemaViews(
  steps: readonly PlanStep[],
  { symbolOf }: PlanView,
  facts: Facts,
): Pick<HopView, 'before' | 'after'> {
  const first = steps.findIndex((step) => !isSchema(step));
  const blocks = (list: readonly PlanStep[]): readonly BlockView[] =>
    list.filter(isSchema).map((step) => blockView([step], symbolOf(step), facts));
  return { before: blocks(steps.slice(0, Math.max(first, 0))), after: blocks(steps.slice(Math.max(first, 0))) };
}

interface Facts {
  readonly transitions: ReadonlyMap<string, Transition>;
  readonly times: ReadonlyMap<string, ScheduledStep>;
  readonly deferred: ReadonlyMap<string, DeferredStep>;
}

function factsOf({ plan }: PlanView): Facts {
  return {
    transitions: new Map(plan.transitions.map((transition) => [transition.id, transition])),
    times: new Map(plan.schedule.map((entry) => [entry.step, entry])),
    deferred: new Map(plan.deferred.map((entry) => [entry.step, entry])),
  };
}

function stageViews(steps: readonly PlanStep[], { plan, symbolOf }: PlanView, facts: Facts): readonly StageView[] {
  const grouped = plan.steps.length >= groupFrom;
  const stages = new Map<number, Map<string, PlanStep[]>>();
  for (const step of steps) {
    let blocks = stages.get(step.stage);
    if (blocks === undefined) stages.set(step.stage, (blocks = new Map()));
    const key = grouped ? blockKey(step, facts) : step.id;
    const block = blocks.get(key);
    if (block === undefined) blocks.set(key, [step]);
    else block.push(step);
  }
  return [...stages]
    .sort(([a], [b]) => a - b)
    .map(([stage, byKey]): StageView => {
      const blocks = [...byKey.values()].map((list) => blockView(list, symbolOf(list[0]!), facts));
      const nodes = blocks.reduce((sum, block) => sum + Number(!isGate(block)) * block.steps.length, 0);
      return { stage, nodes, blocks };
    });
}

/** A gate, or a barrier between two label groups. */
export function isGate(block: BlockView): boolean {
  return block.steps[0]!.kind === 'stage-promote';
}

/**
 * Repairs of different extent stay apart by their reason; a gate is always alone. Barriers keep groups apart, and what
 * is deferred stands for itself.
 */
function blockKey(step: PlanStep, { deferred }: Facts): string {
  if (step.kind === 'stage-promote') return step.id;
  const { kind, transition, reason, irreversible } = step;
  const late = String(deferred.has(step.id));
  return [kind, transition, step.with?.join(), reason, irreversible?.why, step.needs[0], late].join('\n');
}

function blockView(steps: readonly PlanStep[], symbol: string, facts: Facts): BlockView {
  const first = steps[0]!;
  const ids = first.transition === undefined ? [] : [first.transition, ...(first.with ?? [])];
  return {
    symbol,
    steps,
    reason: first.reason,
    transitions: ids.flatMap((id) => facts.transitions.get(id) ?? []),
    time: timeOf(steps, facts.times),
    isDeferred: facts.deferred.has(first.id),
    deferredUntil: same(steps.map(({ id }) => facts.deferred.get(id)?.until)) ?? null,
  };
}

function timeOf(steps: readonly PlanStep[], times: ReadonlyMap<string, ScheduledStep>): BlockTime | undefined {
  const own = steps.flatMap(({ id }) => times.get(id) ?? []);
  if (own.length === 0) return undefined;
  const earliest = own.reduce((a, b) => (b.startsAfterMs < a.startsAfterMs ? b : a));
  const latest = own.reduce((a, b) => (b.endsAfterMs > a.endsAfterMs ? b : a));
  return {
    startsAfterMs: earliest.startsAfterMs,
    endsAfterMs: latest.endsAfterMs,
    estimateMs: earliest.estimateMs,
    startsAt: earliest.startsAt,
    endsAt: latest.endsAt,
    closesAt: same(own.map(({ closesAt }) => closesAt)) ?? null,
    waits: [...new Set(own.flatMap(({ because }) => because ?? []))],
  };
}

/** What all of them are; undefined where they differ. */
function same<T>(values: readonly T[]): T | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

/** What the steps of a hop lead to, each package and version once. */
function destination(steps: readonly PlanStep[], transitions: ReadonlyMap<string, Transition>): string {
  const arriving = new Set<string>();
  const seen = new Set<string>();
  for (const step of steps) {
    for (const id of step.transition === undefined ? [] : [step.transition, ...(step.with ?? [])]) {
      if (seen.has(id)) continue;
      seen.add(id);
      const transition = transitions.get(id);
      if (transition !== undefined) arriving.add(`${transition.package} ${transition.to}`);
    }
  }
  const names = [...arriving].sort();
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
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
