/**
 * A verdict as text: what was asked, of whom, the numbers it was made from, what came out, and whether the same comes
 * out again. And the list of verdicts, as `status`, `history` and `explain verdict` show it.
 */
import { formatDuration } from '../kernel/units/duration.ts';
import { formatInstant } from '../kernel/units/instant.ts';
import { shortDigest } from '../kernel/digest.ts';
import type { Series } from '../model/metrics.ts';
import type { GateEvidence, GateResult, Subject, Verdict, VerdictSummary } from '../model/verdict.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

/** `differences`: members that came out differently when it was judged again; empty: the same bytes. */
export function verdictText(verdict: Verdict, differences: readonly string[], paint: Paint): string {
  const { id, stage, evidence, result, at, execution, target } = verdict;
  const again =
    differences.length === 0
      ? 'recomputed: the same bytes'
      : `recomputed: not the same: ${differences.join(', ')}. The verdict was altered, or made by other rules.`;
  return [
    paint.bold(`Verdict ${id}: ${answerWords[result.answer]}`),
    `Gate ${evidence.gate.name} at stage ${stage}, ${at}, execution ${execution}, target ${shortDigest(target)}`,
    '',
    result.because,
    '',
    facts(evidence).trimEnd(),
    '',
    formatTable(
      ['signal', 'kind', 'query'],
      evidence.signals.map((signal) => [signal.id, signal.kind, signal.query]),
    ).trimEnd(),
    '',
    numbers(evidence).trimEnd(),
    '',
    outcome(result).trimEnd(),
    '',
    again,
    '',
  ].join('\n');
}

/** Newest first. */
export function verdictTable(list: readonly VerdictSummary[]): string {
  if (list.length === 0) return 'No gate has been judged yet.\n';
  return formatTable(
    ['verdict', 'stage', 'gate', 'answer', 'at', 'because'],
    list.toReversed().map(({ id, stage, gate, answer, at, because }) => [id, `${stage}`, gate, answer, at, because]),
  );
}

const answerWords = { pass: 'pass', fail: 'fail', insufficient: 'too little evidence' } as const;

function facts({ gate, parameters, canaries, controls, sinceMs, untilMs }: GateEvidence): string {
  const { metric, unit, max, min, worseBy, minSamples } = gate;
  const limits = [
    `${metric} in ${unit}`,
    ...(max === null ? [] : [`at most ${max}`]),
    ...(min === null ? [] : [`at least ${min}`]),
    ...(worseBy === null ? ['not compared'] : [`at most ${worseBy * 100} % worse than controls`]),
    `${minSamples} samples or more`,
  ];
  const { alpha, blockMs, historyMs, staleMs } = parameters;
  const terms = [
    `alpha ${alpha}`,
    `blocks of ${formatDuration(blockMs)}`,
    `history of ${formatDuration(historyMs)}`,
    `stale after ${formatDuration(staleMs)}`,
  ];
  const width = Math.max(0, untilMs - sinceMs);
  return lines([
    ['gate', limits.join(', ')],
    ['parameters', terms.join(', ')],
    ['evidence', `${formatInstant(sinceMs)} to ${formatInstant(untilMs)} (${formatDuration(width)})`],
    ['canaries', canaries.length === 0 ? 'none' : canaries.map(({ node }) => node).join(', ')],
    ['controls', controls.length === 0 ? 'none' : controls.map(({ node }) => node).join(', ')],
  ]);
}

/** One row a node and signal; the buckets of a histogram are told by its last one. */
function numbers({ canaries, controls, series }: GateEvidence): string {
  const byNode = Map.groupBy(series, ({ node }) => node);
  const rowsOf = (side: string, { node, role, sinceMs }: Subject): string[][] => {
    const head = [node, side, role, formatInstant(sinceMs)];
    const list = (byNode.get(node) ?? []).filter(({ le }) => le === undefined || le === '+Inf');
    return list.length === 0 ? [[...head, 'no readings']] : list.map((one) => [...head, ...numbersOf(one, sinceMs)]);
  };
  const rows = [
    ...canaries.flatMap((subject) => rowsOf('new', subject)),
    ...controls.flatMap((subject) => rowsOf('old', subject)),
  ];
  return formatTable(['node', 'side', 'role', 'since', 'signal', 'history', 'readings', 'first', 'last'], rows);
}

function numbersOf({ signal, points }: Series, sinceMs: number): string[] {
  const own = points.filter(([atMs]) => atMs >= sinceMs);
  const shown = (value: number | null | undefined): string => (value === undefined ? '' : String(value));
  return [signal, String(points.length - own.length), String(own.length), shown(own[0]?.[1]), shown(own.at(-1)?.[1])];
}

function outcome({ value, control, eValue, interval, samples, evidenceMs }: GateResult): string {
  return lines([
    ['value', value === null ? 'none' : String(value)],
    ['of controls', control === null ? 'none' : String(control)],
    ['e-value', eValue === null ? 'none' : String(eValue)],
    ['interval', interval === null ? 'none' : `${interval[0]} to ${interval[1]}`],
    ['samples', String(samples)],
    ['covers', formatDuration(evidenceMs)],
  ]);
}

function lines(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('');
}
