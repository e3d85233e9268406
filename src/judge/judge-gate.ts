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
import { startComparison, type Compared, type Comparison } from './compare/comparison.ts';
import { evidenceTime } from './evidence/evidence-time.ts';
import { addSeries, advance, startTrack, type Frame, type Track } from './evidence/track.ts';
import { holdAgainstLimit, type Held } from './limit.ts';
import { formatNumber, rounded, roundedOrNull } from './numbers.ts';
import { measureOf } from './signals-of.ts';
import { anyFresh, controlSilence, silence } from './silence.ts';

/** Everything of the evidence but its readings and its end. */
export type JudgingSetup = Omit<GateEvidence, 'series' | 'untilMs' | 'signals'>;

export interface Judging {
  /** Readings in any order, as long as none is older than the last look. */
  add(series: readonly Series[]): void;
  /** Never earlier than the look before. */
  look(untilMs: number): GateResult;
  /** The same look, but only whether the comparison fails. */
  fails(untilMs: number): boolean;
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
  const comparison = setup.gate.worseBy === null ? null : startComparison(setup.gate, canaries, controls);
  const read = (untilMs: number): void => {
    for (const track of byNode.values()) advance(track, untilMs);
    if (comparison !== null && typeof comparison !== 'string') comparison.close(untilMs);
  };
  return {
    add(series) {
      for (const one of series) {
        const track = byNode.get(one.node);
        if (track !== undefined) addSeries(track, one);
      }
    },
    look(untilMs) {
      read(untilMs);
      return answer({ setup, canaries, controls, comparison, untilMs });
    },
    fails(untilMs) {
      read(untilMs);
      return comparedAnswer(comparison, setup.parameters.alpha)?.answer === 'fail';
    },
  };
}

interface Look {
  readonly setup: JudgingSetup;
  readonly canaries: readonly Track[];
  readonly controls: readonly Track[];
  /** A string says why nothing can be compared; null: nothing is. */
  readonly comparison: Comparison | string | null;
  readonly untilMs: number;
}

function answer({ setup, canaries, controls, comparison, untilMs }: Look): GateResult {
  const { gate, parameters, sinceMs } = setup;
  const needsEvidence = gate.max !== null || gate.min !== null || comparison !== null;
  const held = holdAgainstLimit(gate, canaries, untilMs);
  const isCompared = comparison !== null && typeof comparison !== 'string';
  const compared = isCompared ? comparison.compared() : null;
  const eValue = isCompared ? comparison.eValue() : null;
  const against = comparedAnswer(comparison, parameters.alpha, compared ?? undefined);
  const missing = silence(canaries, untilMs) ?? (isCompared ? controlSilence(controls, untilMs) : null);
  const { answer, because } = !needsEvidence
    ? ({ answer: 'pass', because: 'no limit is set, and there is nothing to compare with' } as const)
    : decide(held, against, missing, anyFresh(canaries, untilMs));
  return {
    answer,
    because: /^(?:[-\d]|at least)/u.test(because) ? `${gate.name} ${because}` : `${gate.name}: ${because}`,
    value: roundedOrNull(held.value),
    control: roundedOrNull(compared?.control ?? null),
    eValue: roundedOrNull(eValue),
    interval: compared?.interval == null ? null : [rounded(compared.interval[0]), rounded(compared.interval[1])],
    samples: rounded(held.samples),
    evidenceMs: needsEvidence
      ? evidenceTime(canaries, isCompared ? controls : [], untilMs)
      : Math.max(0, Math.floor(untilMs - sinceMs)),
  };
}

interface Said {
  readonly answer: GateAnswer;
  readonly because: string;
}

/** Null where nothing is compared. Without `known` only a failure is worth finding out. */
function comparedAnswer(comparison: Look['comparison'], alpha: number, known?: Compared): Said | null {
  if (comparison === null) return null;
  if (typeof comparison === 'string') return { answer: 'insufficient', because: comparison };
  const eValue = comparison.eValue();
  if (known === undefined && eValue * alpha < 1) return null;
  const compared = known ?? comparison.compared();
  const said = `${compared.said} (e-value ${formatNumber(eValue)}, fails at ${formatNumber(1 / alpha)})`;
  if (compared.lacking !== null) return { answer: 'insufficient', because: compared.lacking };
  return { answer: eValue * alpha >= 1 ? 'fail' : 'pass', because: said };
}

/** A broken limit counts although another node says nothing; nothing passes on silence. */
function decide(held: Held, against: Said | null, missing: string | null, fresh: boolean): Said {
  if (against?.answer === 'fail') return against;
  if (held.answer === 'fail' && fresh) return held;
  if (missing !== null) return { answer: 'insufficient', because: missing };
  if (held.answer === 'insufficient') return held;
  if (against === null) return held;
  return against.answer === 'insufficient'
    ? against
    : { answer: 'pass', because: `${held.because}; compared: ${against.because}` };
}

const rank: Record<GateAnswer, number> = { fail: 0, insufficient: 1, pass: 2 };

/** Of several answers the one that decides. */
export function worstAnswer(answers: readonly GateAnswer[]): GateAnswer {
  return answers.reduce((a, b) => (rank[b] < rank[a] ? b : a), 'pass');
}
