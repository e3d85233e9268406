/**
 * The timeline of a plan, stage by stage: a row says when its nodes start and end, how many are deferred, and what the
 * gate behind them waits for. As short for a thousand nodes as for five.
 */
import type { DeferredStep, PlanStep } from '../../model/plan.ts';
import { shortNames } from '../name-list.ts';
import { count, schemaName } from './plan-phrases.ts';
import { describeTime, shortInstant, waitsFor, whenOf } from './plan-times.ts';
import {
  type BlockTime,
  type BlockView,
  type HopView,
  isGate,
  isSchema,
  nodeName,
  type PlanView,
  type StageView,
} from './plan-view.ts';

export interface TimelineRow {
  readonly stage: string;
  /** `3 nodes`, `3 nodes, 1 deferred`. */
  readonly nodes: string;
  readonly when: string;
  /** What follows; empty where nothing waits. */
  readonly next: string;
}

export interface TimelineHop {
  /** `Hop 1 of 2: themisdb 1.4.2`; empty where there is one hop. */
  readonly title: string;
  readonly rows: readonly TimelineRow[];
}

/** Empty where it would say no more than the plan itself: one stage that starts at once. */
export function timelineOf(hops: readonly HopView[], view: PlanView): readonly TimelineHop[] {
  const stages = hops.reduce((sum, hop) => sum + hop.stages.length, 0);
  const { schedule, deferred, steps } = view.plan;
  if (
    stages < 2 &&
    !steps.some(isSchema) &&
    deferred.length === 0 &&
    schedule.every(({ opensAt, because }) => opensAt === null && because === undefined)
  )
    return [];
  return hops.map((hop) => ({
    title: hopTitle(hop),
    rows: [
      ...hop.before.map((block) => schemaRow(block, view)),
      ...hop.stages.map((stage) => rowOf(stage, view)),
      ...hop.after.map((block) => schemaRow(block, view)),
    ],
  }));
}

const workWords = { expand: 'Expand', migrate: 'Data', contract: 'Contract', undo: 'Undo' } as const;

/** `Expand  orders: add-phone  at once, takes 5s`. */
function schemaRow(block: BlockView, view: PlanView): TimelineRow {
  const step = block.steps[0]!;
  const { work, migration } = view.schemaOf(step)!;
  return {
    stage: workWords[work],
    nodes: `${nodeName(step)}: ${migration}`,
    when: block.time === undefined ? describeTime(block) : whenOf(block.time),
    next: '',
  };
}

export function hopTitle({ number, of, leadsTo }: HopView): string {
  if (of === 1) return '';
  return `Hop ${number} of ${of}${leadsTo === '' ? '' : `: ${leadsTo}`}`;
}

function rowOf({ stage, nodes, blocks }: StageView, view: PlanView): TimelineRow {
  let time: BlockTime | undefined;
  let deferred = 0;
  for (const block of blocks) {
    if (isGate(block)) continue;
    if (block.isDeferred) deferred += block.steps.length;
    else if (block.time !== undefined) time = time === undefined ? block.time : union(time, block.time);
  }
  const last = blocks.at(-1);
  const gate = last === undefined || !isGate(last) || last.isDeferred ? undefined : last;
  const late = deferred === 0 || deferred === nodes ? '' : `, ${deferred} deferred`;
  return {
    stage: `Stage ${stage}`,
    nodes: nodes === 0 ? 'no node left' : `${count(nodes, 'node')}${late}`,
    when: time === undefined ? (nodes === 0 ? 'its gate only' : 'deferred') : `${whenOf(time)}${waited(time)}`,
    next: gate === undefined ? '' : view.waitsOf(gate.steps[0]!),
  };
}

/** Which hours a window has stands with the node. */
function waited({ waits }: BlockTime): string {
  const names = [...new Set(waits.map((one) => one.replace(/ \(.*$/u, '')))];
  return names.length === 0 ? '' : `, ${waitsFor(names)}`;
}

function union(a: BlockTime, b: BlockTime): BlockTime {
  const [first, last] = [a.startsAfterMs <= b.startsAfterMs ? a : b, a.endsAfterMs >= b.endsAfterMs ? a : b];
  const waits = [...new Set([...a.waits, ...b.waits])];
  return { ...first, endsAfterMs: last.endsAfterMs, endsAt: last.endsAt, waits };
}

export interface DeferredGroup {
  readonly who: string;
  readonly reason: string;
  /** `until Sat 2026-11-28 07:00`; empty where nobody knows. */
  readonly until: string;
}

/** What this plan will not carry out: those with the same reason together, causes before what waits for them. */
export function deferredGroups(view: PlanView): readonly DeferredGroup[] {
  const { plan } = view;
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  const groups = Map.groupBy(plan.deferred, ({ reason, until }) => `${until ?? ''} ${reason}`);
  return [...groups.values()].map((entries) => ({
    who: whoOf(entries, steps, view),
    reason: entries[0]!.reason,
    until: entries[0]!.until === null ? '' : `until ${shortInstant(entries[0]!.until)}`,
  }));
}

function whoOf(entries: readonly DeferredStep[], steps: ReadonlyMap<string, PlanStep>, view: PlanView): string {
  const nodes = new Set<string>();
  const stages = new Set<string>();
  for (const { step: id } of entries) {
    const step = steps.get(id);
    if (step === undefined) continue;
    if (isSchema(step)) stages.add(schemaName(step, view.schemaOf(step)!));
    else if (step.kind === 'stage-promote') stages.add(step.target);
    else nodes.add(nodeName(step));
  }
  const named =
    nodes.size === 1 ? `node/${[...nodes][0]!}` : `${count(nodes.size, 'node')} (${shortNames([...nodes], 6)})`;
  return [...(nodes.size > 0 ? [named] : []), ...stages].join(', ');
}
