import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../src/kernel/canonical-json.ts';
import { judgeGate, startJudging } from '../../../src/judge/judge-gate.ts';
import { verdictOf } from '../../../src/judge/verdict-of.ts';
import type { GateMetric } from '../../../src/model/desired.ts';
import type { Point, Series } from '../../../src/model/metrics.ts';
import type { GateEvidence } from '../../../src/model/verdict.ts';
import { from } from '../../support/judge/evidence.ts';
import { gateOn } from '../../support/judge/simulated-metrics.ts';
import { runs } from '../../support/runs.ts';

const metrics = ['errorRate', 'latencyP95', 'memory', 'cpu', 'custom'] as const;
const signals: Record<(typeof metrics)[number], readonly [string, string?][]> = {
  errorRate: [['requests'], ['failedRequests']],
  latencyP95: [
    ['duration', '0.1'],
    ['duration', '0.5'],
    ['duration', '+Inf'],
  ],
  memory: [['memory']],
  cpu: [['cpu'], ['cpus']],
  custom: [['custom']],
};
const nodes = ['a', 'b', 'c', 'd', 'e'];

/** Mostly counters that grow; now and then a reset, a gap, NaN, or an instant out of order. */
const line = fc
  .array(
    fc.record({
      step: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(1000, 2000) },
        { weight: 1, arbitrary: fc.constantFrom(0, -1500, 150_000) },
      ),
      add: fc.oneof({ weight: 12, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.constantFrom(null, -400, 1e9) }),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let at = from - 40_000;
    let value = 500;
    return steps.map(({ step, add }): Point => {
      at += step;
      if (add === null) return [at, null];
      value = Math.max(0, value + add);
      return [at, value];
    });
  });

const evidence: fc.Arbitrary<GateEvidence> = fc
  .record({
    metric: fc.constantFrom(...metrics),
    worseBy: fc.constantFrom(null, 0, 0.5),
    max: fc.constantFrom(null, 0.1, 600),
    lines: fc.array(line, { minLength: 15, maxLength: 15 }),
    until: fc.integer({ min: 1, max: 120 }),
  })
  .map(({ metric, worseBy, max, lines, until }): GateEvidence => ({
    gate: gateOn(metric as GateMetric, worseBy, { max, minSamples: 5 }),
    signals: [],
    parameters: { alpha: 0.05, blockMs: 5000, historyMs: 30_000, staleMs: 60_000 },
    canaries: nodes.slice(0, 2).map((node) => ({ node, role: 'follower', sinceMs: from - 5000 })),
    controls: nodes.slice(2).map((node) => ({ node, role: 'follower', sinceMs: from })),
    sinceMs: from,
    untilMs: from + until * 1000,
    series: nodes.flatMap((node, index) =>
      signals[metric].map(([signal, le], position): Series => ({
        node,
        signal,
        ...(le === undefined ? {} : { le }),
        points: lines[(index * 3 + position) % lines.length]!,
      })),
    ),
  }));

test('a verdict depends on what was read, not on the order of series or on how they are split', () => {
  const property = fc.property(evidence, fc.nat(60), (whole, cut) => {
    const split = whole.series.flatMap((one) => [
      { ...one, points: one.points.slice(cut) },
      { ...one, points: one.points.slice(0, cut) },
    ]);
    const result = judgeGate(whole);
    expect(judgeGate({ ...whole, series: [...whole.series].reverse() })).toEqual(result);
    expect(judgeGate({ ...whole, series: split })).toEqual(result);
  });
  fc.assert(property, runs(20_000));
});

test('looking at every moment gives the same as judging once', () => {
  const property = fc.property(evidence, fc.integer({ min: 500, max: 9000 }), (whole, everyMs) => {
    const judging = startJudging(whole);
    judging.add(whole.series);
    for (let at = whole.sinceMs; at < whole.untilMs; at += everyMs) judging.fails(at);
    expect(judging.look(whole.untilMs)).toEqual(judgeGate(whole));
  });
  fc.assert(property, runs(20_000));
});

test('whatever is read, the answer is made of finite numbers and is written the same again', () => {
  const property = fc.property(evidence, (whole) => {
    const context = {
      execution: 'e',
      target: `sha256:${'0'.repeat(64)}`,
      stage: 1,
      at: '2026-11-21T00:00:00Z',
    } as const;
    const { result } = verdictOf(context, whole);
    const text = canonicalJson(result);
    expect(text).not.toMatch(/NaN|Infinity/u);
    expect(result.because).not.toMatch(/NaN|Infinity|undefined/u);
    expect(JSON.parse(text)).toEqual(result);
    expect(result.evidenceMs).toBeGreaterThanOrEqual(0);
    expect(result.evidenceMs).toBeLessThanOrEqual(whole.untilMs - whole.sinceMs);
  });
  fc.assert(property, runs(20_000));
});

test('a laxer limit never fails what a stricter one lets pass', () => {
  const order = { fail: 0, insufficient: 1, pass: 2 };
  const property = fc.property(evidence, fc.double({ min: 0.01, max: 2000, noNaN: true }), (whole, max) => {
    const at = (limit: number): number =>
      order[judgeGate({ ...whole, gate: { ...whole.gate, worseBy: null, max: limit } }).answer];
    expect(at(max * 2)).toBeGreaterThanOrEqual(at(max) === 1 ? 0 : at(max));
  });
  fc.assert(property, runs(20_000));
});

test('nodes that read exactly the same never fail a comparison', () => {
  const property = fc.property(evidence, fc.constantFrom(0, 0.5), (whole, worseBy) => {
    const first = whole.series.filter(({ node }) => node === 'a');
    const series = nodes.flatMap((node) => first.map((one) => ({ ...one, node })));
    const gate = { ...whole.gate, max: null, worseBy };
    expect(judgeGate({ ...whole, gate, series }).answer).not.toBe('fail');
  });
  fc.assert(property, runs(20_000));
});
