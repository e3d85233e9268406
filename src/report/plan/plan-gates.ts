/** What a stage is judged by, a line a gate. */
import { formatDuration } from '../../kernel/units/duration.ts';
import { formatSize } from '../../kernel/units/size.ts';
import type { DesiredGate } from '../../model/desired.ts';
import type { GatesView } from './plan-view.ts';

/** `errorRate at most 5 %`, and a last line for what follows when nobody can tell. */
export function describeGates(view: GatesView): readonly string[] {
  return [...view.gates.map((gate) => describeGate(gate, view.notCompared.includes(gate.name))), decision(view)];
}

function describeGate(gate: DesiredGate, isNotCompared: boolean): string {
  const { name, metric, max, min, worseBy } = gate;
  const limits = [
    ...(max === null ? [] : [`at most ${valueText(max, gate)}`]),
    ...(min === null ? [] : [`at least ${valueText(min, gate)}`]),
    ...(worseBy === null || isNotCompared ? [] : [comparison(worseBy)]),
  ];
  const alone = isNotCompared ? ' (no old node left to compare with)' : '';
  return `${name}${name.startsWith(metric) ? '' : ` (${metric})`} ${limits.join(', ')}${alone}`;
}

function comparison(worseBy: number): string {
  return worseBy === 0 ? 'not worse than on old nodes' : `at most ${percent(worseBy)} worse than on old nodes`;
}

function valueText(value: number, { unit }: DesiredGate): string {
  switch (unit) {
    case 'share':
      return percent(value);
    case 'ms':
      return formatDuration(value);
    case 'bytes':
      return formatSize(value);
    case 'bytesPerSecond':
      return `${formatSize(value)} a second`;
    case 'number':
      return String(value);
  }
}

function percent(share: number): string {
  return `${Math.round(share * 1e6) / 1e4} %`;
}

function decision({ bakeLimitMs, onInsufficient, mustPass }: GatesView): string {
  if (!mustPass) return 'one that fails stops the stage; whether the others pass is for the approver to judge';
  const then = { pause: 'it pauses', rollback: 'everything is rolled back', promote: 'it is promoted all the same' };
  return `while evidence is missing the stage bakes on, up to ${formatDuration(bakeLimitMs)}; then ${then[onInsufficient]}`;
}
