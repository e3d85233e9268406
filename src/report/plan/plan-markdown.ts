/**
 * A plan as a pull request comment. What decides a review stands on top: the closing line, what cannot be undone, the
 * errors; the details follow, folded. A comment holds 65,536 characters: details are cut at the end of a block, and
 * the comment says how much is left out and where it is. The first line marks the comment, so that it is edited in place.
 */
import { formatDuration } from '../../kernel/units/duration.ts';
import type { Finding } from '../../kernel/finding.ts';
import { shortNames } from '../name-list.ts';
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
import { endOf, scopeLine } from './plan-text.ts';
import { deferredGroups, timelineOf } from './plan-timeline.ts';
import { describeTime, describeWindow } from './plan-times.ts';
import { type BlockView, type HopView, hopViews, isGate, nodeName, type PlanView, totalMs } from './plan-view.ts';

/** What GitHub allows for one comment. */
export const commentLimit = 65_536;

export function commentMarker(fleet: string): string {
  return `<!-- themis-plan ${fleet.replaceAll('--', '-')} -->`;
}

/** Ends with a line feed; never longer than `limit` characters. */
export function planMarkdown(view: PlanView, limit = commentLimit): string {
  const { plan } = view;
  const scope = scopeLine(plan.scope);
  const extra = newAndReturning(plan);
  const hops = hopViews(view);
  const top = [
    commentMarker(plan.fleet.name),
    `### Themis plan for \`${plan.fleet.name}\` at ${describeRevision(plan.source)}`,
    '',
    `**${closingLine(plan)}**`,
    ...(extra === undefined ? [] : ['', extra]),
    ...(plan.schedule.length === 0
      ? []
      : ['', `Expected to take ${formatDuration(totalMs(plan))}${endOf(plan)}, ${notCounted(plan)}.`]),
    ...(scope === undefined ? [] : ['', escape(scope)]),
    ...(plan.complete ? [] : ['', incompleteLine(plan)]),
    ...(plan.applyable ? [] : ['', 'This plan cannot be applied; the findings say why.']),
    ...timelineTable(hops, view),
    '',
  ];
  const room = createRoom(limit, top);
  irreversible(view, room);
  findings(plan.findings, room);
  drift(view, room);
  deferred(view, room);
  for (const hop of hops) {
    const title = hop.of === 1 ? '' : `Hop ${hop.number} of ${hop.of}`;
    const schemas = (side: string, blocks: readonly BlockView[]): void => {
      const words = hop.stages.length === 0 ? 'schemas' : `schemas ${side} the nodes`;
      const heading = title === '' ? `S${words.slice(1)}` : `${escape(title)}, ${words}`;
      room.details(
        heading,
        blocks.map((block) => schemaText(block, view)),
      );
    };
    schemas('before', hop.before);
    for (const { stage, nodes, blocks } of hop.stages) {
      const where = title === '' ? `Stage ${stage}` : `${escape(title)}, stage ${stage}`;
      room.details(
        `${where}: ${count(nodes, 'node')}`,
        blocks.map((block) => blockText(block, view)),
      );
    }
    schemas('after', hop.after);
  }
  const limits = describeLimits(plan.constraints);
  if (plan.steps.length > 0 && limits.length > 0)
    room.details(
      'Kept throughout',
      limits.map((line) => `- ${escape(line)}`),
    );
  const order = undoLines(view, 40);
  room.details('Undone in this order', order.length > 1 ? order.map((line) => `- ${line}`) : order);
  return room.text(plan.planDigest);
}

interface Room {
  /** A folded section; entries that do not fit are counted, the section is dropped when not even one fits. */
  details(title: string, entries: readonly string[], open?: boolean): void;
  text(planDigest: string): string;
}

const footer = 300;

function createRoom(limit: number, top: readonly string[]): Room {
  const parts = [...top];
  let used = top.reduce((sum, line) => sum + line.length + 1, 0) + footer;
  let left = 0;
  return {
    details(title, entries, open = false) {
      if (entries.length === 0) return;
      const frame = `<details${open ? ' open' : ''}><summary>${title}</summary>\n`;
      let taken = 0;
      let size = frame.length + 16;
      while (taken < entries.length && used + size + entries[taken]!.length + 1 <= limit) {
        size += entries[taken]!.length + 1;
        taken += 1;
      }
      left += entries.length - taken;
      if (taken === 0) return;
      parts.push(frame, ...entries.slice(0, taken), '\n</details>');
      used += size;
    },
    text(planDigest) {
      const rest =
        left === 0 ? '' : `${count(left, 'more block')} left out for length; \`themis plan\` shows them all. `;
      return `${parts.join('\n')}\n<sub>${rest}Plan digest \`${planDigest}\`</sub>\n`;
    },
  };
}

function irreversible({ plan }: PlanView, room: Room): void {
  const entries = plan.steps.flatMap((step) =>
    step.irreversible === undefined
      ? []
      : [`- \`${step.target}\`: ${escape(step.reason)}. ${escape(step.irreversible.why)}`],
  );
  room.details('Cannot be undone', entries, true);
}

function findings(all: readonly Finding[], room: Room): void {
  const entries = all.map(({ severity, code, summary, fix, source }) => {
    const place = source === undefined ? '' : ` (\`${source.file}:${source.line}:${source.col}\`)`;
    return `- **${severity}** ${code}${place}: ${escape(summary)}${fix === undefined ? '' : ` ${escape(fix)}`}`;
  });
  const serious = all.some(({ severity }) => severity === 'error');
  room.details(count(all.length, 'finding'), entries, serious);
}

function drift({ plan }: PlanView, room: Room): void {
  const alike = [...Map.groupBy(plan.drift, (entry) => JSON.stringify(entry.files)).values()];
  const entries = alike.map((nodes) => {
    const first = nodes[0]!;
    const files = first.files.slice(0, 5).map((file) => `\`${file.path}\` ${file.problem}`);
    const more = first.files.length > 5 ? `, and ${first.files.length - 5} more` : '';
    const names = shortNames(
      nodes.map((entry) => entry.node),
      10,
    );
    return `- \`!\` **${names}**: ${describeDrift(first)}: ${files.join(', ')}${more}`;
  });
  room.details(`Drift on ${count(plan.drift.length, 'node')}`, entries);
}

/** When what happens: on top, since it is what reviewers ask first. */
function timelineTable(hops: readonly HopView[], view: PlanView): string[] {
  const shown = timelineOf(hops, view);
  if (shown.length === 0) return [];
  const zone = view.plan.schedule.some(({ startsAt }) => startsAt !== null) ? ' (UTC)' : '';
  return [
    '',
    `| | nodes | when${zone} | then |`,
    '|---|---|---|---|',
    ...shown.flatMap(({ title, rows }) => [
      ...(title === '' ? [] : [`| **${escape(title)}** | | | |`]),
      ...rows.map((row) => `| ${[row.stage, row.nodes, row.when, row.next].map(escape).join(' | ')} |`),
    ]),
  ];
}

const shownDeferrals = 20;

function deferred(view: PlanView, room: Room): void {
  const groups = deferredGroups(view);
  const entries = groups
    .slice(0, shownDeferrals)
    .map(
      ({ who, reason, until }) => `- \`?\` **${escape(who)}**${until === '' ? '' : ` ${until} UTC`}: ${escape(reason)}`,
    );
  const hidden = groups.length - shownDeferrals;
  if (hidden > 0) entries.push(`- and ${count(hidden, 'more reason')}`);
  const hasSchemas = view.plan.deferred.length > 0 && groups.some(({ who }) => who.includes('database/'));
  const what = hasSchemas ? count(view.plan.deferred.length, 'step') : count(view.plan.summary.deferred, 'node');
  room.details(`Deferred: ${what}`, entries, true);
}

function blockText(block: BlockView, view: PlanView): string {
  const first = block.steps[0]!;
  if (isGate(block)) {
    const gates = view.gatesOf(first);
    return [
      `- \`${block.symbol}\` \`${first.target}\`: ${escape(block.reason)}${block.isDeferred ? '; deferred' : ''}`,
      ...(gates === undefined ? [] : describeGates(gates)).map((line) => `  - ${escape(line)}`),
    ].join('\n');
  }
  const many = block.steps.length > 1;
  const who = many
    ? `**${count(block.steps.length, 'node')}** (${shortNames(block.steps.map(nodeName), 10)})`
    : `\`${first.target}\``;
  const lines = [`- \`${block.symbol}\` ${who}: ${escape(block.reason)}`];
  for (const line of describeTransitions(block.transitions)) lines.push(`  - ${escape(line)}`);
  if (block.transitions.length === 0) lines.push(`  - ${escape(view.describe(first))}`);
  const window = describeWindow(block);
  if (window !== undefined) lines.push(`  - ${escape(window)}`);
  lines.push(`  - ${escape(describeTime(block))}`);
  return lines.join('\n');
}

function schemaText(block: BlockView, view: PlanView): string {
  const step = block.steps[0]!;
  const schema = view.schemaOf(step)!;
  return [
    `- \`${block.symbol}\` \`${step.target}\`: ${escape(block.reason)}`,
    ...describeOperations(schema).map((line) => `  - ${escape(line)}`),
    `  - ${escape(`${describeTime(block)}; ${schemaUndoText(schema, step.irreversible !== undefined)}`)}`,
  ].join('\n');
}

/** Text that must not become markup: names and messages come from files and nodes. */
function escape(text: string): string {
  return text
    .replaceAll(/[\\`*_<>[\]~|#@]/gu, (sign) =>
      sign === '<' ? '&lt;' : sign === '>' ? '&gt;' : sign === '@' ? '@\u200B' : `\\${sign}`,
    )
    .replaceAll('\n', ' ');
}
