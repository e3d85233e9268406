/**
 * Every metric provider that a Fleet can name, over real servers: the real Prometheus where it is installed, the HTTP
 * API as a server of this test, the nodes' own endpoints, and a recording. The same facts come out of each.
 */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { createEndpoint } from '../../src/adapters/endpoint/node.ts';
import { FakeMetrics } from '../../src/adapters/metrics/fake.ts';
import { metricsProviders, openMetrics } from '../../src/adapters/metrics/index.ts';
import { createTransport } from '../../src/adapters/transport/index.ts';
import { fromFailure, toFailure } from '../../src/kernel/error.ts';
import type { DesiredNode, MetricsProvider } from '../../src/model/desired.ts';
import { wireVersion, type NodeReply, type NodeRequest } from '../../src/model/message.ts';
import type { Series, Signal } from '../../src/model/metrics.ts';
import type { Metrics, MetricsRequest } from '../../src/ports/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { hasPrometheus, startPrometheus, type PrometheusServer } from '../support/live/prometheus-server.ts';

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

const signal = (id: string, kind: Signal['kind'], query: string, custom = false): Signal => ({
  id,
  kind,
  query,
  custom,
});
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

const node = (name: string): DesiredNode => ({
  name,
  transport: { kind: 'local', root: name },
  cluster: 'one',
  labels: {},
  tenants: [],
});

let directory: string;
let server: Server;
let address: string;
const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'themis-metrics-')));
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/');
    const given = answers.get(path);
    if (given !== undefined) given(request, response);
    else if (path.startsWith('/of/') && texts[path.slice(4)] !== undefined) response.end(texts[path.slice(4)]);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

/** A node of which only the metrics endpoint is there. */
const transport = createTransport({
  local: {
    fleetDirectory: '/',
    command: null,
    handlerOf:
      (root) =>
      async (request: NodeRequest): Promise<NodeReply> => {
        const head = { wireVersion, node: request.node };
        try {
          const url = `http://${address}/of${root}`;
          const { ok, body } = await createEndpoint().call({ kind: 'http', method: 'GET', url }, 2000, 1 << 20);
          return { ...head, kind: 'metrics', atMs: Date.now(), text: ok ? body : null };
        } catch (error) {
          return { ...head, kind: 'refused', failure: toFailure(error) };
        }
      },
  },
});

interface Options {
  readonly environment?: Record<string, string>;
  readonly warnings?: string[];
  readonly timeoutMs?: number;
  readonly limitBytes?: number;
  readonly nodes?: readonly string[];
}

function open(provider: MetricsProvider, options: Options = {}): Metrics {
  return openMetrics(null, provider, {
    fleetDirectory: directory,
    environment: options.environment ?? {},
    transport,
    nodes: (options.nodes ?? [...names, 'gone']).map(node),
    clock: systemClock,
    warn: (message) => options.warnings?.push(message),
    timeoutMs: options.timeoutMs ?? 5000,
    ...(options.limitBytes === undefined ? {} : { limitBytes: options.limitBytes }),
  });
}

const never = new AbortController().signal;

async function read(metrics: Metrics, request: MetricsRequest): Promise<readonly Series[]> {
  return await metrics.read(request, never);
}

/** Last value by node, signal and bucket. */
function last(series: readonly Series[]): Record<string, number | null> {
  return Object.fromEntries(
    series.map(({ node, signal, le, points }) => [
      [node, signal, ...(le === undefined ? [] : [le])].join(' '),
      points.at(-1)![1],
    ]),
  );
}

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
  return { metrics: open({ kind: 'nodes' }), range, end: async () => {} };
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
  await writeFile(join(directory, 'samples.json'), JSON.stringify({ series }));
  const metrics = open({ kind: 'file', path: './samples.json' });
  return { metrics, range: { afterMs: 500, untilMs: 2000 }, end: async () => {} };
}

async function prometheusWorld(): Promise<World> {
  const targets = names.map((name) => ({ node: name, address, path: `/of/${name}` }));
  const running = await startPrometheus(targets, '200ms');
  const metrics = open({ kind: 'prometheus', url: running.url, tokenFrom: undefined, nodeLabel: 'node' });
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

  test.skipIf(skip || kind === 'fake')('an aborted caller gets CANCELLED', async () => {
    const request = { signals: [memory], nodes: names, ...world.range };
    await expect(world.metrics.read(request, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe.skipIf(!hasPrometheus)('the real Prometheus', () => {
  const many = Array.from({ length: 40 }, (_, index) => `many-${index}`);
  let running: PrometheusServer;
  let metrics: Metrics;
  let end = false;
  const warnings: string[] = [];
  beforeAll(async () => {
    for (const [index, name] of many.entries()) {
      answers.set(`/many/${name}`, (_, response) => {
        response.end(`load ${index}\nhits_total{kind="a"} ${index}\nhits_total{kind="b"} 1000\n`);
      });
    }
    answers.set('/ending', (_, response) => {
      if (end) response.writeHead(500).end();
      else response.end('load 1\n');
    });
    running = await startPrometheus(
      [
        ...many.map((name) => ({ node: name, address, path: `/many/${name}` })),
        { node: 'ending', address, path: '/ending' },
      ],
      '200ms',
    );
    metrics = open({ kind: 'prometheus', url: running.url, tokenFrom: undefined, nodeLabel: 'node' }, { warnings });
    await eventually(
      () => read(metrics, { signals: [load], nodes: [...many, 'ending'], ...lately() }),
      (series) => series.length === 41 && series.every(({ points }) => points.length >= 5),
    );
  }, 30_000);
  afterAll(() => running?.stop());

  const load = signal('load', 'gauge', 'load');
  const lately = () => ({ afterMs: Date.now() - 30_000, untilMs: Date.now() });

  test('many nodes are asked for in chunks, and in halves when the answer is too large', async () => {
    const hits = signal('hits', 'counter', 'hits_total');
    const found = await read(metrics, { signals: [hits], nodes: many, ...lately() });
    expect(last(found)).toEqual(Object.fromEntries(many.map((name, index) => [`${name} hits`, index + 1000])));
    const small = open(
      { kind: 'prometheus', url: running.url, tokenFrom: undefined, nodeLabel: 'node' },
      { limitBytes: 20_000 },
    );
    const range = { ...lately(), afterMs: Date.now() - 3000 };
    expect(await read(small, { signals: [hits], nodes: many, ...range })).toHaveLength(40);
    const tiny = open(
      { kind: 'prometheus', url: running.url, tokenFrom: undefined, nodeLabel: 'node' },
      { limitBytes: 100 },
    );
    await expect(read(tiny, { signals: [hits], nodes: many, ...range })).rejects.toMatchObject({ code: 'IO' });
  });

  test('a custom query names the node itself, or its result does', async () => {
    const nodes = ['many-3', 'many-4', 'gone'];
    const named = signal('custom', 'gauge', 'sum(hits_total{node="{{node}}"}) / 2', true);
    expect(last(await read(metrics, { signals: [named], nodes, ...lately() }))).toEqual({
      'many-3 custom': 501.5,
      'many-4 custom': 502,
    });
    const grouped = signal('custom', 'gauge', 'sum by (node) (hits_total) * 2', true);
    expect(last(await read(metrics, { signals: [grouped], nodes, ...lately() }))).toEqual({
      'many-3 custom': 2006,
      'many-4 custom': 2008,
    });
    const divided = signal('custom', 'gauge', 'load{node="{{node}}"} / 0', true);
    expect(last(await read(metrics, { signals: [divided], nodes: ['many-0'], ...lately() }))).toEqual({
      'many-0 custom': null,
    });
    const nobody = signal('custom', 'gauge', 'sum(hits_total)', true);
    await expect(read(metrics, { signals: [nobody], nodes, ...lately() })).rejects.toMatchObject({
      code: 'UNSUPPORTED_FORMAT',
    });
    expect(
      await read(metrics, { signals: [signal('custom', 'gauge', 'sum(no_such_total)', true)], nodes, ...lately() }),
    ).toEqual([]);
  });

  test('evaluations of a custom query lie inside the range, the last at its end', async () => {
    const query = signal('custom', 'gauge', 'vector(1) + on() group_left sum(load{node="{{node}}"})', true);
    const untilMs = Date.now();
    const [one] = await read(metrics, { signals: [query], nodes: ['many-1'], afterMs: untilMs - 2000, untilMs });
    expect(one!.points.map(([atMs]) => atMs - untilMs)).toEqual([-1000, 0]);
  });

  test('a query that it refuses is told with its own words', async () => {
    const wrong = signal('custom', 'gauge', 'sum(', true);
    const error = await read(metrics, { signals: [wrong], nodes: many, ...lately() }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'UNSUPPORTED_FORMAT', message: expect.stringContaining('bad_data') });
    expect(error).toMatchObject({ message: expect.stringContaining('parse error') });
  });

  test('a series that went stale has no points after it did', async () => {
    end = true;
    const endedMs = Date.now();
    await eventually(
      () => read(metrics, { signals: [load], nodes: ['ending'], afterMs: endedMs + 500, untilMs: Date.now() }),
      (series) => Date.now() > endedMs + 1500 && series.length === 0,
    );
    const gauge = signal('custom', 'gauge', 'load', true);
    const range = { afterMs: Date.now() - 500, untilMs: Date.now() };
    expect(await read(metrics, { signals: [gauge], nodes: ['ending'], ...range })).toEqual([]);
  });
});

describe('the HTTP API of Prometheus', () => {
  const asked: { readonly path: string; readonly token: string | undefined; readonly body: URLSearchParams }[] = [];
  const api = (reply: (response: ServerResponse) => void) => (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ path: request.url!, token: request.headers.authorization, body: new URLSearchParams(body) });
      reply(response);
    });
  };
  const json = (status: number, value: unknown) => (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const matrix = (...result: unknown[]): unknown => ({ status: 'success', data: { resultType: 'matrix', result } });
  const request: MetricsRequest = { signals: [requests], nodes: ['a.b', 'c'], afterMs: 10_000, untilMs: 12_500 };

  function prometheus(prefix: string, reply: (response: ServerResponse) => void, options: Options = {}): Metrics {
    answers.set(`/${prefix}/api/v1/query`, api(reply));
    const tokenFrom = options.environment === undefined ? undefined : { env: 'TOKEN' };
    return open({ kind: 'prometheus', url: `http://${address}/${prefix}`, tokenFrom, nodeLabel: 'host' }, options);
  }

  test('asks for raw samples of these nodes alone, with the token', async () => {
    const found = await read(
      prometheus(
        'asks',
        json(
          200,
          matrix({
            metric: { host: 'c' },
            values: [
              [9.9, '1'],
              [10, '1'],
              [10.001, '2'],
              [12.5, '3'],
              [12.6, '4'],
            ],
          }),
        ),
        { environment: { TOKEN: ' s3cret\n' } },
      ),
      request,
    );
    expect(found).toEqual([
      {
        node: 'c',
        signal: 'requests',
        points: [
          [10_001, 2],
          [12_500, 3],
        ],
      },
    ]);
    const { token, body } = asked.at(-1)!;
    expect(token).toBe('Bearer s3cret');
    expect(body.get('query')).toBe(String.raw`requests_total{host=~"a\\.b|c"}[2500ms]`);
    expect(body.get('time')).toBe('12.500');
  });

  test('series of different targets of one node do not look like restarts', async () => {
    const series = (instance: string, values: unknown[]): unknown => ({ metric: { host: 'c', instance }, values });
    const found = await read(
      prometheus(
        'targets',
        json(
          200,
          matrix(
            series('1', [
              [10.1, '100'],
              [11.1, '110'],
            ]),
            series('2', [
              [10.6, '5'],
              [11.6, '6'],
            ]),
          ),
        ),
      ),
      request,
    );
    expect(found[0]!.points).toEqual([
      [10_100, 100],
      [10_600, 105],
      [11_100, 115],
      [11_600, 116],
    ]);
  });

  test('an empty answer is no error; a warning is passed on', async () => {
    const warnings: string[] = [];
    const answer = { ...(matrix() as object), warnings: ['a store is away'] };
    expect(await read(prometheus('empty', json(200, answer), { warnings }), request)).toEqual([]);
    expect(warnings).toEqual(['a store is away']);
  });

  test.each([
    ['bad_data', 400, 'UNSUPPORTED_FORMAT'],
    ['execution', 422, 'IO'],
    ['timeout', 503, 'TIMEOUT'],
    ['unavailable', 503, 'IO'],
  ])('%s is told with its type and message', async (errorType, status, code) => {
    const reply = json(status, { status: 'error', errorType, error: 'what went wrong' });
    const error = await read(prometheus('refuses', reply), request).catch((error: unknown) => error);
    expect(error).toMatchObject({ code, message: `Prometheus answered ${status} ${errorType}: what went wrong` });
  });

  test.each([
    ['a page without sense', (response: ServerResponse) => response.end('<html>'), 'UNSUPPORTED_FORMAT'],
    ['a vector', json(200, { status: 'success', data: { resultType: 'vector', result: [] } }), 'UNSUPPORTED_FORMAT'],
    ['a value that is no number', json(200, matrix({ metric: {}, values: [[1, 'x']] })), 'UNSUPPORTED_FORMAT'],
    ['a proxy in trouble', json(502, 'bad gateway'), 'UNREACHABLE'],
    ['a closed door', json(401, {}), 'UNREACHABLE'],
    ['nothing at all', (response: ServerResponse) => void response.destroy(), 'UNREACHABLE'],
    ['another address', (response: ServerResponse) => response.writeHead(302, { location: '/x' }).end(), 'UNREACHABLE'],
  ])('%s', async (_what, reply, code) => {
    await expect(
      read(
        prometheus('strange', (response) => void reply(response)),
        request,
      ),
    ).rejects.toMatchObject({ code });
  });

  test('an answer that does not end in time is TIMEOUT; one that is too large is not read', async () => {
    const hangs = prometheus('hangs', (response) => void response.write('{"status":'), { timeoutMs: 100 });
    await expect(read(hangs, request)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const large = prometheus('large', (response) => void response.end(' '.repeat(100_000)), { limitBytes: 10_000 });
    await expect(read(large, { ...request, nodes: ['c'] })).rejects.toMatchObject({ code: 'IO', reason: 'tooLarge' });
  });

  test('a token that is absent or no token is refused, and its text is in no message', async () => {
    const absent = read(prometheus('token', json(200, matrix()), { environment: {} }), request);
    await expect(absent).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('variable TOKEN') });
    const strange = prometheus('token', json(200, matrix()), { environment: { TOKEN: 's3cret\ns3cret' } });
    const error = await read(strange, request).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'IO' });
    expect(String(error)).not.toContain('s3cret');
    await writeFile(join(directory, 'token'), 'from-a-file\n');
    answers.set('/file/api/v1/query', api(json(200, matrix())));
    const url = `http://${address}/file`;
    await read(open({ kind: 'prometheus', url, tokenFrom: { file: './token' }, nodeLabel: 'node' }), request);
    expect(asked.at(-1)!.token).toBe('Bearer from-a-file');
  });
});

describe('the endpoints of nodes', () => {
  const request = { signals: [memory], afterMs: 0, untilMs: 0 };

  test('a node that does not answer is absent; when none does, it is an error', async () => {
    const warnings: string[] = [];
    const metrics = open({ kind: 'nodes' }, { warnings });
    expect(last(await read(metrics, { ...request, nodes: ['gone', 'nodeXa'] }))).toEqual({ 'nodeXa memory': 2 });
    expect(warnings).toEqual([expect.stringContaining('gone')]);
    await expect(read(metrics, { ...request, nodes: ['gone'] })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('a node that hangs holds nobody up', async () => {
    answers.set('/of/hangs', () => {});
    const metrics = open({ kind: 'nodes' }, { timeoutMs: 100, nodes: ['hangs', 'nodeXa'] });
    expect(last(await read(metrics, { ...request, nodes: ['hangs', 'nodeXa'] }))).toEqual({ 'nodeXa memory': 2 });
    await expect(read(metrics, { ...request, nodes: ['hangs'] })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('a text that was cut off or makes no sense does not count', async () => {
    answers.set('/of/cut', (_, response) => response.end('memory_bytes 12'));
    const metrics = open({ kind: 'nodes' }, { nodes: ['cut'] });
    await expect(read(metrics, { ...request, nodes: ['cut'] })).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
  });

  test('a custom query is a selector there', async () => {
    const metrics = open({ kind: 'nodes' });
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
    await writeFile(join(directory, 'recorded.json'), text);
    return open({ kind: 'file', path: 'recorded.json' });
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
    const metrics = open({ kind: 'file', path: 'nowhere.json' });
    await expect(read(metrics, request)).rejects.toMatchObject({ code: 'IO' });
  });
});

test('a gate that names a provider of which the Fleet says nothing is refused', () => {
  const around = {
    fleetDirectory: directory,
    environment: {},
    transport,
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
