import { describe, expect, test } from 'vitest';
import { judgeGate } from '../../../src/judge/judge-gate.ts';
import { gateOn } from '../../support/judge/simulated-metrics.ts';
import { counters, evidenceOf, from, histogram, points, seconds } from '../../support/judge/evidence.ts';

const limit = gateOn('errorRate', null, { max: 0.05 });

describe('a limit on the error rate', () => {
  test('is broken by 10 % errors', () => {
    const { answer, value, samples, because } = judgeGate(evidenceOf(limit, counters(120, 10, 0.1)));
    expect({ answer, value, samples }).toEqual({ answer: 'fail', value: 0.1, samples: 2400 });
    expect(because).toBe('errorRate 10 % of 2,400 requests, the limit is 5 %');
  });

  test('is kept by 1 % errors', () => {
    expect(judgeGate(evidenceOf(limit, counters(120, 10, 0.01)))).toMatchObject({ answer: 'pass', value: 0.01 });
  });

  test('is not called broken by what chance may do', () => {
    const few = counters(20, 2, 0.1);
    expect(judgeGate(evidenceOf(limit, few))).toMatchObject({ answer: 'insufficient', value: 0.1, samples: 80 });
  });

  test('of zero is broken by one failure', () => {
    const none = gateOn('errorRate', null, { max: 0 });
    expect(judgeGate(evidenceOf(none, counters(100, 10, 0.001))).answer).toBe('fail');
  });

  test('is held against the newest five minutes', () => {
    const series = ['a', 'b'].flatMap((node) => [
      { node, signal: 'requests', points: points(1200, (at) => 10 * at) },
      { node, signal: 'failedRequests', points: points(1200, (at) => (at < 600 ? 0 : 2 * (at - 600))) },
    ]);
    expect(judgeGate(evidenceOf(limit, series, { seconds: 600 })).value).toBe(0);
    expect(judgeGate(evidenceOf(limit, series, { seconds: 1200 })).value).toBe(0.2);
    expect(judgeGate(evidenceOf(limit, series, { seconds: 750 })).value).toBe(0.1);
  });
});

describe('insufficient', () => {
  const cases: readonly [string, Parameters<typeof evidenceOf>[1]][] = [
    ['no series', []],
    ['a series without points', [{ node: 'a', signal: 'requests', points: [] }]],
    ['only NaN', ['a', 'b'].map((node) => ({ node, signal: 'requests', points: points(120, () => null) }))],
    ['zero traffic', counters(120, 0, 0)],
    ['one reading', counters(0, 10, 0)],
    ['fewer samples than asked for', counters(1, 10, 0)],
    [
      'readings from before the step only',
      counters(120, 10, 0).map((one) => ({
        ...one,
        points: one.points.map(([at, value]) => [at - 121_000, value] as const),
      })),
    ],
    [
      'a counter that falls at every reading',
      ['a', 'b'].map((node) => ({ node, signal: 'requests', points: points(120, (at) => 1000 - at) })),
    ],
    [
      'readings further apart than stale',
      ['a', 'b'].map((node) => ({
        node,
        signal: 'requests',
        points: [
          [from, 0],
          [from + 121_000, 900],
        ] as const,
      })),
    ],
    ['one of two nodes silent', counters(120, 10, 0).filter(({ node }) => node === 'a')],
  ];
  test.each(cases)('%s', (_, series) => {
    const result = judgeGate(evidenceOf(limit, series));
    expect(result.answer).toBe('insufficient');
    expect(result.because).not.toContain('NaN');
  });

  test('a series that went stale', () => {
    const stale = evidenceOf(limit, counters(120, 10, 0), { seconds: 241 });
    expect(judgeGate(stale)).toMatchObject({ answer: 'insufficient', evidenceMs: 120_000 });
    expect(judgeGate({ ...stale, untilMs: from + 240_000 }).answer).toBe('pass');
  });
});

describe('a counter', () => {
  const one = (values: (at: number) => number | null, failed: (at: number) => number | null = () => 0) =>
    evidenceOf(
      limit,
      [
        { node: 'a', signal: 'requests', points: points(100, values) },
        { node: 'a', signal: 'failedRequests', points: points(100, failed) },
      ],
      { canaries: ['a'], seconds: 100 },
    );

  test('that was reset loses what lies between the two readings', () => {
    const reset = one((at) => (at < 50 ? 1000 + 10 * at : 10 * (at - 49)));
    expect(judgeGate(reset).samples).toBe(990);
  });

  test('with one unknown reading counts across it', () => {
    expect(judgeGate(one((at) => (at === 50 ? null : 10 * at))).samples).toBe(1000);
  });

  test('of failures that does not exist yet counts as none', () => {
    const evidence = one((at) => 10 * at);
    const bare = { ...evidence, series: evidence.series.filter(({ signal }) => signal === 'requests') };
    expect(judgeGate(bare)).toMatchObject({ answer: 'pass', value: 0, samples: 1000 });
  });

  test('of failures that was never read is told, so that nobody takes a wrong name for health', () => {
    const series = counters(120, 10, 0).filter(({ signal }) => signal === 'requests');
    expect(judgeGate(evidenceOf(limit, series)).because).toContain('no series counts failures so far');
    expect(judgeGate(evidenceOf(limit, counters(120, 10, 0))).because).not.toContain('no series');
  });

  test('of failures that appears counts from zero', () => {
    const evidence = one((at) => 10 * at);
    const late = { node: 'a', signal: 'failedRequests', points: points(100, () => 5).slice(51) };
    const series = [...evidence.series.filter(({ signal }) => signal === 'requests'), late];
    expect(judgeGate({ ...evidence, series }).value).toBe(0.005);
  });

  test('of failures that appears with more than can have happened is left out there', () => {
    const evidence = one((at) => 10 * at);
    const late = { node: 'a', signal: 'failedRequests', points: points(100, () => 500).slice(51) };
    const series = [...evidence.series.filter(({ signal }) => signal === 'requests'), late];
    expect(judgeGate({ ...evidence, series })).toMatchObject({ value: 0, samples: 990 });
  });

  test('of failures that goes missing is unknown from there on', () => {
    const evidence = one((at) => 10 * at);
    const gone = { node: 'a', signal: 'failedRequests', points: points(100, () => 5).slice(0, 51) };
    const series = [...evidence.series.filter(({ signal }) => signal === 'requests'), gone];
    expect(judgeGate({ ...evidence, series }).samples).toBe(500);
  });

  test('given two values for one instant says nothing there', () => {
    const evidence = one((at) => 10 * at);
    const twice = { node: 'a', signal: 'requests', points: [[from + 50_000, 7]] as const };
    expect(judgeGate({ ...evidence, series: [...evidence.series, twice] }).samples).toBe(1000);
  });
});

describe('evidence time', () => {
  test('is that of the node with the least', () => {
    const series = counters(120, 10, 0).map((one) =>
      one.node === 'a' ? one : { ...one, points: one.points.slice(0, 61) },
    );
    expect(judgeGate(evidenceOf(limit, series)).evidenceMs).toBe(60_000);
  });

  test('leaves out gaps', () => {
    const series = counters(400, 10, 0).map((one) => ({
      ...one,
      points: one.points.filter((_, index) => index <= 100 || index >= 300),
    }));
    expect(judgeGate(evidenceOf(limit, series, { seconds: 400 })).evidenceMs).toBe(200_000);
  });

  test('leaves out minutes without traffic', () => {
    const series = ['a', 'b'].map((node) => ({
      node,
      signal: 'requests',
      points: points(600, (at) => 10 * Math.min(at, 100)),
    }));
    expect(judgeGate(evidenceOf(limit, series, { seconds: 600 })).evidenceMs).toBe(155_000);
  });
});

describe('a limit on latency', () => {
  const slow = gateOn('latencyP99', null, { max: 500 });
  const both = (bounds: readonly string[], shares: readonly number[]) =>
    ['a', 'b'].flatMap((node) => histogram(node, 100, bounds, shares));

  test('is held against the interpolated quantile of all new nodes', () => {
    const series = both(['0.1', '0.5', '1', '+Inf'], [0.9, 0.98, 1, 1]);
    expect(judgeGate(evidenceOf(slow, series, { seconds: 100 }))).toMatchObject({
      answer: 'fail',
      value: 750,
      samples: 2000,
    });
  });

  test('is kept', () => {
    const series = both(['0.1', '0.5', '1', '+Inf'], [0.9, 0.995, 1, 1]);
    expect(judgeGate(evidenceOf(slow, series, { seconds: 100 })).answer).toBe('pass');
  });

  test('cannot be told when no bucket reaches it', () => {
    const series = both(['0.1', '0.25', '+Inf'], [0.5, 0.9, 1]);
    const result = judgeGate(evidenceOf(slow, series, { seconds: 100 }));
    expect(result).toMatchObject({ answer: 'insufficient', value: 250 });
  });

  test('is broken in the top bucket, which counts as its lower bound', () => {
    const series = both(['0.1', '0.6', '+Inf'], [0.5, 0.9, 1]);
    expect(judgeGate(evidenceOf(slow, series, { seconds: 100 }))).toMatchObject({ answer: 'fail', value: 600 });
  });

  test('cannot be told without +Inf', () => {
    const series = both(['0.1', '0.5'], [0.5, 1]);
    expect(judgeGate(evidenceOf(slow, series, { seconds: 100 })).answer).toBe('insufficient');
  });

  test('uses the bounds that all nodes have', () => {
    const series = [
      ...histogram('a', 100, ['0.1', '0.4', '+Inf'], [0.5, 1, 1]),
      ...histogram('b', 100, ['0.2', '0.4', '+Inf'], [0.5, 1, 1]),
    ];
    expect(judgeGate(evidenceOf(slow, series, { seconds: 100 }))).toMatchObject({ answer: 'pass', value: 396 });
  });

  test('drops the interval in which buckets change', () => {
    const old = histogram('a', 100, ['0.1', '+Inf'], [1, 1]).map((one) => ({
      ...one,
      points: one.points.slice(0, 51),
    }));
    const next = histogram('a', 100, ['0.1', '0.2', '+Inf'], [0, 1, 1]).map((one) => ({
      ...one,
      points: one.points.slice(51),
    }));
    const result = judgeGate(evidenceOf(slow, [...old, ...next], { seconds: 100, canaries: ['a'] }));
    expect(result.samples).toBe(990);
  });
});

describe('a limit on a gauge', () => {
  const gauge = (node: string, signal: string, value: number) => ({ node, signal, points: points(60, () => value) });
  test('is held against the worst node', () => {
    const memory = gateOn('memory', null, { max: 1000 });
    const result = judgeGate(
      evidenceOf(memory, [gauge('a', 'memory', 500), gauge('b', 'memory', 1500)], { seconds: 60 }),
    );
    expect(result).toMatchObject({ answer: 'fail', value: 1500, samples: 120 });
    expect(result.because).toContain('on b');
  });

  test('as a share needs the whole', () => {
    const memory = gateOn('memory', null, { unit: 'share', max: 0.9 });
    const parts = [gauge('a', 'memory', 95), gauge('b', 'memory', 50)];
    expect(judgeGate(evidenceOf(memory, parts, { seconds: 60 })).answer).toBe('insufficient');
    const whole = [...parts, gauge('a', 'memoryLimit', 100), gauge('b', 'memoryLimit', 100)];
    expect(judgeGate(evidenceOf(memory, whole, { seconds: 60 }))).toMatchObject({ answer: 'fail', value: 0.95 });
  });

  test('may be a lower limit', () => {
    const depth = gateOn('custom', null, { min: 10 });
    const low = [gauge('a', 'custom', 50), gauge('b', 'custom', 5)];
    expect(judgeGate(evidenceOf(depth, low, { seconds: 60 }))).toMatchObject({ answer: 'fail', value: 5 });
  });

  test('on CPU is seconds a second and CPU', () => {
    const cpu = gateOn('cpu', null, { max: 0.5 });
    const series = ['a', 'b'].flatMap((node) => [
      { node, signal: 'cpu', points: points(60, (at) => 2 * at) },
      gauge(node, 'cpus', 4),
    ]);
    expect(judgeGate(evidenceOf(cpu, series, { seconds: 60 }))).toMatchObject({ answer: 'pass', value: 0.5 });
  });

  test('on disk I/O is bytes a second', () => {
    const disk = gateOn('diskIo', null, { max: 100 });
    const series = ['a', 'b'].map((node) => ({ node, signal: 'diskIo', points: points(60, (at) => 200 * at) }));
    expect(judgeGate(evidenceOf(disk, series, { seconds: 60 }))).toMatchObject({ answer: 'fail', value: 200 });
  });
});

test('a gate without limits passes where nothing can be compared, and needs no evidence', () => {
  const result = judgeGate(evidenceOf(gateOn('errorRate', null), []));
  expect(result).toMatchObject({ answer: 'pass', evidenceMs: seconds(120) });
});
