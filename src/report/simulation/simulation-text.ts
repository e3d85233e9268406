import { formatDuration } from '../../kernel/units/duration.ts';
import type { Paint } from '../paint.ts';
import { formatTable } from '../table.ts';
import type { InvariantCount, SimulatedViolation, SimulationReport, TimelineEntry } from './simulation-report.ts';

export function simulationText(report: SimulationReport, paint: Paint): string {
  return [
    headText(report),
    `\n${paint.bold('Timeline')}\n${report.timeline.map((entry) => timelineLine(entry, paint)).join('')}`,
    `\n${paint.bold('Result')}\n${resultText(report)}`,
    `\n${paint.bold('Invariants')}\n${invariantTable(report.invariants)}`,
    violationText(report.violations, paint),
    closingText(report),
  ].join('');
}

function headText({ fleet, nodes, clusters, tenants, seed, packages, weather, startedAt }: SimulationReport): string {
  const moves = packages.map((one) => `${one.package} ${one.from ?? 'nothing'} -> ${one.to}`).join(', ');
  const size = `${counted(nodes, 'node')} in ${counted(clusters, 'cluster')}, ${counted(tenants, 'tenant')}`;
  const faults =
    seed === null
      ? 'No faults: a quiet run.'
      : `Faults of seed ${seed}: ${weather.length === 0 ? 'none' : weather.join('; ')}.`;
  return `Simulated fleet ${fleet}: ${size}.\n${moves === '' ? '' : `${moves}.\n`}${faults}\nStarts ${startedAt}.\n`;
}

export function timelineLine({ offsetMs, durationMs, kind, text }: TimelineEntry, paint: Paint): string {
  const at = `+${formatDuration(offsetMs)}`.padEnd(9);
  const lasts = durationMs < 1000 ? '' : ` (${formatDuration(durationMs)})`;
  const line = `${at} ${text}${lasts}`;
  return `  ${kind === 'rollback' ? paint.red(line) : kind === 'fault' || kind === 'wait' ? paint.dim(line) : line}\n`;
}

function resultText({ result }: SimulationReport): string {
  const { result: name, exitCode, detail, versions } = result;
  const code = exitCode === null ? '' : `, exit code ${exitCode} of apply`;
  const have = Object.entries(versions).map(([version, count]) => `  ${counted(count, 'node')}: ${version}\n`);
  return `  ${name}${code}: ${detail}\n${have.join('')}`;
}

function invariantTable(invariants: readonly InvariantCount[]): string {
  const rows = invariants.map(({ name, checks, violations, promise }) => [
    name,
    String(checks),
    checks === 0 ? 'not met' : violations === 0 ? 'kept' : `BROKEN ${violations} times`,
    promise,
  ]);
  return formatTable(['invariant', 'checks', 'answer', 'promise'], rows);
}

function violationText(violations: readonly SimulatedViolation[], paint: Paint): string {
  const [first] = violations;
  if (first === undefined) return '';
  const list = violations.map(({ at, invariant, detail }) => `  ${at} ${invariant}: ${detail}\n`).join('');
  const trace = first.trace.map((line) => `  ${line}\n`).join('');
  return `\n${paint.red('Violations')}\n${list}\nWhat led up to the first\n${trace}`;
}

function closingText({ simulatedMs, runs, events, calls, invariants }: SimulationReport): string {
  const broken = invariants.filter((one) => one.violations > 0).length;
  const verdict = broken === 0 ? 'Every invariant held' : `${counted(broken, 'invariant')} broken`;
  const took = simulatedMs < 1000 ? '0s' : formatDuration(simulatedMs);
  return `\n${verdict}. ${took} simulated in ${counted(runs, 'run')}, ${counted(events, 'event')}, ${counted(calls, 'message')}.\n`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
