/**
 * A plan for a terminal. What cannot be taken back comes first, then drift, then when everything happens and what is
 * deferred, then the changes by hop and stage, then how they are undone, then findings; the last line is fixed.
 * Addresses and symbols are those that scripts and docs use.
 */
import { formatDuration } from '../../kernel/units/duration.ts';
import type { FileDrift } from '../../model/observed.ts';
import type { NodeDrift, Plan, PlanScope, ScheduledStep } from '../../model/plan.ts';
import { shortNames } from '../name-list.ts';
import { findingsText } from '../findings.ts';
import { paintSymbol, type Paint } from '../paint.ts';

import {
  closingLine,
  count,
  describeDrift,
  describeLimits,
  describeOperations,
  describeRevision,
  describeTransitions,
  incompleteLine,
  newAndReturning,
  notCounted,
  schemaUndoText,
  undoLines,
} from './plan-phrases.ts';
import { describeGates } from './plan-gates.ts';
import { deferredGroups, timelineOf } from './plan-timeline.ts';
import { describeTime, describeWindow, shortInstant } from './plan-times.ts';
import { type BlockView, type HopView, hopViews, isGate, nodeName, type PlanView, totalMs } from './plan-view.ts';

/** Ends with a line feed. */
export function planText(view: PlanView, colors: Paint): string {
  const { plan } = view;
  const hops = hopViews(view);
  const sections = [
    heading(view, colors),
    irreversible(view, colors),
    drift(view, colors),
    timeline(hops, view, colors),
    deferred(view, colors),
    ...hops.flatMap((hop) => changes(hop, view, colors)),
    limits(view, colors),
    undo(view, colors),
    plan.findings.length === 0 ? [] : findingsText(plan.findings, colors).trimEnd().split('\n'),
    closing(view, colors),
  ].filter((lines) => lines.length > 0);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function heading({ plan }: PlanView, colors: Paint): string[] {
  const scope = scopeLine(plan.scope);
  return [
    colors.bold(`Fleet ${plan.fleet.name}, ${describeRevision(plan.source)}`),
    ...(scope === undefined ? [] : [scope]),
    ...(plan.complete ? [] : [colors.yellow(incompleteLine(plan))]),
    ...(plan.applyable ? [] : [colors.red('This plan cannot be applied; the findings say why.')]),
  ];
}

export function scopeLine({ targets, excludes, selector }: PlanScope): string | undefined {
  const parts = [
    ...(targets.length > 0 ? [`only ${shortNames(targets, 8)}`] : []),
    ...(selector === undefined ? [] : [`nodes with ${selector}`]),
    ...(excludes.length > 0 ? [`without ${shortNames(excludes, 8)}`] : []),
  ];
  return parts.length === 0 ? undefined : `Scope: ${parts.join(', ')}`;
}

function irreversible({ plan }: PlanView, colors: Paint): string[] {
  const steps = plan.steps.filter((step) => step.irreversible !== undefined);
  if (steps.length === 0) return [];
  return [
    colors.red('Cannot be undone'),
    ...steps.flatMap((step) => [
      `  ${colors.red('!')} ${step.target}: ${step.reason}`,
      `      ${step.irreversible!.why}`,
    ]),
  ];
}

const shownFiles = 8;

function drift({ plan }: PlanView, colors: Paint): string[] {
  if (plan.drift.length === 0) return [];
  const alike = Map.groupBy(plan.drift, (entry) => JSON.stringify(entry.files));
  const blocks = [...alike.values()];
  const lines = blocks.slice(0, 20).flatMap((entries) => driftBlock(entries, colors));
  const hidden = blocks.length - 20;
  return [
    colors.bold(`Drift on ${count(plan.drift.length, 'node')}`),
    ...lines,
    ...(hidden > 0 ? [`  and ${count(hidden, 'more combination')} of files (-o json lists them)`] : []),
  ];
}

/** Nodes whose files drifted alike. */
function driftBlock(entries: readonly NodeDrift[], colors: Paint): string[] {
  const first = entries[0]!;
  const who = entries.length === 1 ? `node/${first.node}` : count(entries.length, 'node');
  const lines = [`  ${paintSymbol('!', colors)} ${who}: ${describeDrift(first)} drifted`];
  if (entries.length > 1)
    lines.push(
      `      ${shortNames(
        entries.map((entry) => entry.node),
        12,
      )}`,
    );
  for (const file of first.files.slice(0, shownFiles)) lines.push(`      ${fileLine(file)}`);
  const rest = first.files.length - shownFiles;
  if (rest > 0) lines.push(`      and ${count(rest, 'more file', 'more files')}`);
  return lines;
}

function fileLine({ package: name, path, problem }: FileDrift): string {
  const words = {
    missing: 'is missing',
    changed: 'has other content',
    mode: 'has another mode',
    type: 'is no plain file',
  };
  return `${name}: ${path} ${words[problem]}`;
}

/** A row a stage, in columns. */
function timeline(hops: readonly HopView[], view: PlanView, colors: Paint): string[] {
  const shown = timelineOf(hops, view);
  if (shown.length === 0) return [];
  const rows = shown.flatMap((hop) => hop.rows);
  const width = (cell: (row: (typeof rows)[number]) => string): number =>
    Math.max(...rows.map((row) => cell(row).length));
  const widths = [width(({ stage }) => stage), width(({ nodes }) => nodes), width(({ when }) => when)] as const;
  return [
    colors.bold(view.plan.schedule.some(({ startsAt }) => startsAt !== null) ? 'Timeline (UTC)' : 'Timeline'),
    ...shown.flatMap(({ title, rows: list }) => [
      ...(title === '' ? [] : [`  ${title}`]),
      ...list.map(({ stage, nodes, when, next }) =>
        `  ${title === '' ? '' : '  '}${stage.padEnd(widths[0])}  ${nodes.padEnd(widths[1])}  ${when.padEnd(widths[2])}  ${next}`.trimEnd(),
      ),
    ]),
  ];
}

const shownDeferrals = 12;

function deferred(view: PlanView, colors: Paint): string[] {
  const groups = deferredGroups(view);
  if (groups.length === 0) return [];
  const hidden = groups.length - shownDeferrals;
  return [
    colors.bold('Deferred, not carried out by this plan'),
    ...groups
      .slice(0, shownDeferrals)
      .flatMap(({ who, reason, until }) => [
        `  ${paintSymbol('?', colors)} ${who}${until === '' ? '' : ` ${until}`}`,
        `      ${reason}`,
      ]),
    ...(hidden > 0 ? [`  and ${count(hidden, 'more reason')} (-o json lists them)`] : []),
  ];
}

function changes(hop: HopView, view: PlanView, colors: Paint): string[][] {
  const title = hop.of === 1 ? '' : `Hop ${hop.number} of ${hop.of}`;
  const last = hop.stages.at(-1)?.stage ?? 0;
  const stages = hop.stages.map(({ stage, nodes, blocks }) => {
    const what =
      last === 1 && title === '' ? `Changes on ${count(nodes, 'node')}` : `Stage ${stage}: ${count(nodes, 'node')}`;
    const lines = [colors.bold(title === '' ? what : `${title}, ${what.toLowerCase()}`)];
    for (const block of blocks) lines.push(...blockLines(block, view, colors));
    return lines;
  });
  const schemas = (heading: string, blocks: readonly BlockView[]): string[] => {
    if (blocks.length === 0) return [];
    const words = title === '' ? heading : `${title}, ${heading.toLowerCase()}`;
    return [colors.bold(words), ...blocks.flatMap((block) => schemaLines(block, view, colors))];
  };
  const before = hop.stages.length === 0 ? 'Schemas' : 'Schemas before the nodes';
  const after = hop.stages.length === 0 ? 'Schemas' : 'Schemas after the nodes';
  return [schemas(before, hop.before), ...stages, schemas(after, hop.after)];
}

function schemaLines(block: BlockView, view: PlanView, colors: Paint): string[] {
  const step = block.steps[0]!;
  const schema = view.schemaOf(step)!;
  return [
    `  ${paintSymbol(block.symbol, colors)} ${step.target}: ${block.reason}`,
    ...describeOperations(schema).map((line) => `      ${line}`),
    colors.dim(`      ${describeTime(block)}; ${schemaUndoText(schema, step.irreversible !== undefined)}`),
  ];
}

function blockLines(block: BlockView, view: PlanView, colors: Paint): string[] {
  const first = block.steps[0]!;
  const symbol = paintSymbol(block.symbol, colors);
  if (isGate(block)) {
    const gates = view.gatesOf(first);
    return [
      `  ${symbol} ${first.target}: ${block.reason}`,
      colors.dim(`      ${view.describe(first)}${block.isDeferred ? '; deferred' : ''}`),
      ...(gates === undefined ? [] : describeGates(gates)).map((line) => colors.dim(`        ${line}`)),
    ];
  }
  const many = block.steps.length > 1;
  const who = many ? count(block.steps.length, 'node') : first.target;
  const window = describeWindow(block);
  const undoText = many ? 'restore points' : `restore point ${first.undo?.restorePoint ?? ''}`;
  return [
    `  ${symbol} ${who}: ${block.reason}`,
    ...(many ? [`      ${shortNames(block.steps.map(nodeName), 12)}`] : []),
    ...describeTransitions(block.transitions).map((line) => `      ${line}`),
    ...(window === undefined ? [] : [colors.dim(`      ${window}`)]),
    colors.dim(`      ${describeTime(block)}; ${first.undo === undefined ? 'cannot be undone' : `undo: ${undoText}`}`),
  ];
}

function limits({ plan }: PlanView, colors: Paint): string[] {
  const lines = describeLimits(plan.constraints);
  if (plan.steps.length === 0 || lines.length === 0) return [];
  return [colors.bold('Kept throughout'), ...lines.map((line) => `  ${line}`)];
}

function undo(view: PlanView, colors: Paint): string[] {
  if (view.undo.length === 0) return [];
  return [colors.bold('Undone in this order'), ...undoLines(view, 24).map((line) => `  ${line}`)];
}

function closing({ plan }: PlanView, colors: Paint): string[] {
  const total = totalMs(plan);
  const end = endOf(plan);
  const extra = newAndReturning(plan);
  return [
    ...(plan.schedule.length === 0 ? [] : [`Expected to take ${formatDuration(total)}${end}, ${notCounted(plan)}.`]),
    ...(extra === undefined ? [] : [extra]),
    colors.bold(closingLine(plan)),
  ];
}

/** `, until Sat 2026-11-28 07:03 UTC` where the plan names instants. */
export function endOf({ schedule }: Plan): string {
  let last: ScheduledStep | undefined;
  for (const entry of schedule) if (last === undefined || entry.endsAfterMs > last.endsAfterMs) last = entry;
  return last?.endsAt == null ? '' : `, until ${shortInstant(last.endsAt)} UTC`;
}
