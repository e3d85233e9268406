import { expect, test } from 'vitest';
import { canonicalJson } from '../../../src/kernel/canonical-json.ts';
import { alphaShare, parametersOf, withoutComparison } from '../../../src/judge/parameters-of.ts';
import { signalsOf } from '../../../src/judge/signals-of.ts';
import { stageAnswer } from '../../../src/judge/stage-answer.ts';
import { recompute, summaryOf, verdictId, verdictOf } from '../../../src/judge/verdict-of.ts';
import type { GateResult } from '../../../src/model/verdict.ts';
import { counters, evidenceOf } from '../../support/judge/evidence.ts';
import { gateOn } from '../../support/judge/simulated-metrics.ts';

const context = {
  execution: 'e1',
  target: `sha256:${'a'.repeat(64)}`,
  stage: 1,
  at: '2026-11-21T12:00:00.000Z',
} as const;
const evidence = evidenceOf(gateOn('errorRate', null, { max: 0.05 }), counters(120, 10, 0.1));

test('a verdict is made again from itself, byte for byte', () => {
  const verdict = verdictOf(context, evidence);
  const read = JSON.parse(JSON.stringify(verdict)) as typeof verdict;
  expect(canonicalJson(recompute(read))).toBe(canonicalJson(verdict));
  expect(verdict.id).toMatch(/^[0-9a-f]{16}$/u);
  expect(summaryOf(verdict)).toMatchObject({ gate: 'errorRate', answer: 'fail', id: verdict.id });
});

test('an altered reading changes the id', () => {
  const verdict = verdictOf(context, evidence);
  const altered = { ...verdict, result: { ...verdict.result, answer: 'pass' as const } };
  expect(verdictId(altered)).not.toBe(verdict.id);
  expect(recompute(altered)).toEqual(verdict);
});

test('the order of series and nodes does not matter', () => {
  const turned = { ...evidence, series: [...evidence.series].reverse(), canaries: [...evidence.canaries].reverse() };
  expect(verdictOf(context, turned)).toEqual(verdictOf(context, evidence));
});

test('alpha is divided over comparisons, half of it to gates that count failures', () => {
  const gates = [gateOn('errorRate', 0), gateOn('memory', 0), gateOn('cpu', 0), gateOn('diskIo', null, { max: 1 })];
  const shares = gates.slice(0, 3).map((gate) => alphaShare(gate, gates));
  expect(shares).toEqual([1.5, 0.75, 0.75]);
  const alphas = shares.map((share) => parametersOf({ comparisons: 6, lookMs: 2000, share }).alpha);
  expect(2 * alphas.reduce((total, alpha) => total + alpha, 0)).toBeCloseTo(0.04, 12);
  expect(alphaShare(gates[1]!, gates.slice(1))).toBe(1);
  expect(withoutComparison(gates[0]!).worseBy).toBeNull();
});

test('a stage is as good as its worst gate, and has baked as long as every gate has seen', () => {
  const result = (answer: GateResult['answer'], evidenceMs: number, because: string) =>
    ({ answer, evidenceMs, because }) as GateResult;
  const all = [result('pass', 30, 'p'), result('insufficient', 10, 'i'), result('fail', 20, 'f')];
  expect(stageAnswer(all)).toEqual({ answer: 'fail', because: 'f', evidenceMs: 10 });
  expect(stageAnswer(all.slice(0, 2))).toEqual({ answer: 'insufficient', because: 'i', evidenceMs: 10 });
  expect(stageAnswer(all.slice(0, 1))).toEqual({ answer: 'pass', because: 'p', evidenceMs: 30 });
});

test('each metric reads the series it is made of', () => {
  const names = new Proxy({}, { get: (_, id) => `name_of_${String(id)}` }) as Parameters<typeof signalsOf>[1];
  const ids = (gate: Parameters<typeof signalsOf>[0]) => signalsOf(gate, names).map(({ id, kind }) => `${id} ${kind}`);
  expect(ids(gateOn('errorRate', 0))).toEqual(['failedRequests counter', 'requests counter']);
  expect(ids(gateOn('transactionFailureRate', 0))).toEqual(['failedTransactions counter', 'transactions counter']);
  expect(ids(gateOn('latencyP99', 0))).toEqual(['duration histogram']);
  expect(ids(gateOn('memory', 0))).toEqual(['memory gauge']);
  expect(ids(gateOn('memory', 0, { unit: 'share' }))).toEqual(['memory gauge', 'memoryLimit gauge']);
  expect(ids(gateOn('cpu', 0))).toEqual(['cpu counter', 'cpus gauge']);
  expect(ids(gateOn('diskIo', 0))).toEqual(['diskIo counter']);
  expect(signalsOf(gateOn('custom', 0), names)).toEqual([
    { id: 'custom', kind: 'gauge', query: 'depth{node="{{node}}"}', custom: true },
  ]);
});
