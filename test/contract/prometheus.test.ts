/** What only Prometheus can do: its HTTP API as a server of this test, and the real one where it is installed. */
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Metrics, MetricsRequest } from '../../src/ports/metrics.ts';
import { eventually } from '../support/eventually.ts';
import type { LoopbackServer } from '../support/live/loopback-server.ts';
import { hasPrometheus, startPrometheus } from '../support/live/prometheus-server.ts';
import { last, MetricsBench, read, signal, type OpenOptions } from '../support/metrics-bench.ts';

let bench: MetricsBench;
beforeAll(async () => {
  bench = await MetricsBench.make();
});
afterAll(() => bench.end());

const requests = signal('requests', 'counter', 'requests_total');

describe.skipIf(!hasPrometheus)('the real Prometheus', () => {
  const many = Array.from({ length: 40 }, (_, index) => `many-${index}`);
  let running: LoopbackServer;
  let metrics: Metrics;
  let end = false;
  const warnings: string[] = [];
  beforeAll(async () => {
    for (const [index, name] of many.entries()) {
      bench.answers.set(`/many/${name}`, (_, response) => {
        response.end(`load ${index}\nhits_total{kind="a"} ${index}\nhits_total{kind="b"} 1000\n`);
      });
    }
    bench.answers.set('/ending', (_, response) => {
      if (end) response.writeHead(500).end();
      else response.end('load 1\n');
    });
    running = await startPrometheus(
      [
        ...many.map((name) => ({ node: name, address: bench.address, path: `/many/${name}` })),
        { node: 'ending', address: bench.address, path: '/ending' },
      ],
      '200ms',
    );
    metrics = bench.open(
      { kind: 'prometheus', url: running.url, tokenFrom: undefined, nodeLabel: 'node' },
      { warnings },
    );
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
    const small = bench.open(
      { kind: 'prometheus', url: running.url, tokenFrom: undefined, nodeLabel: 'node' },
      { limitBytes: 20_000 },
    );
    const range = { ...lately(), afterMs: Date.now() - 3000 };
    expect(await read(small, { signals: [hits], nodes: many, ...range })).toHaveLength(40);
    const tiny = bench.open(
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
    // A second ago there may have been nothing to evaluate yet.
    const offsets = await eventually(
      async () => {
        const untilMs = Date.now();
        const [one] = await read(metrics, { signals: [query], nodes: ['many-1'], afterMs: untilMs - 2000, untilMs });
        return one?.points.map(([atMs]) => atMs - untilMs);
      },
      (found) => (found?.length ?? 0) > 1,
    );
    expect(offsets).toEqual([-1000, 0]);
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

  function prometheus(prefix: string, reply: (response: ServerResponse) => void, options: OpenOptions = {}): Metrics {
    bench.answers.set(`/${prefix}/api/v1/query`, api(reply));
    const tokenFrom = options.environment === undefined ? undefined : { env: 'TOKEN' };
    return bench.open(
      { kind: 'prometheus', url: `http://${bench.address}/${prefix}`, tokenFrom, nodeLabel: 'host' },
      options,
    );
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

  test('what another target said before the range is part of the sum', async () => {
    const series = (instance: string, values: unknown[]): unknown => ({ metric: { host: 'c', instance }, values });
    const reply = (response: ServerResponse): void => {
      const isLong = !asked.at(-1)!.body.get('query')!.endsWith('[2500ms]');
      const first = series('1', [[10.1, '100']]);
      const second = series('2', [...(isLong ? [[9, '5000']] : []), [11.6, '5001']]);
      json(200, matrix(first, second))(response);
    };
    const found = await read(prometheus('before', reply), request);
    expect(found[0]!.points).toEqual([
      [10_100, 5100],
      [11_600, 5101],
    ]);
  });

  test.each([
    [-60_000, 'behind'],
    [60_000, 'ahead of'],
  ])('a clock that is %d ms off is told, and nothing is read', async (offMs, side) => {
    const reply = (response: ServerResponse): void => {
      response.setHeader('date', new Date(Date.now() + offMs).toUTCString());
      json(200, matrix({ metric: { host: 'c' }, values: [[11, '1']] }))(response);
    };
    await expect(read(prometheus('clock', reply), request)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining(side),
    });
  });

  test('a custom query that only selects is asked for raw samples, with their own instants', async () => {
    const own = signal('custom', 'gauge', 'load{host="{{node}}"}', true);
    const reply = json(200, matrix({ metric: { host: 'c' }, values: [[11.25, '7']] }));
    const found = await read(prometheus('selects', reply), { ...request, signals: [own], nodes: ['c'] });
    expect(found).toEqual([{ node: 'c', signal: 'custom', points: [[11_250, 7]] }]);
    expect(asked.at(-1)!.body.get('query')).toBe('load{host="c"}[2500ms]');
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
    ['a series that is none', json(200, matrix(null)), 'UNSUPPORTED_FORMAT'],
    ['a value that is no number', json(200, matrix({ metric: {}, values: [[1, 'x']] })), 'UNSUPPORTED_FORMAT'],
    ['a proxy in trouble', json(502, 'bad gateway'), 'UNREACHABLE'],
    ['a closed door', json(401, {}), 'UNREACHABLE'],
    ['nothing at all', (response: ServerResponse) => void response.destroy(), 'UNREACHABLE'],
    ['another address', (response: ServerResponse) => response.writeHead(302, { location: '/x' }).end(), 'UNREACHABLE'],
  ])('%s', async (_what, reply, code) => {
    await expect(read(prometheus('strange', reply), request)).rejects.toMatchObject({ code });
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
    await writeFile(join(bench.directory, 'token'), 'from-a-file\n');
    bench.answers.set('/file/api/v1/query', api(json(200, matrix())));
    const url = `http://${bench.address}/file`;
    await read(bench.open({ kind: 'prometheus', url, tokenFrom: { file: './token' }, nodeLabel: 'node' }), request);
    expect(asked.at(-1)!.token).toBe('Bearer from-a-file');
  });
});
