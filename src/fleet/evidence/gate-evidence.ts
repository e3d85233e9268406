/**
 * From the readings of a stage to what one gate is judged by. Only what a node was while it counts: of a new node what
 * it did before its own switch began and since the whole stage was complete; of an old one what it did since its
 * previous switch. What lies in between (a drain, a restart, another revision) is left out.
 */
import { withoutComparison } from '../../judge/parameters-of.ts';
import type { DesiredGate } from '../../model/desired.ts';
import type { Series, Signal } from '../../model/metrics.ts';
import type { GateEvidence, JudgeParameters, Subject, TakenSubject } from '../../model/verdict.ts';
import type { Switches } from './gated-stage.ts';
import type { ReadingLog } from './reading-log.ts';
import type { Source } from './sources.ts';
import type { StepTimes } from './step-times.ts';

export interface GateInputs {
  readonly gate: DesiredGate;
  readonly compared: boolean;
  readonly sources: readonly Source[];
  readonly parameters: JudgeParameters;
  readonly subjects: readonly TakenSubject[];
  readonly switches: Switches;
  readonly times: StepTimes;
  readonly log: ReadingLog;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export function gateEvidence(inputs: GateInputs): GateEvidence {
  const { gate, compared, sources, parameters, subjects, sinceMs, untilMs } = inputs;
  const judged = compared ? gate : withoutComparison(gate);
  const counted = judged.worseBy === null ? subjects.filter(({ side }) => side === 'canary') : subjects;
  const chosen = counted.map((one) => ({ side: one.side, ...spanOf(one, inputs) }));
  const of = (side: TakenSubject['side']): readonly Subject[] =>
    chosen.filter((one) => one.side === side).map(({ subject }) => subject);
  return {
    gate: judged,
    signals: sources.map(({ signal }): Signal => signal),
    parameters,
    canaries: of('canary'),
    controls: of('control'),
    sinceMs,
    untilMs,
    series: chosen.flatMap(({ subject, counts }) => seriesOf(subject.node, inputs, counts)),
  };
}

/** When the switch of a new node began; null where nobody knows, since an earlier run made it. */
export function switchBeganMs(node: string, switches: Switches, times: StepTimes): number | null {
  const step = switches.get(node);
  const time = step === undefined ? undefined : times.of(step.id);
  return time === undefined || time.unchanged ? null : time.beginMs;
}

interface Span {
  readonly subject: Subject;
  readonly counts: (atMs: number) => boolean;
}

function spanOf({ node, side, role }: TakenSubject, inputs: GateInputs): Span {
  const { switches, times, parameters, sinceMs, untilMs } = inputs;
  const { historyMs } = parameters;
  if (side === 'control') {
    const fromMs = Math.max(sinceMs - historyMs, times.lastEndBefore(node, sinceMs));
    return { subject: { node, role, sinceMs }, counts: (atMs) => atMs > fromMs && atMs <= untilMs };
  }
  const beganMs = switchBeganMs(node, switches, times);
  // Nobody knows since when it runs what it runs: it has no history.
  if (beganMs === null) return { subject: { node, role, sinceMs }, counts: (at) => at >= sinceMs && at <= untilMs };
  const endMs = times.of(switches.get(node)!.id)!.endMs!;
  const fromMs = Math.max(endMs - historyMs, times.lastEndBefore(node, beganMs));
  const startMs = Math.max(endMs, sinceMs);
  return {
    subject: { node, role, sinceMs: endMs },
    counts: (atMs) => (atMs > fromMs && atMs <= beganMs) || (atMs >= startMs && atMs <= untilMs),
  };
}

function seriesOf(node: string, { sources, log }: GateInputs, counts: (atMs: number) => boolean): Series[] {
  return sources.flatMap(({ key, signal }) =>
    log.series(node, key, counts).map((one): Series => ({ ...one, signal: signal.id })),
  );
}
