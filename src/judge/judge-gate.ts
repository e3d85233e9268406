/**
 * The judge: a gate and its evidence to one of three answers. Pure; equal evidence gives equal bytes, whatever the
 * order of its series or how their points are split. A `Judging` takes readings bit by bit and may be asked at every
 * look; `judgeGate` is the same made at once, which is what a verdict is recomputed with.
 *
 * A gate fails when a limit is broken or the comparison says so. It passes only when everything it needs was
 * read: every new node gave readings until now, enough of them, and where it compares there were controls. What is
 * missing, stale or too little is insufficient, never a pass.
 */
import { compareText } from '../kernel/finding.ts';
import type { Series } from '../model/metrics.ts';
import type { GateAnswer, GateEvidence, GateResult } from '../model/verdict.ts';
import { evidenceTime } from './evidence/evidence-time.ts';
import { addSeries, advance, startTrack, type Frame, type Track } from './evidence/track.ts';
import { holdAgainstLimit, type Held } from './limit.ts';
import { rounded, roundedOrNull } from './numbers.ts';
import { measureOf } from './signals-of.ts';
import { anyFresh, silence } from './silence.ts';

/** Everything of the evidence but its readings and its end. */
export type JudgingSetup = Omit<GateEvidence, 'series' | 'untilMs' | 'signals'>;

export interface Judging {
  /** Readings in any order, as long as none is older than the last look. */
  add(series: readonly Series[]): void;
  /** Never earlier than the look before. */
  look(untilMs: number): GateResult;
}

export function judgeGate(evidence: GateEvidence): GateResult {
  const judging = startJudging(evidence);
  judging.add(evidence.series);
  return judging.look(evidence.untilMs);
}

export function startJudging(setup: JudgingSetup): Judging {
  const frame: Frame = { measure: measureOf(setup.gate), sinceMs: setup.sinceMs, parameters: setup.parameters };
  const tracksOf = (subjects: GateEvidence['canaries']): readonly Track[] =>
    [...subjects].sort((a, b) => compareText(a.node, b.node)).map((subject) => startTrack(subject, frame));
  const canaries = tracksOf(setup.canaries);
  const controls = tracksOf(setup.controls);
  const byNode = new Map([...canaries, ...controls].map((track) => [track.subject.node, track]));
  return {
    add(series) {
      for (const one of series) {
        const track = byNode.get(one.node);
        if (track !== undefined) addSeries(track, one);
      }
    },
    look(untilMs) {
      for (const track of byNode.values()) advance(track, untilMs);
      return answer(setup, canaries, controls, untilMs);
    },
  };
}

function answer(
  setup: JudgingSetup,
  canaries: readonly Track[],
  controls: readonly Track[],
  untilMs: number,
): GateResult {
  const { gate } = setup;
  const needsEvidence = gate.max !== null || gate.min !== null || gate.worseBy !== null;
  const held = holdAgainstLimit(gate, canaries, untilMs);
  const missing = silence(canaries, untilMs);
  const result: Held = !needsEvidence
    ? { ...held, answer: 'pass', because: 'no limit is set, and there is nothing to compare with' }
    : missing === null || (held.answer === 'fail' && anyFresh(canaries, untilMs))
      ? held
      : { ...held, answer: 'insufficient', because: missing };
  return {
    answer: result.answer,
    because: `${gate.name}: ${result.because}`,
    value: roundedOrNull(result.value),
    control: null,
    eValue: null,
    interval: null,
    samples: rounded(result.samples),
    evidenceMs: needsEvidence ? evidenceTime(canaries, controls, untilMs) : Math.max(0, untilMs - setup.sinceMs),
  };
}

const rank: Record<GateAnswer, number> = { fail: 0, insufficient: 1, pass: 2 };

/** Of several answers the one that decides. */
export function worstAnswer(answers: readonly GateAnswer[]): GateAnswer {
  return answers.reduce((a, b) => (rank[b] < rank[a] ? b : a), 'pass');
}
