/**
 * Every metric provider that a Fleet can name, over real servers: the real Prometheus where it is installed, the nodes'
 * own endpoints, a recording, and the fake. The same facts come out of each.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { FakeMetrics } from '../../src/adapters/metrics/fake.ts';
import { metricsProviders, openMetrics } from '../../src/adapters/metrics/index.ts';
import { fromFailure } from '../../src/kernel/error.ts';
import type { Series } from '../../src/model/metrics.ts';
import type { Metrics } from '../../src/ports/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { hasPrometheus, startPrometheus } from '../support/live/prometheus-server.ts';
import { last, MetricsBench, read, signal } from '../support/metrics-bench.ts';

/** What each node's endpoint says; a name with a dot must not be taken for a pattern. */
const texts: Readonly<Record<string, string>> = {
  'node.a': `# HELP requests_total Served.
# TYPE requests_total counter
requests_total{code="200",path="a\\"b\\\\c"} 90
requests_total{code="500"} 4
requests_total{code="503"} 6
# TYPE duration_seconds histogram
duration_seconds_bucket{le="0.1"} 80
duration_seconds_bucket{le="+Inf"} 100
duration_seconds_sum 3.5
duration_seconds_count 100
memory_bytes 1.5e9
strange NaN
endless +Inf
`,
  nodeXa: `requests_total{code="200"} 7
memory_bytes 2
`,
  silent: '',
};
const names = Object.keys(texts);

const requests = signal('requests', 'counter', 'requests_total');
const failed = signal('failed', 'counter', 'requests_total{code=~"5.."}');
const notFailed = signal('good', 'counter', 'requests_total{code!~"5..",code!=""}');
const duration = signal('duration', 'histogram', 'duration_seconds');
const memory = signal('memory', 'gauge', 'memory_bytes');

interface World {
  readonly metrics: Metrics;
  /** A range that holds readings. */
  readonly range: { readonly afterMs: number; readonly untilMs: number };
  end(): Promise<void>;
}

let bench: MetricsBench;
beforeAll(async () => {
  bench = await MetricsBench.make();
  for (const [name, text] of Object.entries(texts)) bench.says(`/of/${name}`, text);
});
afterAll(() => bench.end());

const facts = {
  'node.a requests': 100,
  'node.a failed': 10,
  'node.a good': 90,
  'node.a duration 0.1': 80,
  'node.a duration +Inf': 100,
  'node.a memory': 1.5e9,
  'node.a strange': null,
  'node.a endless': null,
  'nodeXa requests': 7,
  'nodeXa good': 7,
  'nodeXa memory': 2,
};
const signals = [
  requests,
  failed,
  notFailed,
  duration,
  memory,
  signal('strange', 'gauge', 'strange'),
  signal('endless', 'gauge', 'endless'),
];

async function nodesWorld(): Promise<World> {
  const range = { afterMs: Date.now() - 60_000, untilMs: Date.now() };
  return { metrics: bench.open({ kind: 'nodes' }, { nodes: [...names, 'gone'] }), range, end: async () => {} };
}

async function fileWorld(): Promise<World> {
  const series = Object.entries(facts).map(([key, value]): Series => {
    const [node, signal, le] = key.split(' ') as [string, string, string?];
    return {
      node,
      signal,
      ...(le === undefined ? {} : { le }),
      points: [
        [1000, 1],
        [2000, value],
        [3000, 5],
      ],
    };
  });
  await writeFile(join(bench.directory, 'samples.json'), JSON.stringify({ series }));
  const metrics = bench.open({ kind: 'file', path: './samples.json' });
  return { metrics, range: { afterMs: 500, untilMs: 2000 }, end: async () => {} };
}

async function prometheusWorld(): Promise<World> {
  const targets = names.map((name) => ({ node: name, address: bench.address, path: `/of/${name}` }));
  const running = await startPrometheus(targets, '200ms');
  const metrics = bench.open({ kind: 'prometheus', url: running.url, tokenFrom: undefined, nodeLabel: 'node' });
  const afterMs = Date.now() - 60_000;
  await eventually(
    () => read(metrics, { signals: [memory], nodes: names, afterMs, untilMs: Date.now() }),
    (series) => series.length === 2 && series.every(({ points }) => points.length >= 3),
  );
  return { metrics, range: { afterMs, untilMs: Date.now() }, end: () => running.stop() };
}

function fakeWorld(): World {
  const metrics = new FakeMetrics();
  for (const [key, value] of Object.entries(facts)) {
    const [node, signal, le] = key.split(' ') as [string, string, string?];
    metrics.add(node, signal, 1000, 1, le);
    metrics.add(node, signal, 2000, value, le);
    metrics.add(node, signal, 3000, 5, le);
  }
  return { metrics, range: { afterMs: 500, untilMs: 2000 }, end: async () => {} };
}

const worlds = { prometheus: prometheusWorld, nodes: nodesWorld, file: fileWorld, fake: async () => fakeWorld() };

describe.each([...metricsProviders, 'fake' as const])('metrics from %s', (kind) => {
  const skip = kind === 'prometheus' && !hasPrometheus;
  let world: World;
  beforeAll(async () => {
    if (!skip) world = await worlds[kind]();
  }, 30_000);
  afterAll(() => world?.end());

  test.skipIf(skip)('series of one node are summed, buckets are kept apart, NaN and infinity are null', async () => {
    const found = await read(world.metrics, { signals, nodes: names, ...world.range });
    expect(last(found)).toEqual(facts);
  });

  test.skipIf(skip)('what is not there is absent, and nobody else is taken for it', async () => {
    const nodes = ['silent', 'gone', 'node-a', 'node.a'];
    const nothing = signal('nothing', 'counter', 'no_such_total');
    const found = await read(world.metrics, { signals: [requests, nothing], nodes, ...world.range });
    expect(last(found)).toEqual({ 'node.a requests': 100 });
    expect(await read(world.metrics, { signals: [nothing], nodes: ['silent'], ...world.range })).toEqual([]);
  });

  test.skipIf(skip)('instants are each once, in order, and inside the range', async () => {
    const { afterMs, untilMs } = world.range;
    const [one] = await read(world.metrics, { signals: [memory], nodes: ['node.a'], afterMs, untilMs });
    const instants = one!.points.map(([atMs]) => atMs);
    expect(instants).toEqual([...new Set(instants)].sort((a, b) => a - b));
    if (world.metrics.memory === 'now') {
      expect(instants).toHaveLength(1);
      expect(instants[0]).toBeGreaterThanOrEqual(untilMs);
      return;
    }
    expect(instants.length).toBeGreaterThan(1);
    expect(instants[0]).toBeGreaterThan(afterMs);
    expect(instants.at(-1)).toBeLessThanOrEqual(untilMs);
    // The first one is asked for again as the end of the range before: neither twice nor lost.
    const rest = await read(world.metrics, { signals: [memory], nodes: ['node.a'], afterMs: instants[0]!, untilMs });
    expect(rest[0]!.points).toEqual(one!.points.slice(1));
    const first = await read(world.metrics, { signals: [memory], nodes: ['node.a'], afterMs, untilMs: instants[0]! });
    expect(first[0]!.points).toEqual(one!.points.slice(0, 1));
  });

  test.skipIf(skip)('an aborted caller gets CANCELLED', async () => {
    const request = { signals: [memory], nodes: names, ...world.range };
    await expect(world.metrics.read(request, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the endpoints of nodes', () => {
  const request = { signals: [memory], afterMs: 0, untilMs: 0 };

  test('a node that does not answer is absent; when none does, it is an error', async () => {
    const warnings: string[] = [];
    const metrics = bench.open({ kind: 'nodes' }, { warnings, nodes: [...names, 'gone'] });
    expect(last(await read(metrics, { ...request, nodes: ['gone', 'nodeXa'] }))).toEqual({ 'nodeXa memory': 2 });
    expect(warnings).toEqual([expect.stringContaining('gone')]);
    await expect(read(metrics, { ...request, nodes: ['gone'] })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('a node that hangs holds nobody up', async () => {
    bench.answers.set('/of/hangs', () => {});
    const metrics = bench.open({ kind: 'nodes' }, { timeoutMs: 100, nodes: ['hangs', 'nodeXa'] });
    expect(last(await read(metrics, { ...request, nodes: ['hangs', 'nodeXa'] }))).toEqual({ 'nodeXa memory': 2 });
    await expect(read(metrics, { ...request, nodes: ['hangs'] })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('a text that was cut off or makes no sense does not count', async () => {
    bench.answers.set('/of/cut', (_, response) => response.end('memory_bytes 12'));
    const metrics = bench.open({ kind: 'nodes' }, { nodes: ['cut'] });
    await expect(read(metrics, { ...request, nodes: ['cut'] })).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
  });

  test('a custom query is a selector there', async () => {
    const metrics = bench.open({ kind: 'nodes' }, { nodes: [...names, 'gone'] });
    const custom = signal('custom', 'gauge', 'requests_total{code=~"5.."}', true);
    expect(last(await read(metrics, { ...request, signals: [custom], nodes: ['node.a'] }))).toEqual({
      'node.a custom': 10,
    });
    const query = signal('custom', 'gauge', 'rate(requests_total[1m])', true);
    await expect(read(metrics, { ...request, signals: [query], nodes: ['node.a'] })).rejects.toMatchObject({
      code: 'UNSUPPORTED_FORMAT',
    });
  });
});

describe('recorded samples', () => {
  const request = { signals: [memory], nodes: ['a'], afterMs: 0, untilMs: 10 };
  const recorded = async (text: string): Promise<Metrics> => {
    await writeFile(join(bench.directory, 'recorded.json'), text);
    return bench.open({ kind: 'file', path: 'recorded.json' });
  };

  test('a stored verdict is a recording', async () => {
    const series = [{ node: 'a', signal: 'memory', points: [[5, 6]] }];
    expect(await read(await recorded(JSON.stringify({ id: 'x', evidence: { series } })), request)).toEqual(series);
  });

  test.each([
    ['no JSON', '{'],
    ['no series', '{}'],
    ['a field that means nothing', '{"series":[{"node":"a","signal":"memory","points":[],"unit":"s"}]}'],
    ['an instant that is none', '{"series":[{"node":"a","signal":"memory","points":[[null,1]]}]}'],
    ['a point of three', '{"series":[{"node":"a","signal":"memory","points":[[1,1,1]]}]}'],
    ['a value that is text', '{"series":[{"node":"a","signal":"memory","points":[[1,"1"]]}]}'],
  ])('%s is refused', async (_what, text) => {
    await expect(read(await recorded(text), request)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
  });

  test('a file that is not there is an error', async () => {
    const metrics = bench.open({ kind: 'file', path: 'nowhere.json' });
    await expect(read(metrics, request)).rejects.toMatchObject({ code: 'IO' });
  });
});

test('a gate that names a provider of which the Fleet says nothing is refused', () => {
  const around = {
    fleetDirectory: bench.directory,
    environment: {},
    transport: bench.transport,
    nodes: [],
    clock: systemClock,
    warn: () => {},
  };
  expect(() => openMetrics('prometheus', { kind: 'nodes' }, around)).toThrow(/prometheus/u);
  expect(() => openMetrics('file', { kind: 'nodes' }, around)).toThrow(/file/u);
  expect(openMetrics('nodes', { kind: 'file', path: 'x' }, around).memory).toBe('now');
});

test('the fake fails as a provider does', async () => {
  const metrics = new FakeMetrics('now');
  metrics.fail(fromFailure({ code: 'UNREACHABLE', message: 'away', retry: 'backoff' }));
  const request = { signals: [memory], nodes: ['a'], afterMs: 0, untilMs: 10 };
  await expect(read(metrics, request)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  metrics.fail(null);
  metrics.add('a', 'memory', 1, 1);
  metrics.add('a', 'memory', 2, 2);
  expect(last(await read(metrics, request))).toEqual({ 'a memory': 2 });
  expect(metrics.requests).toHaveLength(2);
});
