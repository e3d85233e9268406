/**
 * Several files over the connections of a host: on each of them the next file is asked for before the one that is coming
 * has ended. A server here ends an answer only once it was asked for the next one on that connection: whoever does not
 * ask hangs.
 */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { createHttpClient, type HttpSettings } from '../../src/adapters/release-source/http/client.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { DeliverySettings } from '../../src/node/delivery/delivery.ts';
import { answer, type FaultServerOptions, startFaultServer } from '../support/fault-server.ts';
import { askedRange, pause } from '../support/faults/exchange.ts';
import { fromSource, runDelivery, someBytes } from '../support/node/delivery-run.ts';
import { startProxy } from '../support/proxy-server.ts';
import { httpSource } from '../support/release-sources.ts';
import { makeTlsIdentity } from '../support/tls-identity.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const names = Array.from({ length: 12 }, (_, index) => `file-${String(index).padStart(2, '0')}`);
const contents = new Map(names.map((name, index) => [name, someBytes(40_000, index + 1)]));
const hasty: Clock = { ...systemClock, sleep: (durationMs, signal) => systemClock.sleep(durationMs / 100, signal) };

type HttpOptions = Parameters<typeof httpSource>[1];

/** All of them, from `url`; throws where one is not right in its place. */
async function fetchAll(url: string, settings: Partial<DeliverySettings>, options: HttpOptions = {}): Promise<number> {
  const files = new MemoryFileSystem();
  const source = httpSource(url, options);
  const deliveries = [...contents].map(([name, bytes]) => fromSource(name, bytes, source));
  const { fetchedBytes } = await runDelivery({
    files,
    deliveries,
    clock: hasty,
    settings: { ...settings, resumeBlockBytes: 2 ** 20 },
  });
  for (const [name, bytes] of contents) expect(await files.readFile(`/root/tree/${name}`)).toEqual(bytes);
  return fetchedBytes;
}

/** The end of an answer, and what it waits for: the next question on its connection. */
interface Waiting {
  readonly response: ServerResponse;
  readonly rest: Uint8Array;
}

async function startInsisting(tls?: { readonly key: string; readonly cert: string }) {
  const waiting = new Map<Socket, Waiting>();
  let asked = 0;
  const end = (socket: Socket): void => {
    const { response, rest } = waiting.get(socket)!;
    waiting.delete(socket);
    response.end(rest);
  };
  const server = await listen(({ url, socket }, response) => {
    asked += 1;
    const bytes = contents.get(url!.slice(1))!;
    response.setHeader('content-length', bytes.length).setHeader('etag', '"tag"');
    response.write(bytes.subarray(0, 20_000));
    if (waiting.has(socket)) end(socket);
    waiting.set(socket, { response, rest: bytes.subarray(20_000) });
    // Nothing more is asked for: the last answer of each connection.
    if (asked === names.length) for (const one of waiting.keys()) end(one);
  }, tls);
  return server;
}

async function listen(answering: RequestListener, tls?: { readonly key: string; readonly cert: string }) {
  const sockets = new Set<Socket>();
  let most = 0;
  const server = tls === undefined ? createServer(answering) : createTlsServer(tls, answering);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}`, most: () => most };
}

describe('the next file is asked for while one ends, and there are no more connections than lanes', () => {
  test.each([1, 3])('plainly, over %s', async (perHost) => {
    const server = await startInsisting();
    await fetchAll(server.url, { perHost });
    expect(server.most()).toBe(perHost);
  });

  test('over TLS', async () => {
    const tls = await makeTlsIdentity();
    const server = await startInsisting(tls);
    await fetchAll(server.url, { perHost: 2 }, { settings: { ca: tls.ca } });
    expect(server.most()).toBe(2);
  });

  test('through a tunnel of a proxy', async () => {
    const tls = await makeTlsIdentity();
    const [server, proxy] = [await startInsisting(tls), await startProxy()];
    undo.push(() => proxy.close());
    const settings: Partial<HttpSettings> = { ca: tls.ca, environment: { HTTPS_PROXY: proxy.url } };
    await fetchAll(server.url, { perHost: 2 }, { settings });
    expect(server.most()).toBe(2);
    expect(proxy.seen).toHaveLength(2);
  });

  test('through a proxy that asks itself', async () => {
    const server = await serve({});
    const proxy = await startProxy();
    undo.push(() => proxy.close());
    await fetchAll(server.url, { perHost: 2 }, { settings: { environment: { HTTP_PROXY: proxy.url } } });
    expect(proxy.seen).toHaveLength(names.length);
  });
});

async function serve(options: Partial<FaultServerOptions>) {
  const server = await startFaultServer({ files: contents, ...options });
  undo.push(() => server.close());
  return server;
}

const all = [...contents.values()].reduce((sum, { length }) => sum + length, 0);

/** Ends each answer 20 ms after its beginning, unless `instead` does something else; counts who asks while another is answered. */
async function startCounting(instead: (name: string, socket: Socket) => boolean) {
  const seen = { ahead: 0, requests: 0 };
  let inHand = 0;
  const server = await listen(({ url, headers, socket }, response) => {
    const name = url!.slice(1);
    const bytes = contents.get(name)!;
    const from = Number(/^bytes=(\d+)-/u.exec(headers.range ?? '')?.[1] ?? 0);
    seen.requests += 1;
    if (inHand > 0) seen.ahead += 1;
    inHand += 1;
    response.on('close', () => (inHand -= 1));
    response.setHeader('content-length', bytes.length - from).setHeader('etag', '"tag"');
    if (from > 0) response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.write(bytes.subarray(from, from + 10_000));
    setTimeout(() => instead(name, socket) || response.end(bytes.subarray(from + 10_000)), 20);
  });
  return { ...server, seen };
}

test('where a connection is cut with two in it, it is one after the other from then on', async () => {
  let aheadThen: number | undefined;
  const server = await startCounting((name, socket) => {
    if (name !== names[3] || aheadThen !== undefined) return false;
    aheadThen = server.seen.ahead;
    socket.destroy();
    return true;
  });
  await fetchAll(server.url, { perHost: 1 });
  expect(aheadThen).toBeGreaterThan(0);
  expect(server.seen.ahead).toBe(aheadThen);
  // The one that was cut goes on, the one behind it may have been asked for already, and nothing else is asked again.
  expect(server.seen.requests).toBeLessThanOrEqual(names.length + 2);
});

test('a busy server is asked ahead again', async () => {
  const counting = await startCounting(() => false);
  await fetchAll(counting.url, { perHost: 1 });
  let isBusy = true;
  let ahead = 0;
  let inHand = 0;
  const server = await listen(({ url }, response) => {
    if (inHand > 0) ahead += 1;
    inHand += 1;
    response.on('close', () => (inHand -= 1));
    if (url!.endsWith(names[3]!) && isBusy) {
      isBusy = false;
      response.writeHead(503, { 'content-length': 0 }).end();
      return;
    }
    const bytes = contents.get(url!.slice(1))!;
    response.setHeader('content-length', bytes.length).setHeader('etag', '"tag"');
    response.write(bytes.subarray(0, 10_000));
    setTimeout(() => response.end(bytes.subarray(10_000)), 20);
  });
  await fetchAll(server.url, { perHost: 1 });
  expect(ahead).toBeGreaterThan(counting.seen.ahead / 2);
});

test.each(['drops', 'refuses'])('a server that %s what is asked ahead is asked one by one after that', async (how) => {
  let odd = 0;
  const sockets: Socket[] = [];
  const server = createPlainServer((socket) => {
    let isBusy = false;
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (text: Buffer) => {
      if (isBusy) {
        odd += 1;
        if (how === 'refuses')
          setTimeout(() => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'), 40);
        return;
      }
      isBusy = true;
      const bytes = contents.get(/^GET \/(\S+)/u.exec(text.toString())![1]!)!;
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\netag: "tag"\r\n\r\n`);
      socket.write(bytes.subarray(0, 20_000));
      setTimeout(() => {
        isBusy = false;
        socket.write(bytes.subarray(20_000));
      }, 20);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  const deadlines = { answerMs: 300 };
  expect(await fetchAll(`http://127.0.0.1:${port}`, { perHost: 2, retries: 1 }, { deadlines })).toBe(all);
  // Of each lane what had been asked ahead before the first went wrong.
  expect(odd).toBeGreaterThan(0);
  expect(odd).toBeLessThanOrEqual(4);
});

test('two hosts that send to a third one share no connection there, and nobody waits for the other', async () => {
  const third = await startCounting(() => false);
  const redirecting = () =>
    listen(
      ({ url }, response) =>
        void response.writeHead(302, { location: `${third.url}${url}`, 'content-length': 0 }).end(),
    );
  const [one, two] = [await redirecting(), await redirecting()];
  const client = createHttpClient({ environment: {} });
  const files = new MemoryFileSystem();
  const deliveries = [...contents].map(([name, bytes], index) =>
    fromSource(name, bytes, httpSource([one, two][index % 2]!.url, { client })),
  );
  await runDelivery({ files, deliveries, clock: hasty, settings: { perHost: 1, resumeBlockBytes: 2 ** 20 } });
  expect(third.most()).toBe(2);
});

test('a file that is asked for anew, since what was kept of it is wrong, asks behind those that asked meanwhile', async () => {
  const [first, kept, behind] = [someBytes(61_000, 5), someBytes(60_000, 6), someBytes(40_000, 7)];
  let isCutOff = true;
  const server = await serve({
    files: new Map([
      ['first', first],
      ['kept', kept],
      ['behind', behind],
    ]),
    fault:
      ({ path }) =>
      async (exchange) => {
        const bytes = exchange.bytes!;
        const from = askedRange(exchange)?.start ?? 0;
        const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
        const length = { 'content-length': String(bytes.length - from), etag: '"same"' };
        await exchange.head(from === 0 ? '200 OK' : '206 Partial Content', { ...length, ...range });
        if (path === 'kept' && isCutOff) {
          await exchange.body(someBytes(30_000, 8));
          await pause(100);
          exchange.close();
          return;
        }
        for (let at = from; at < bytes.length; at += 4000) {
          if (path === 'behind') await pause(100);
          await exchange.body(bytes.subarray(at, at + 4000));
        }
      },
  });
  const source = httpSource(server.url, { deadlines: { answerMs: 500 } });
  const files = new MemoryFileSystem();
  const settings = { perHost: 1, retries: 0, resumeBlockBytes: 2 ** 20 };
  const one = fromSource('kept', kept, source, 'executable');
  await expect(runDelivery({ files, deliveries: [one], clock: hasty, settings })).rejects.toMatchObject({
    name: 'ThemisError',
  });
  isCutOff = false;
  const deliveries = [fromSource('first', first, source, 'executable'), one, fromSource('behind', behind, source)];
  await runDelivery({ files, deliveries, clock: hasty, settings });
  expect(await files.readFile('/root/tree/kept')).toEqual(kept);
});

test('a file that has far to go is not asked behind', async () => {
  const large = someBytes(600_000, 77);
  let askedAt: number | undefined;
  let sentBytes = 0;
  const server = await listen(({ url }, response) => {
    if (url !== '/large') {
      askedAt = sentBytes;
      response.end(contents.get(url!.slice(1)));
      return;
    }
    response.setHeader('content-length', large.length).setHeader('etag', '"tag"');
    const send = (): void => {
      const bytes = large.subarray(sentBytes, sentBytes + 100_000);
      sentBytes += bytes.length;
      if (sentBytes === large.length) response.end(bytes);
      else response.write(bytes, () => setTimeout(send, 50));
    };
    send();
  });
  const source = httpSource(server.url);
  const [[name, bytes]] = contents as unknown as [[string, Uint8Array]];
  const deliveries = [fromSource('large', large, source), fromSource(name, bytes, source)];
  await runDelivery({
    files: new MemoryFileSystem(),
    deliveries,
    clock: hasty,
    settings: { perHost: 1, resumeBlockBytes: 2 ** 20 },
  });
  expect(askedAt).toBeGreaterThan(300_000);
  expect(askedAt).toBeLessThan(large.length);
});

test('a server that closes after each answer gives all of them', async () => {
  const server = await serve({
    fault: () => async (exchange) => {
      const bytes = exchange.bytes!;
      await exchange.head('200 OK', { 'content-length': String(bytes.length), etag: '"tag"', connection: 'close' });
      await exchange.body(bytes);
      exchange.close();
    },
  });
  expect(await fetchAll(server.url, { perHost: 2 })).toBe(all);
  expect(server.connections).toBe(names.length);
});

test('the time that a server may take for an answer begins when the one before has ended', async () => {
  const server = await serve({
    fault: ({ path }) =>
      path !== names[0]
        ? undefined
        : async (exchange) => {
            const bytes = exchange.bytes!;
            await exchange.head('200 OK', { 'content-length': String(bytes.length), etag: '"tag"' });
            for (let from = 0; from < bytes.length; from += 4000) {
              await new Promise((resolve) => setTimeout(resolve, 100));
              await exchange.body(bytes.subarray(from, from + 4000));
            }
          },
  });
  // A second for the first file; the next one is asked for as soon as that begins.
  expect(await fetchAll(server.url, { perHost: 1, retries: 0 }, { deadlines: { answerMs: 500 } })).toBe(all);
});

test('cancelled while files wait behind others, it ends, and closes its connections', async () => {
  let begun = 0;
  const stop = new AbortController();
  const server = await serve({
    fault: () => async (exchange) => {
      begun += 1;
      if (begun <= 4) return await answer(exchange);
      setTimeout(() => stop.abort(), 50);
      await exchange.head('200 OK', { 'content-length': '40000', etag: '"tag"' });
      await exchange.hang();
    },
  });
  const source = httpSource(server.url);
  const deliveries = [...contents].map(([name, bytes]) => fromSource(name, bytes, source));
  const error = await runDelivery({
    files: new MemoryFileSystem(),
    deliveries,
    clock: hasty,
    settings: { perHost: 2, resumeBlockBytes: 2 ** 20 },
    signal: stop.signal,
  }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'CANCELLED' });
  await expect.poll(() => server.openConnections).toBe(0);
});
