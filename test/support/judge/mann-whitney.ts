/**
 * The rule that canary analysis commonly uses (as Kayenta does), for comparison: values of new nodes and of controls minute
 * by minute, Mann-Whitney's U test (normal approximation with ties, one-sided) and an effect size, Cliff's delta.
 */
import type { GateEvidence } from '../../../src/model/verdict.ts';
import { quantileOf } from '../../../src/judge/evidence/buckets.ts';
import { addSeries, advance, startTrack, type Cell, type Frame } from '../../../src/judge/evidence/track.ts';
import { measureOf } from '../../../src/judge/signals-of.ts';

/** Kayenta's default confidence of 98 %; a delta below 0.147 is called negligible. */
const critical = 2.054;
const negligible = 0.147;
const firstMinute = 5;

export interface MannWhitney {
  /** Minute of the first look at which the rule stops the rollout; null: never. */
  readonly atAnyLook: number | null;
  /** Whether it stops it with one look at the end. */
  readonly atEnd: boolean;
}

export function mannWhitneyRule(evidence: GateEvidence): MannWhitney {
  const frame: Frame = {
    measure: measureOf(evidence.gate),
    sinceMs: evidence.sinceMs,
    parameters: { ...evidence.parameters, blockMs: 60_000 },
  };
  const minutes = Math.floor((evidence.untilMs - evidence.sinceMs) / 60_000);
  const rowsOf = (subjects: GateEvidence['canaries']): readonly (readonly (number | null)[])[] =>
    subjects.map((subject) => {
      const track = startTrack(subject, frame);
      for (const series of evidence.series) if (series.node === subject.node) addSeries(track, series);
      advance(track, evidence.untilMs);
      return Array.from({ length: minutes }, (_, minute) => valueOf(track.evidence.get(minute), frame));
    });
  const canaries = rowsOf(evidence.canaries);
  const controls = rowsOf(evidence.controls);
  const until = (rows: typeof canaries, minute: number): readonly number[] =>
    rows.flatMap((row) => row.slice(0, minute).filter((value) => value !== null));
  let atAnyLook: number | null = null;
  for (let minute = Math.min(firstMinute, minutes); minute <= minutes && atAnyLook === null; minute += 1)
    if (worse(until(canaries, minute), until(controls, minute))) atAnyLook = minute;
  return { atAnyLook, atEnd: worse(until(canaries, minutes), until(controls, minutes)) };
}

function valueOf(cell: Cell | undefined, { measure }: Frame): number | null {
  if (cell === undefined || cell.weight <= 0) return null;
  if (measure.kind !== 'quantile') return cell.sum / cell.weight;
  return (cell.buckets === null ? null : quantileOf(cell.buckets, measure.quantile))?.value ?? null;
}

function worse(canaries: readonly number[], controls: readonly number[]): boolean {
  const all = [...canaries.map((value) => ({ value, canary: 1 })), ...controls.map((value) => ({ value, canary: 0 }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  let ties = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    let mine = 0;
    for (; end < all.length && all[end]!.value === all[start]!.value; end += 1) mine += all[end]!.canary;
    ranks += mine * ((start + 1 + end) / 2);
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  const [n, m] = [canaries.length, controls.length];
  const u = ranks - (n * (n + 1)) / 2;
  const total = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  if (!(deviation > 0)) return false;
  return (u - (n * m) / 2) / deviation > critical && (2 * u) / (n * m) - 1 >= negligible;
}
