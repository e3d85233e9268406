import { describe, expect, test } from 'vitest';
import { judgeGate, startJudging } from '../../../src/judge/judge-gate.ts';
import type { GateEvidence } from '../../../src/model/verdict.ts';
import { counters, evidenceOf, from, points } from '../../support/judge/evidence.ts';
import { gateOn, simulatedEvidence, usual, type Simulated } from '../../support/judge/simulated-metrics.ts';

const small: Simulated = {
  ...usual,
  nodes: 8,
  historySeconds: 900,
  seconds: 600,
  requestsPerSecond: 20,
  failures: 0.005,
};
const errors = gateOn('errorRate', 0);
const nodes = ['a', 'b', 'c', 'd'];

function without(evidence: GateEvidence, drop: (node: string, at: number) => boolean): GateEvidence {
  const series = evidence.series.map((one) => ({ ...one, points: one.points.filter(([at]) => !drop(one.node, at)) }));
  return { ...evidence, series };
}

describe('new nodes that are like their controls pass', () => {
  test.each([
    'errorRate',
    'transactionFailureRate',
    'latencyP50',
    'latencyP99',
    'memory',
    'cpu',
    'diskIo',
    'custom',
  ] as const)('%s', (metric) => {
    const result = judgeGate(simulatedEvidence({ ...small, metric, seed: 3 }));
    expect(result.answer).toBe('pass');
    expect(result.control).not.toBeNull();
    expect(result.eValue).toBeLessThan(25);
  });
});

describe('new nodes that are worse fail', () => {
  test.each([
    ['errorRate', 5],
    ['transactionFailureRate', 5],
    ['latencyP50', 1.5],
    ['latencyP95', 2],
    ['latencyP99', 3],
    ['memory', 1.2],
    ['cpu', 1.3],
    ['diskIo', 1.3],
    ['custom', 1.3],
  ] as const)('%s times %d', (metric, effect) => {
    const result = judgeGate(simulatedEvidence({ ...small, metric, effect, seed: 4 }));
    expect(result.answer).toBe('fail');
    expect(result.eValue).toBeGreaterThanOrEqual(25);
    expect(result.because).toMatch(/fails at 25/u);
  });
});

describe('worseBy', () => {
  test('allows that much', () => {
    expect(judgeGate(simulatedEvidence({ ...small, effect: 3, worseBy: 4 })).answer).toBe('pass');
    expect(judgeGate(simulatedEvidence({ ...small, metric: 'memory', effect: 1.2, worseBy: 0.4 })).answer).toBe('pass');
    expect(judgeGate(simulatedEvidence({ ...small, metric: 'latencyP50', effect: 1.3, worseBy: 1 })).answer).toBe(
      'pass',
    );
  });

  test('allows no more', () => {
    expect(judgeGate(simulatedEvidence({ ...small, metric: 'memory', effect: 1.6, worseBy: 0.4 })).answer).toBe('fail');
    expect(judgeGate(simulatedEvidence({ ...small, effect: 15, worseBy: 2 })).answer).toBe('fail');
  });
});

test('the interval of a mean holds the difference, in the unit of the gate', () => {
  const { interval } = judgeGate(simulatedEvidence({ ...small, metric: 'memory', effect: 1.2 }));
  const difference = 0.2 * 2 ** 30;
  expect(interval![0]).toBeLessThan(difference);
  expect(interval![1]).toBeGreaterThan(difference);
  expect(interval![0]).toBeGreaterThan(difference / 2);
});

test('a gate with only a lower limit fails when the new nodes give less', () => {
  const less = simulatedEvidence({ ...small, metric: 'custom', effect: 0.6 });
  const gate = gateOn('custom', 0, { min: 1 });
  expect(judgeGate(less).answer).toBe('pass');
  expect(judgeGate({ ...less, gate }).answer).toBe('fail');
});

describe('insufficient', () => {
  test('one new node', () => {
    const result = judgeGate(
      evidenceOf(errors, counters(120, 10, 0.5, nodes), { canaries: ['a'], controls: ['b', 'c'] }),
    );
    expect(result).toMatchObject({ answer: 'insufficient', eValue: null });
  });

  test('no control of the role', () => {
    const evidence = evidenceOf(errors, counters(120, 10, 0.5, nodes), { controls: ['c', 'd'] });
    const controls = evidence.controls.map((one) => ({ ...one, role: 'leader' as const }));
    expect(judgeGate({ ...evidence, controls }).answer).toBe('insufficient');
    expect(judgeGate({ ...evidence, controls: [] }).answer).toBe('insufficient');
  });

  test('controls that say nothing', () => {
    const evidence = evidenceOf(errors, counters(120, 10, 0, ['a', 'b']), { controls: ['c', 'd'] });
    expect(judgeGate(evidence)).toMatchObject({ answer: 'insufficient', evidenceMs: 0 });
  });

  test('controls that went silent', () => {
    const whole = simulatedEvidence(small);
    const evidence = without(whole, (node, at) => node >= 'node-002' && at > whole.sinceMs + 300_000);
    expect(judgeGate(evidence)).toMatchObject({ answer: 'insufficient', evidenceMs: 300_000 });
  });

  test('controls without traffic', () => {
    const quiet = counters(120, 0, 0, ['c', 'd']);
    const evidence = evidenceOf(errors, [...counters(120, 10, 0.2, ['a', 'b']), ...quiet], { controls: ['c', 'd'] });
    expect(judgeGate(evidence).answer).toBe('insufficient');
  });

  test('a mean of one control without any past', () => {
    const series = ['a', 'b', 'c'].map((node) => ({ node, signal: 'custom', points: points(120, (at) => at % 7) }));
    expect(judgeGate(evidenceOf(gateOn('custom', 0), series, { controls: ['c'] })).answer).toBe('insufficient');
  });
});

describe('without history', () => {
  const fresh = (changed: Partial<Simulated>): GateEvidence => {
    const evidence = simulatedEvidence({ ...small, historySeconds: 1, ...changed });
    return without(evidence, (_, at) => at < evidence.sinceMs);
  };

  test('a clear regression of errors is still found', () => {
    expect(judgeGate(fresh({ effect: 10, seconds: 1200 })).answer).toBe('fail');
  });

  test('a clear shift of a mean is found by comparing nodes', () => {
    expect(judgeGate(fresh({ metric: 'memory', effect: 1.5 }))).toMatchObject({ answer: 'fail', interval: null });
  });

  test('a latency threshold comes from the first requests of the controls', () => {
    expect(judgeGate(fresh({ metric: 'latencyP50', effect: 2 })).answer).toBe('fail');
  });

  test('nodes that differ anyway are no regression', () => {
    for (const metric of ['errorRate', 'memory', 'diskIo'] as const)
      expect(judgeGate(fresh({ metric, noise: 'heterogeneous', seed: 8 })).answer).toBe('pass');
  });
});

test('a node that always had more errors is held against its own past', () => {
  const evidence = simulatedEvidence({ ...small, failures: 0.02, seconds: 900 });
  const worse = evidence.series.map((one) =>
    one.signal === 'failedRequests' && one.node <= 'node-001'
      ? { ...one, points: one.points.map(([at, value]) => [at, 3 * value!] as const) }
      : one,
  );
  expect(judgeGate({ ...evidence, series: worse }).answer).toBe('pass');
});

test('failures that strike all nodes at once are not blamed on the new ones', () => {
  const evidence = simulatedEvidence({ ...small, seconds: 900 });
  const struck = evidence.series.map((one) => {
    if (one.signal !== 'failedRequests') return one;
    let extra = 0;
    const requests = evidence.series.find(({ node, signal }) => node === one.node && signal === 'requests')!.points;
    const value = (at: number, index: number, before: number): number => {
      if (at > evidence.sinceMs + 300_000 && at <= evidence.sinceMs + 400_000)
        extra += 0.3 * (requests[index]![1]! - requests[index - 1]![1]!);
      return before + Math.floor(extra);
    };
    return { ...one, points: one.points.map(([at, before], index) => [at, value(at, index, before!)] as const) };
  });
  expect(judgeGate({ ...evidence, series: struck }).answer).toBe('pass');
});

test('a burst on one new node, as nodes have them, is no regression of a mean', () => {
  const evidence = simulatedEvidence({ ...small, metric: 'memory', noise: 'bursty', seed: 12 });
  expect(judgeGate(evidence).answer).toBe('pass');
});

test('what failed once has failed at every later look', () => {
  const evidence = simulatedEvidence({ ...small, effect: 8, seconds: 600 });
  const judging = startJudging(evidence);
  judging.add(evidence.series);
  let before = 0;
  for (let at = evidence.sinceMs; at <= evidence.untilMs; at += 5000) {
    const { eValue } = judging.look(at);
    expect(eValue).toBeGreaterThanOrEqual(before);
    before = eValue!;
  }
  expect(before).toBeGreaterThan(25);
});

test('a canary of an earlier stage brings evidence from the start of this stage only', () => {
  const evidence = evidenceOf(gateOn('errorRate', null, { max: 0.05 }), counters(120, 10, 0.5));
  const late = {
    ...evidence,
    sinceMs: from + 60_000,
    canaries: evidence.canaries.map((one) => ({ ...one, sinceMs: from - 5000 })),
  };
  expect(judgeGate(late)).toMatchObject({ samples: 1200, evidenceMs: 60_000 });
});
