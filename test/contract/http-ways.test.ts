/** The ways to a file over HTTP: redirects and credentials, codings, limits, who is kept waiting. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Deadlines } from '../../src/adapters/release-source/http/client.ts';
import type { ThemisError } from '../../src/kernel/error.ts';
import { failureOf } from '../support/failure-of.ts';
import { eventually } from '../support/eventually.ts';
import {
  type FaultServer,
  type Exchange,
  type FaultServerOptions,
  sendWhole,
  answer,
  startFaultServer,
} from '../support/fault-server.ts';
import { bytesOf, codeOf, collect, httpSource, textOf } from '../support/release-sources.ts';
import { etagOf } from '../support/faults/exchange.ts';
import { makeTlsIdentity } from '../support/tls-identity.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function serve(options: Partial<FaultServerOptions> = {}): Promise<FaultServer> {
  const server = await startFaultServer({ files: new Map([['r/file', Buffer.from('0123456789')]]), ...options });
  undo.push(() => server.close());
  return server;
}

const secret = 'ghp_5ecret';
const authorization = async (): Promise<string> => `Bearer ${secret}`;

describe('credentials', () => {
  test('go along while the host stays the same, and never to another, not even back again', async () => {
    const home: { url: string } = { url: '' };
    const other = await serve({
      fault: () => (exchange) =>
        sendWhole(exchange, '302 Found', { location: `${home.url}/r/file?again` }, Buffer.alloc(0)),
    });
    const server = await serve({
      elsewhere: other.url,
      fault: ({ target }) =>
        target === '/r/file' ? 'redirects' : target.endsWith('?moved') ? 'redirectsElsewhere' : undefined,
    });
    home.url = server.url;
    expect(await collect(httpSource(server.url, { authorization }), 'r/file', 10)).toBe('0123456789');
    const said = (seen: FaultServer) => seen.requests.map(({ target, headers }) => [target, headers['authorization']]);
    expect(said(server)).toEqual([
      ['/r/file', `Bearer ${secret}`],
      ['/r/file?moved', `Bearer ${secret}`],
      ['/r/file?again', undefined],
    ]);
    expect(said(other)).toEqual([['/r/file?moved', undefined]]);
  });

  test('of an address that a server sends to are not used', async () => {
    const other = await serve();
    const server = await serve({
      elsewhere: other.url.replace('//', `//user:${secret}@`),
      fault: () => 'redirectsElsewhere',
    });
    expect(await collect(httpSource(server.url), 'r/file', 10)).toBe('0123456789');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test.each([
    'http://user:ghp_5ecret@h/x',
    'https://h/x?token=ghp_5ecret',
    'https://h/#ghp_5ecret',
    'ftp://ghp_5ecret/x',
    'ghp_5ecret',
  ])('in the address %s are refused and not repeated', (url) => {
    expect(() => httpSource(url)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
    expect(() => httpSource(url)).not.toThrow(/ghp_5ecret/u);
  });

  test('and signed links stand in no message', async () => {
    const server = await serve({
      fault: ({ target }) =>
        target.includes('?')
          ? 'internalError'
          : (exchange) => sendWhole(exchange, '302 Found', { location: `/r/file?sig=${secret}` }, Buffer.alloc(0)),
    });
    const error = await failureOf(httpSource(server.url, { authorization }).openFile('r/file', { limitBytes: 10 }));
    expect(error).toMatchObject({ code: 'UNREACHABLE', reason: 'HTTP_500' });
    expect(`${error.message} ${error.hint}`).not.toContain(secret);
  });
});

describe('redirects', () => {
  test.each([
    [5, 'ok'],
    [6, 'UNREACHABLE'],
  ])('%i of them end in %s', async (count, code) => {
    const server = await serve({
      fault: ({ nth }) =>
        nth > count
          ? undefined
          : (exchange) => sendWhole(exchange, '301 Moved Permanently', { location: `?${nth}` }, Buffer.alloc(0)),
    });
    expect(await codeOf(collect(httpSource(server.url), 'r/file', 10))).toBe(code);
  });

  test('never lead from https to http', async () => {
    const tls = await makeTlsIdentity();
    const plain = await serve();
    const server = await serve({ tls, elsewhere: plain.url, fault: () => 'redirectsElsewhere' });
    const error = await failureOf(collect(httpSource(server.url, { settings: { ca: tls.ca } }), 'r/file', 10));
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('from https to http') as string,
    });
    expect(plain.requests).toEqual([]);
  });
});

/** A byte every few milliseconds as long as somebody listens. */
async function drip(exchange: Exchange): Promise<void> {
  await exchange.head('200 OK', {});
  while (await exchange.body(Buffer.from('x'))) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('documents', () => {
  const text = JSON.stringify(Array.from({ length: 2000 }, (_, index) => ({ index })));
  const coded = (coding: string, body: Uint8Array) => ({
    files: new Map([['d.json', Buffer.from(text)]]),
    fault: () => (exchange: Exchange) =>
      sendWhole(exchange, '200 OK', { 'content-encoding': coding, etag: '"1"' }, body),
  });

  test.each([
    ['gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
  ])('travel as %s', async (coding, body) => {
    const server = await serve(coded(coding, body));
    const source = httpSource(server.url);
    expect(Buffer.from(await source.readFile('d.json', text.length)).toString()).toBe(text);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('zstd, gzip');
    expect(server.bytesSent).toBeLessThan(text.length / 4);
    expect(await codeOf(source.readFile('d.json', text.length - 1))).toBe('IO');
  });

  test.each([
    ['gzip', gzipSync(Buffer.alloc(64 * 2 ** 20))],
    ['zstd', zstdCompressSync(Buffer.alloc(64 * 2 ** 20))],
    ['gzip', Buffer.concat(Array.from({ length: 20_000 }, () => gzipSync('')))],
  ])('are not unpacked beyond their limit (%s)', async (coding, body) => {
    const server = await serve(coded(coding, body));
    const before = process.memoryUsage.rss();
    expect(await codeOf(httpSource(server.url).readFile('d.json', 1000))).toBe('IO');
    expect(process.memoryUsage.rss() - before).toBeLessThan(48 * 2 ** 20);
  });

  /** RFC 8878 3.1.1: without a size of the content, a window of that size, and one raw block. */
  const frame = (windowDescriptor: number): Uint8Array => {
    const content = Buffer.from('{"small":true}');
    const head = [0x28, 0xb5, 0x2f, 0xfd, 0x00, windowDescriptor];
    return Buffer.concat([Buffer.from([...head, (content.length << 3) | 1, 0, 0]), content]);
  };

  test.each([
    ['8 MiB', 0x68, 'ok'],
    ['9 MiB', 0x69, 'IO'],
    ['16 MiB', 0x70, 'IO'],
    ['2 GiB', 0xa8, 'IO'],
  ])('in zstd may want a window of 8 MiB to be undone, and no more (RFC 9659): %s', async (_, descriptor, code) => {
    const server = await serve(coded('zstd', frame(descriptor)));
    expect(await codeOf(httpSource(server.url).readFile('d.json', 1000))).toBe(code);
  });

  test('are asked for again when that can help, and not when it cannot', async () => {
    const attempts = async (fault: NonNullable<FaultServerOptions['fault']>): Promise<[string, number]> => {
      const server = await serve({ fault });
      return [await codeOf(httpSource(server.url).readFile('r/file', 10)), server.requests.length];
    };
    expect(await attempts(({ nth }) => (nth === 1 ? 'resetBeforeHead' : nth === 2 ? 'badGateway' : undefined))).toEqual(
      ['ok', 3],
    );
    expect(
      await attempts(({ nth }) => (nth === 1 ? 'closesEarly' : nth === 2 ? 'tooManyRequests' : undefined)),
    ).toEqual(['ok', 3]);
    expect(await attempts(() => 'internalError')).toEqual(['UNREACHABLE', 3]);
    expect(await attempts(() => 'forbidden')).toEqual(['UNREACHABLE', 1]);
    expect(await attempts(() => 'missing')).toEqual(['NOT_FOUND', 1]);
    expect(await attempts(() => 'redirectsNowhere')).toEqual(['UNREACHABLE', 1]);
    // Half a minute is more than anybody wants to wait in silence.
    expect(await attempts(() => 'unavailable')).toEqual(['RATE_LIMITED', 1]);
  });

  test.each<[string, NonNullable<FaultServerOptions['fault']>, Partial<Deadlines>]>([
    ['byte by byte, without end', () => drip, { documentMs: 200 }],
    ['and stop half-way', () => 'stalls', { idleMs: 200 }],
  ])('that come %s are given up', async (_, fault, deadlines) => {
    const server = await serve({ fault });
    expect(await codeOf(httpSource(server.url, { deadlines }).readFile('r/file', 1000))).toBe('TIMEOUT');
  });

  test('that have only a weak tag are known by it, and payloads are not resumed by it', async () => {
    const server = await serve({ fault: () => 'weakTag' });
    const source = httpSource(server.url);
    const first = await source.readChanged('r/file', 10, null);
    expect(first).toMatchObject({ validator: 'W/"weak"' });
    expect(await source.readChanged('r/file', 10, 'W/"weak"')).toEqual({ kind: 'unchanged' });
    expect((await source.openFile('r/file', { limitBytes: 10 })).validator).toBeNull();
    await source.openFile('r/file', { limitBytes: 10, offset: 3, validator: 'W/"weak"' });
    expect(server.requests.at(-1)?.headers).not.toHaveProperty('range');
  });

  test('are not known by the tag of a server that may not have ended the second in which they changed', async () => {
    const at = (second: number): string => new Date(Date.UTC(2026, 6, 1, 0, 0, second)).toUTCString();
    const tagOf = async (headers: Record<string, string>): Promise<string | null> => {
      const server = await serve({ fault: () => (exchange) => answer(exchange, { etag: '"a-7"', ...headers }) });
      const read = await httpSource(server.url).readChanged('r/file', 10, null);
      return read.kind === 'changed' ? read.validator : 'unchanged';
    };
    expect(await tagOf({ 'last-modified': at(7), date: at(7) })).toBeNull();
    expect(await tagOf({ 'last-modified': at(8), date: at(7) })).toBeNull();
    expect(await tagOf({ 'last-modified': at(7), date: at(8) })).toBe('"a-7"');
    expect(await tagOf({ 'last-modified': 'yesterday', date: at(7) })).toBe('"a-7"');
    expect(await tagOf({ date: at(7) })).toBe('"a-7"');
  });

  test('are asked for whole where what is known is no tag', async () => {
    const server = await serve();
    expect(await httpSource(server.url).readChanged('r/file', 10, 'a\r\nb: c')).toMatchObject({ kind: 'changed' });
    expect(server.requests[0]?.headers).not.toHaveProperty('if-none-match');
  });
});

test('a server that says when to come back is heard', async () => {
  const later = async (fault: NonNullable<FaultServerOptions['fault']>): Promise<ThemisError> => {
    const server = await serve({ fault });
    return failureOf(httpSource(server.url).openFile('r/file', { limitBytes: 10 }));
  };
  expect(await later(() => 'tooManyRequests')).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 7000 });
  expect((await later(() => 'unavailable')).retryAfterMs).toBe(30_000);
  expect((await later(() => 'unavailableForEver')).retryAfterMs).toBe(24 * 3_600_000);
  expect(await later(() => 'unavailableInSilence')).toMatchObject({ code: 'UNREACHABLE', retryAfterMs: undefined });
});

test('what is stored compressed is taken as it lies there, whatever the server calls it', async () => {
  const packed = gzipSync('inside');
  const server = await serve({
    files: new Map([['r/data.tgz', packed]]),
    fault: () => (exchange) => answer(exchange, { 'content-encoding': 'x-gzip' }),
  });
  const source = httpSource(server.url);
  const opened = await source.openFile('r/data.tgz', { limitBytes: 1000 });
  expect(opened.sizeBytes).toBe(packed.length);
  expect(await bytesOf(opened)).toEqual(packed);
  const rest = await source.openFile('r/data.tgz', { limitBytes: 1000, offset: 9, validator: opened.validator! });
  expect(await bytesOf(rest)).toEqual(packed.subarray(9));
});

test('the rest is asked for only while the file is the same, and a server that says nothing of it is believed', async () => {
  const files = new Map<string, Uint8Array>([['r/file', Buffer.from('0123456789')]]);
  const server = await serve({
    files,
    fault: ({ headers }) =>
      headers['range'] === undefined
        ? undefined
        : (exchange) => {
            const bytes = exchange.bytes!;
            const condition = headers['if-range'];
            if (condition !== undefined && condition !== etagOf(bytes)) return sendWhole(exchange, '200 OK', {}, bytes);
            const said = { 'content-range': 'bytes 4-9/10' };
            return sendWhole(exchange, '206 Partial Content', said, bytes.subarray(4));
          },
  });
  const source = httpSource(server.url);
  const { validator } = await source.openFile('r/file', { limitBytes: 10 });
  const rest = () => source.openFile('r/file', { limitBytes: 10, offset: 4, validator: validator! });
  expect(await textOf(await rest())).toBe('456789');
  files.set('r/file', Buffer.from('abcdefghij'));
  const other = await rest();
  expect([other.offset, await textOf(other)]).toEqual([0, 'abcdefghij']);
});

test('payloads are asked for as they are', async () => {
  const server = await serve();
  await collect(httpSource(server.url), 'r/file', 10);
  expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
});

describe('connections', () => {
  const size = 4 * 2 ** 20;
  const files = new Map([['r/file', Buffer.alloc(size)]]);

  test('are used again', async () => {
    const server = await serve({ files });
    const source = httpSource(server.url);
    for (let count = 0; count < 5; count += 1) await collect(source, 'r/file', size);
    // A transfer that begins the moment another ends may come before its connection counts as free.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('are given up with a transfer that is left', async () => {
    const server = await serve({ files });
    for await (const _ of (await httpSource(server.url).openFile('r/file', { limitBytes: size })).chunks) break;
    await nobody(server);
  });

  test('are given up where nobody begins to read', async () => {
    const server = await serve({ files });
    const source = httpSource(server.url, { deadlines: { idleMs: 50 } });
    const open = () => source.openFile('r/file', { limitBytes: size });
    const forgotten = await Promise.all(Array.from({ length: 10 }, open));
    expect(server.connections).toBe(10);
    await nobody(server);
    expect(await codeOf(bytesOf(forgotten[1]!))).toBe('TIMEOUT');
  });

  async function nobody(server: FaultServer): Promise<void> {
    await eventually(
      async () => server.openConnections,
      (count) => count === 0,
    );
  }
});

test('who reads slowly is not cut off', async () => {
  const server = await serve({ files: new Map([['r/file', Buffer.alloc(2 ** 20, 'x')]]) });
  const opened = await httpSource(server.url, { deadlines: { idleMs: 50 } }).openFile('r/file', {
    limitBytes: 2 ** 20,
  });
  let bytes = 0;
  for await (const chunk of opened.chunks) {
    if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 300));
    bytes += chunk.length;
  }
  expect(bytes).toBe(2 ** 20);
});

test('who reads slowly and asks for the rest gets it from a server that closes behind its answer', async () => {
  const bytes = Buffer.alloc(2 ** 18, 'x');
  const server = await serve({
    files: new Map([['r/file', bytes]]),
    fault: () => async (exchange) => {
      // RFC 9112 9.6: said by a server that was asked to.
      await answer(exchange, { connection: exchange.request.headers['connection'] });
      exchange.close();
    },
  });
  const source = httpSource(server.url);
  const wanted = { limitBytes: bytes.length, offset: 7, validator: '"another"' };
  let came = 0;
  for await (const chunk of (await source.openFile('r/file', wanted)).chunks) {
    came += chunk.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(came).toBe(bytes.length);
});

test('a host that does not exist and a port where nobody listens are unreachable', async () => {
  for (const url of ['http://127.0.0.1:1', 'http://name.invalid']) {
    expect(await failureOf(httpSource(url).openFile('r/file', { limitBytes: 1 }))).toMatchObject({
      code: 'UNREACHABLE',
    });
  }
});
