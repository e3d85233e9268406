/** What a revision adds to, removes from and changes in the plan of another: `plan --against`. */
import type { PlanComparison } from '../../model/plan-comparison.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import { shortNames } from '../name-list.ts';
import { paintSymbol, type Paint } from '../paint.ts';
import { isSchema } from './plan-view.ts';
import { closingLine, count, describeRevision } from './plan-phrases.ts';

/** Ends with a line feed. */
export function comparisonText(
  comparison: PlanComparison,
  describe: (step: PlanStep) => string,
  colors: Paint,
): string {
  const lines = [colors.bold(title(comparison)), ''];

  for (const { symbol, heading, entries } of sections(comparison, describe)) {
    lines.push(colors.bold(heading));
    for (const entry of entries) lines.push(`  ${paintSymbol(symbol, colors)} ${entry}`);
    lines.push('');
  }
  lines.push(...closings(comparison));
  return `${lines.join('\n')}\n`;
}

const markdownLimit = 20_000;

/** Ends with a line feed. Each list is cut so that all three fit a comment. */
export function comparisonMarkdown(comparison: PlanComparison, describe: (step: PlanStep) => string): string {
  const lines = [`### ${title(comparison)}`, ''];
  for (const { symbol, heading, entries } of sections(comparison, describe)) {
    lines.push(`**${heading}**`, '', '```diff');
    // A diff block colors lines by their first sign; it has none for a change but the exclamation mark.
    lines.push(...cut(entries.map((entry) => `${symbol === '~' ? '!' : symbol} ${entry}`)), '```', '');
  }
  for (const line of closings(comparison)) lines.push(`- ${line}`);
  return `${lines.join('\n')}\n`;
}

function side(plan: Plan): object {
  const { source, planDigest, targetDigest, summary } = plan;
  return { source, planDigest, targetDigest, summary };
}

/** Lossless: both plans' digests and every step that differs. */
export function comparisonJson({ base, head, added, removed, changed, unchanged }: PlanComparison): string {
  return `${JSON.stringify({ formatVersion: '1.0', base: side(base), head: side(head), added, removed, changed, unchanged }, null, 2)}\n`;
}

function title({ base, head }: PlanComparison): string {
  return `Plan of ${describeRevision(head.source)} against ${describeRevision(base.source)}`;
}

function closings({ base, head, unchanged }: PlanComparison): string[] {
  return [
    `${count(unchanged, 'step')} the same in both.`,
    `${describeRevision(base.source)}: ${closingLine(base)}`,
    `${describeRevision(head.source)}: ${closingLine(head)}`,
  ];
}

interface Section {
  readonly symbol: '+' | '-' | '~';
  readonly heading: string;
  readonly entries: readonly string[];
}

function sections(
  { added, removed, changed }: PlanComparison,
  describe: (step: PlanStep) => string,
): readonly Section[] {
  const all: Section[] = [
    {
      symbol: '+',
      heading: `Adds ${count(added.length, 'step')}`,
      entries: alike(
        added,
        (step) => `${describe(step)}${stageOf(step)}`,
        (step) => step,
      ),
    },
    {
      symbol: '-',
      heading: `Removes ${count(removed.length, 'step')}`,
      entries: alike(
        removed,
        (step) => `${describe(step)}${stageOf(step)}`,
        (step) => step,
      ),
    },
    {
      symbol: '~',
      heading: `Changes ${count(changed.length, 'step')}`,
      entries: alike(
        changed,
        ({ base, head }) => `${describe(base)}${stageOf(base)} becomes ${describe(head)}${stageOf(head)}`,
        ({ head }) => head,
      ),
    },
  ];
  return all.filter(({ entries }) => entries.length > 0);
}

function stageOf(step: PlanStep): string {
  return isSchema(step) ? '' : ` (stage ${step.stage})`;
}

/** One entry for all that read the same. */
function alike<T>(items: readonly T[], textOf: (item: T) => string, stepOf: (item: T) => PlanStep): readonly string[] {
  return [...Map.groupBy(items, textOf)].map(([text, group]) => {
    const names = group.map((item) => stepOf(item).target);
    return `${shortNames(names, 12)}: ${text}`;
  });
}

function cut(lines: readonly string[]): readonly string[] {
  let size = 0;
  const fits = (line: string): boolean => {
    size += line.length + 1;
    return size <= markdownLimit;
  };
  const kept = lines.filter(fits);
  return kept.length === lines.length ? kept : [...kept, `  and ${lines.length - kept.length} more`];
}
