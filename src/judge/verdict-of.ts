/** Verdicts: the answer of a gate with all it was made from, under an id that follows from its content. */
import { digestJson, shortDigest } from '../kernel/digest.ts';
import { compareText } from '../kernel/finding.ts';
import type { GateEvidence, Verdict, VerdictSummary } from '../model/verdict.ts';
import { judgeGate } from './judge-gate.ts';

const idLength = 16;

export type VerdictContext = Pick<Verdict, 'execution' | 'target' | 'stage' | 'at'>;

/** Judges, and keeps the evidence in the order that a verdict promises. */
export function verdictOf(context: VerdictContext, unordered: GateEvidence): Verdict {
  const { execution, target, stage, at } = context;
  const evidence = orderedEvidence(unordered);
  const content = {
    formatVersion: '1.0',
    execution,
    target,
    stage,
    at,
    evidence,
    result: judgeGate(evidence),
  } as const;
  return { ...content, id: verdictId(content) };
}

/** First 16 hex digits of the digest over everything else. */
export function verdictId(verdict: Omit<Verdict, 'id'>): string {
  const { formatVersion, execution, target, stage, at, evidence, result } = verdict;
  return shortDigest(digestJson({ formatVersion, execution, target, stage, at, evidence, result }), idLength);
}

/** The same verdict made again from its evidence alone: equal bytes, or it was altered or made by other rules. */
export function recompute({ execution, target, stage, at, evidence }: Verdict): Verdict {
  return verdictOf({ execution, target, stage, at }, evidence);
}

export function summaryOf({ id, stage, evidence, result, at, target }: Verdict): VerdictSummary {
  return { id, stage, gate: evidence.gate.name, answer: result.answer, at, target, because: result.because };
}

function orderedEvidence(evidence: GateEvidence): GateEvidence {
  const byNode = <T extends { readonly node: string }>(list: readonly T[]): readonly T[] =>
    [...list].sort((a, b) => compareText(a.node, b.node));
  const series = [...evidence.series].sort(
    (a, b) => compareText(a.node, b.node) || compareText(a.signal, b.signal) || compareBounds(a.le, b.le),
  );
  return { ...evidence, canaries: byNode(evidence.canaries), controls: byNode(evidence.controls), series };
}

function compareBounds(a = '', b = ''): number {
  return a === b ? 0 : boundOf(a) - boundOf(b) || compareText(a, b);
}

function boundOf(le: string): number {
  return le === '+Inf' ? Number.MAX_VALUE : Number(le) || 0;
}
