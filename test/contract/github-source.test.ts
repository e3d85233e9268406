/** What only GitHub can do to a source: pages, tags, limits, redirects, assets that are replaced. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRateLimit } from '../../src/adapters/release-source/github/rate-limit.ts';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { openRemoteSource } from '../../src/adapters/release-source/index.ts';
import type { ReleaseSource } from '../../src/ports/release-source.ts';
import { failureOf } from '../support/failure-of.ts';
import { type GithubServer, type GithubServerOptions, startGithubServer } from '../support/github-server.ts';
import { assetsOf, bytesOf, codeOf, collect, githubSource } from '../support/release-sources.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const secret = 'ghp_5ecret';
const token = async (): Promise<string> => secret;
/** For a server that asks for none. */
const anyToken = async (): Promise<string> => 'any';
let files: Map<string, Uint8Array>;
beforeEach(() => {
  files = new Map(
    ['index.json', 'index.json.p7s', 'v1/release.json', 'v1/lib/a_b', 'v1/lib/c'].map((path) => [
      path,
      Buffer.from(path),
    ]),
  );
});

async function serve(options: Partial<GithubServerOptions> = {}): Promise<GithubServer> {
  const server = await startGithubServer({ releases: assetsOf(files), ...options });
  undo.push(() => server.close());
  return server;
}

const text = async (source: ReleaseSource, path: string): Promise<string> =>
  Buffer.from(await source.readFile(path, 1000)).toString();

describe('tokens', () => {
  test('are shown to the API and to nobody that it sends to', async () => {
    const server = await serve({ token: secret });
    expect(await collect(githubSource(server, { token }), 'v1/lib/a_b', 100)).toBe('v1/lib/a_b');
    expect(server.store.requests).toHaveLength(1);
    expect(server.store.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(server.downloads).toBe(0);
  });

  test('that are missing or wrong are asked for, and stand in no message', async () => {
    const server = await serve({ token: secret });
    const missing = await failureOf(githubSource(server).readFile('v1/release.json', 100));
    expect(missing).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('tokenFrom') as string });
    const wrong = await failureOf(
      githubSource(server, { token: async () => 'wr0ng' }).readFile('v1/release.json', 100),
    );
    expect(wrong).toMatchObject({
      code: 'UNREACHABLE',
      reason: 'HTTP_401',
      hint: expect.stringContaining('tokenFrom') as string,
    });
    expect(`${wrong.message} ${wrong.hint}`).not.toContain('wr0ng');
  });

  test('do not go along to a next page on another host', async () => {
    const server = await serve({
      token: secret,
      embedded: 0,
      instead: (request, response) => {
        if (!request.url!.includes('/assets?')) return false;
        response.setHeader('link', `<${other.apiUrl}/next>; rel="next"`).end('[]');
        return true;
      },
    });
    const other = await serve();
    expect(await codeOf(githubSource(server, { token }).readFile('v1/release.json', 100))).toBe('IO');
    expect(other.seen).toEqual([]);
  });
});

describe('requests that count', () => {
  test('are not made where no token is at hand', async () => {
    const server = await serve();
    const source = githubSource(server);
    for (const path of ['v1/release.json', 'v1/lib/a_b', 'v1/lib/c'])
      expect(await collect(source, path, 100)).toBe(path);
    expect({ seen: server.seen, downloads: server.downloads }).toEqual({ seen: [], downloads: 3 });
  });

  test('are not spent on what has not changed, in this process or a later one', async () => {
    const server = await serve({ token: secret });
    const memory = { limit: createRateLimit(systemClock), documents: new Map() };
    const memoryOf = () => memory;
    await text(githubSource(server, { token, memoryOf }), 'v1/release.json');
    expect(server.counted).toBe(2);
    await text(githubSource(server, { token, memoryOf }), 'v1/lib/c');
    expect({ counted: server.counted, unchanged: server.unchanged }).toEqual({ counted: 3, unchanged: 1 });

    const first = await githubSource(server, { token }).readChanged('index.json', 100, null);
    const validator = first.kind === 'changed' ? first.validator : null;
    const before = server.counted;
    expect(await githubSource(server, { token }).readChanged('index.json', 100, validator)).toEqual({
      kind: 'unchanged',
    });
    expect(server.counted).toBe(before);
  });

  test('find an asset behind any number of pages, and list them once', async () => {
    for (let count = 0; count < 250; count += 1) files.set(`v2/f${count}`, Buffer.from(`${count}`));
    const server = await serve({ embedded: 30 });
    const source = githubSource(server, { token: anyToken });
    const lists = () => server.seen.filter((request) => !/\/assets\/\d+$/u.test(request));
    expect(await text(source, 'v2/f7')).toBe('7');
    expect(lists()).toHaveLength(1);
    expect(await text(source, 'v2/f249')).toBe('249');
    expect(await text(source, 'v2/f100')).toBe('100');
    expect(lists()).toHaveLength(4);
    expect(lists().at(-1)).toContain('per_page=100&page=3');
  });
});

test('what is downloaded does not make an index look changed', async () => {
  const server = await serve();
  const source = githubSource(server, { token: anyToken });
  const first = await source.readChanged('index.json', 100, null);
  await collect(githubSource(server), 'index.json', 100);
  const validator = first.kind === 'changed' ? first.validator : null;
  expect(await source.readChanged('index.json', 100, validator)).toEqual({ kind: 'unchanged' });
  expect(server.unchanged).toBe(0);
});

test.each([undefined, secret])('an asset that was replaced or added meanwhile is found (token: %s)', async (shown) => {
  const releases = assetsOf(files);
  const server = await serve({ releases, ...(shown === undefined ? {} : { token: shown }) });
  const source = githubSource(server, { token: shown === undefined ? null : token });
  expect(await text(source, 'v1/release.json')).toBe('v1/release.json');
  releases.get('v1')!.set('release.json', Buffer.from('another'));
  releases.get('v1')!.set('added', Buffer.from('new'));
  expect(await text(source, 'v1/release.json')).toBe('another');
  expect(await text(source, 'v1/added')).toBe('new');
  expect(await collect(source, 'v1/release.json', 100)).toBe('another');
});

test('a payload is resumed where GitHub keeps it, and started over when it was replaced', async () => {
  const bytes = randomBytes(1000);
  files.set('v1/big', bytes);
  const releases = assetsOf(files);
  const server = await serve({ releases, token: secret });
  const source = githubSource(server, { token });
  const first = await source.openFile('v1/big', { limitBytes: 1000 });
  expect(first).toMatchObject({ offset: 0, sizeBytes: 1000 });
  const rest = await source.openFile('v1/big', { limitBytes: 1000, offset: 600, validator: first.validator! });
  expect(rest.offset).toBe(600);
  expect(await bytesOf(rest)).toEqual(bytes.subarray(600));
  releases.get('v1')!.set('big', Buffer.alloc(1000));
  const over = await source.openFile('v1/big', { limitBytes: 1000, offset: 600, validator: first.validator! });
  expect(over.offset).toBe(0);
  expect(await bytesOf(over)).toEqual(Buffer.alloc(1000));
});

describe('limits', () => {
  test('that are reached end in when they are reset, and nothing more is sent until then', async () => {
    const server = await serve({ token: secret });
    let steadyMs = 0;
    const clock = { ...systemClock, steadyMs: () => steadyMs, sleep: async () => {} };
    const memory = { limit: createRateLimit(clock), documents: new Map() };
    const memoryOf = () => memory;
    const open = (): ReleaseSource => githubSource(server, { token, clock, memoryOf });
    server.limit = { remaining: 2, resetSeconds: 600 };
    expect(await text(open(), 'v1/release.json')).toBe('v1/release.json');
    const sent = server.seen.length;
    const error = await failureOf(open().readFile('v1/lib/c', 100));
    expect(error.code).toBe('RATE_LIMITED');
    expect(error.retryAfterMs).toBeGreaterThan(590_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(601_000);
    steadyMs = 500_000;
    expect((await failureOf(open().openFile('v1/lib/c', { limitBytes: 100 }))).retryAfterMs).toBeLessThan(101_001);
    expect(server.seen).toHaveLength(sent);
    steadyMs = 602_000;
    server.limit = { remaining: 10, resetSeconds: 600 };
    expect(await text(open(), 'v1/lib/c')).toBe('v1/lib/c');
  });

  const refusals: Record<string, { headers: Record<string, string>; body: string; code: string; afterMs?: number }> = {
    'primary, as a refusal': {
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3000) },
      body: 'API rate limit exceeded',
      code: 'RATE_LIMITED',
    },
    'secondary, with a time': { headers: { 'retry-after': '90' }, body: '', code: 'RATE_LIMITED', afterMs: 90_000 },
    'secondary, in words alone': {
      headers: {},
      body: '{"message":"You have exceeded a secondary rate limit."}',
      code: 'RATE_LIMITED',
      afterMs: 60_000,
    },
    'no limit at all': { headers: {}, body: '{"message":"Must have admin rights."}', code: 'UNREACHABLE' },
  };
  test.each(Object.entries(refusals))('%s', async (_, { headers, body, code, afterMs }) => {
    const refuse = (_request: IncomingMessage, response: ServerResponse): boolean => {
      response.writeHead(403, headers).end(body);
      return true;
    };
    const server = await serve({ instead: refuse });
    const clock = { ...systemClock, steadyMs: () => 0 };
    const memory = { limit: createRateLimit(clock), documents: new Map() };
    const memoryOf = () => memory;
    const error = await failureOf(githubSource(server, { token, clock, memoryOf }).readIndex());
    expect(error.code).toBe(code);
    if (afterMs !== undefined) expect(error.retryAfterMs).toBe(afterMs);
    const sent = server.seen.length;
    await failureOf(githubSource(server, { token, clock, memoryOf }).readIndex());
    expect(server.seen.length > sent).toBe(code !== 'RATE_LIMITED');
  });

  test('are those of a token: another one goes on', async () => {
    const shown: (string | undefined)[] = [];
    const server = await serve({
      token: 'fresh',
      instead: (request, response) => {
        shown.push(request.headers.authorization);
        if (request.headers.authorization !== 'Bearer used-up') return false;
        response.writeHead(429, { 'retry-after': '600' }).end();
        return true;
      },
    });
    const place = { kind: 'github', owner: 'themis', repo: 'db', apiUrl: server.apiUrl } as const;
    const open = (held: string): ReleaseSource =>
      openRemoteSource(place, { environment: {}, clock: systemClock, caFile: null, token: async () => held });
    expect(await codeOf(open('used-up').readFile('v1/release.json', 100))).toBe('RATE_LIMITED');
    expect(await text(open('fresh'), 'v1/release.json')).toBe('v1/release.json');
    // What one source was told the next one with its token knows.
    expect(await codeOf(open('used-up').readFile('v1/release.json', 100))).toBe('RATE_LIMITED');
    expect(shown.filter((said) => said === 'Bearer used-up')).toHaveLength(1);
  });

  test('that are over in a moment are waited for, scattered', async () => {
    const server = await serve({
      instead: (_request, response, nth) => {
        if (nth > 1) return false;
        response.writeHead(429, { 'retry-after': '3' }).end();
        return true;
      },
    });
    let nowMs = 0;
    const slept: number[] = [];
    const sleep = async (durationMs: number): Promise<void> => {
      slept.push(durationMs);
      nowMs += durationMs;
    };
    const clock = { ...systemClock, steadyMs: () => nowMs, sleep };
    const memory = { limit: createRateLimit(clock), documents: new Map() };
    const memoryOf = () => memory;
    const source = githubSource(server, { token: anyToken, clock, memoryOf, random: () => 0.5 });
    expect(await text(source, 'v1/release.json')).toBe('v1/release.json');
    expect(slept).toEqual([3500]);
  });
});

test.each(['not json', '{}', '{"id":1,"assets":[{"id":"x"}]}', '{"id":1,"assets":{}}', 'null'])(
  'an answer that is not of GitHub is refused: %s',
  async (body) => {
    const server = await serve({
      instead: (_request, response) => {
        response.end(body);
        return true;
      },
    });
    expect(await codeOf(githubSource(server, { token: anyToken }).readFile('v1/release.json', 100))).toBe('IO');
  },
);

test('an asset that never finished uploading does not count', async () => {
  const server = await serve({
    instead: (request, response) => {
      if (!request.url!.includes('/tags/')) return false;
      const asset = {
        id: 1,
        name: 'release.json',
        size: 0,
        state: 'starter',
        browser_download_url: 'http://127.0.0.1:1/',
      };
      response.end(JSON.stringify({ id: 1, assets: [asset] }));
      return true;
    },
  });
  expect(await codeOf(githubSource(server, { token: anyToken }).readFile('v1/release.json', 100))).toBe('NOT_FOUND');
});

test.each(['file:///x', 'https://ghp_5ecret@api.example.org', ''])('the address %j is no API', async (apiUrl) => {
  const server = await serve();
  const open = () => githubSource(server, { apiUrl });
  expect(open).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  expect(open).not.toThrow(/5ecret/u);
});

test.each([
  ['https://api.github.com', 'https://github.com'],
  ['https://api.acme.ghe.com/', 'https://acme.ghe.com'],
  ['https://git.example.org:8443/api/v3', 'https://git.example.org:8443'],
])('the public pages of %s are at %s', (apiUrl, host) => {
  expect(githubSource({ apiUrl }).host).toBe(host);
  expect(githubSource({ apiUrl }, { token }).host).toBe(new URL(apiUrl).origin);
});

test('where public pages are unknown, a token is asked for', () => {
  const apiUrl = 'https://git.example.org/rest';
  expect(() => githubSource({ apiUrl })).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  expect(githubSource({ apiUrl }, { token }).host).toBe('https://git.example.org');
});
