/**
 * From the readings of a stage to what one gate is judged by. Only what a node was while it counts: of a new node what
 * it did before its own switch began and since the whole stage was complete; of an old one what it did since its
 * previous switch. What lies in between (a drain, a restart, another revision) is left out, and of an own query also
 * what it says while it still looks back beyond a switch.
 */
import type { JudgingSetup } from '../../judge/judge-gate.ts';
import { withoutComparison } from '../../judge/parameters-of.ts';
import { queryReachMs } from '../../kernel/units/query-reach.ts';
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
  readonly sinceMs: number;
}

/** Everything of the evidence of a gate but its readings and its end. */
export interface GateSetup {
  readonly setup: JudgingSetup;
  readonly sources: readonly Source[];
  /** By node: which instants count. */
  readonly counts: ReadonlyMap<string, (atMs: number) => boolean>;
}

export function gateSetup(inputs: GateInputs): GateSetup {
  const { gate, compared, sources, parameters, subjects, sinceMs } = inputs;
  const judged = compared ? gate : withoutComparison(gate);
  const counted = judged.worseBy === null ? subjects.filter(({ side }) => side === 'canary') : subjects;
  const chosen = counted.map((one) => ({ side: one.side, ...spanOf(one, inputs) }));
  const of = (side: TakenSubject['side']): readonly Subject[] =>
    chosen.filter((one) => one.side === side).map(({ subject }) => subject);
  return {
    setup: { gate: judged, parameters, canaries: of('canary'), controls: of('control'), sinceMs },
    sources,
    counts: new Map(chosen.map(({ subject, counts }) => [subject.node, counts])),
  };
}

export function gateEvidence({ setup, sources, counts }: GateSetup, log: ReadingLog, untilMs: number): GateEvidence {
  const series = [...counts].flatMap(([node, wanted]) =>
    sources.flatMap(({ key, signal }) =>
      log
        .series(node, key, (atMs) => atMs <= untilMs && wanted(atMs))
        .map((one): Series => ({ ...one, signal: signal.id })),
    ),
  );
  return { ...setup, signals: sources.map(({ signal }): Signal => signal), untilMs, series };
}

/** What of these readings counts for the gate. */
export function countedFor({ sources, counts }: GateSetup, list: readonly Series[]): readonly Series[] {
  const ids = new Map(sources.map(({ key, signal }) => [key, signal.id]));
  return list.flatMap((series) => {
    const [signal, wanted] = [ids.get(series.signal), counts.get(series.node)];
    if (signal === undefined || wanted === undefined) return [];
    const points = series.points.filter(([atMs]) => wanted(atMs));
    return points.length === 0 ? [] : [{ ...series, signal, points }];
  });
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
  const { gate, switches, times, parameters, sinceMs } = inputs;
  const { historyMs } = parameters;
  const reachMs = gate.query === null ? 0 : queryReachMs(gate.query);
  if (side === 'control') {
    const fromMs = Math.max(sinceMs - historyMs, times.lastEndBefore(node, sinceMs) + reachMs);
    return { subject: { node, role, sinceMs }, counts: (atMs) => atMs > fromMs };
  }
  const beganMs = switchBeganMs(node, switches, times);
  // Nobody knows since when it runs what it runs: it has no history.
  if (beganMs === null) return { subject: { node, role, sinceMs }, counts: (atMs) => atMs >= sinceMs + reachMs };
  const endMs = times.of(switches.get(node)!.id)!.endMs!;
  const fromMs = Math.max(endMs - historyMs, times.lastEndBefore(node, beganMs) + reachMs);
  const startMs = Math.max(endMs, sinceMs) + reachMs;
  return {
    subject: { node, role, sinceMs: endMs },
    counts: (atMs) => (atMs > fromMs && atMs <= beganMs) || atMs >= startMs,
  };
}
