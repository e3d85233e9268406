/**
 * A plan for a terminal. What cannot be taken back comes first, then drift, then the changes by stage, then how they
 * are undone, then findings; the last line is fixed. Addresses and symbols are those that scripts and docs use.
 */
import { formatDuration } from '../../kernel/units/duration.ts';
import type { FileDrift } from '../../model/observed.ts';
import type { NodeDrift, PlanScope } from '../../model/plan.ts';
import { shortNames } from '../name-list.ts';
import { findingsText } from '../findings.ts';
import { paintSymbol, type Paint } from '../paint.ts';

import {
  closingLine,
  count,
  describeDrift,
  describeLimits,
  describeRevision,
  describeTime,
  describeTransition,
  newAndReturning,
} from './plan-phrases.ts';
import type { BlockView, PlanView, StageView } from './plan-view.ts';
import { nodeName, stageViews, totalMs } from './plan-view.ts';

/** Ends with a line feed. */
export function planText(view: PlanView, colors: Paint): string {
  const { plan } = view;
  const sections = [
    heading(view, colors),
    irreversible(view, colors),
    drift(view, colors),
    ...changes(view, colors),
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
    ...(plan.complete ? [] : [colors.yellow('Incomplete: not every node could be observed.')]),
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

function changes(view: PlanView, colors: Paint): string[][] {
  const stages = stageViews(view);
  const last = stages.at(-1)?.stage ?? 0;
  return stages.map((entry) => stageLines(entry, last, view, colors));
}

function stageLines({ stage, blocks }: StageView, last: number, view: PlanView, colors: Paint): string[] {
  const nodes = blocks.reduce((sum, { steps }) => sum + Number(steps[0]!.kind !== 'stage-promote') * steps.length, 0);
  const title = last === 1 ? `Changes on ${count(nodes, 'node')}` : `Stage ${stage}: ${count(nodes, 'node')}`;
  const lines = [colors.bold(title)];
  for (const block of blocks) lines.push(...blockLines(block, view, colors));
  return lines;
}

function blockLines(block: BlockView, view: PlanView, colors: Paint): string[] {
  const [first] = block.steps;
  const symbol = paintSymbol(block.symbol, colors);
  if (first!.kind === 'stage-promote') {
    return [`  ${symbol} ${first!.target}: ${block.reason}`, colors.dim(`      ${view.describe(first!)}`)];
  }
  const many = block.steps.length > 1;
  const who = many ? count(block.steps.length, 'node') : first!.target;
  const undoText = many ? 'restore points' : `restore point ${first!.undo?.restorePoint ?? ''}`;
  return [
    `  ${symbol} ${who}: ${block.reason}`,
    ...(many ? [`      ${shortNames(block.steps.map(nodeName), 12)}`] : []),
    ...block.transitions.map((transition) => `      ${describeTransition(transition)}`),
    colors.dim(`      ${describeTime(block)}; ${first!.undo === undefined ? 'cannot be undone' : `undo: ${undoText}`}`),
  ];
}

function limits({ plan }: PlanView, colors: Paint): string[] {
  if (plan.steps.length === 0) return [];
  return [colors.bold('Kept throughout'), ...describeLimits(plan.constraints).map((line) => `  ${line}`)];
}

function undo({ plan, undo: order }: PlanView, colors: Paint): string[] {
  if (order.length === 0) return [];
  const targets = new Map(plan.steps.map((step) => [step.id, nodeName(step)]));
  const names = order.flatMap((id) => targets.get(id) ?? []);
  const shown = names.slice(0, 24).join(', ');
  const rest = names.length - 24;
  return [
    colors.bold('Undone in this order'),
    `  ${shown}${rest > 0 ? `, then ${rest.toLocaleString('en-US')} more` : ''}`,
  ];
}

function closing({ plan }: PlanView, colors: Paint): string[] {
  const total = totalMs(plan);
  const extra = newAndReturning(plan);
  return [
    ...(plan.steps.length === 0
      ? []
      : [`Expected to take ${formatDuration(total)}, waiting for approvals not counted.`]),
    ...(extra === undefined ? [] : [extra]),
    colors.bold(closingLine(plan)),
  ];
}
