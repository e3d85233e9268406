/**
 * Several files over the connections of a host: on each of them the next file is asked for before the one that is coming
 * has ended. A server here ends an answer only once it was asked for the next one on that connection: whoever does not
 * ask hangs.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import type { HttpSettings } from '../../src/adapters/release-source/http/client.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { DeliverySettings } from '../../src/node/delivery/delivery.ts';
import { answer, type FaultServerOptions, startFaultServer } from '../support/fault-server.ts';
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

interface Waiting {
  readonly socket: Socket;
  readonly response: ServerResponse;
  readonly rest: Uint8Array;
}

/** `lastOf`: how many answers are the last of their connections, and end although nothing more is asked for. */
async function startInsisting(lastOf: number, tls?: { readonly key: string; readonly cert: string }) {
  const waiting = new Map<Socket, Waiting>();
  const sockets = new Set<Socket>();
  let asked = 0;
  let most = 0;
  const end = ({ socket, response, rest }: Waiting): void => {
    waiting.delete(socket);
    response.end(rest);
  };
  const insist: Parameters<typeof createServer>[1] = ({ url, socket }, response) => {
    asked += 1;
    const before = waiting.get(socket);
    const bytes = contents.get(url!.slice(1))!;
    response.setHeader('content-length', bytes.length).setHeader('etag', '"tag"');
    response.write(bytes.subarray(0, 20_000));
    if (before !== undefined) end(before);
    waiting.set(socket, { socket, response, rest: bytes.subarray(20_000) });
    if (asked === names.length) expect(waiting.size).toBe(lastOf);
    if (asked === names.length) for (const one of waiting.values()) end(one);
  };
  const server = tls === undefined ? createServer(insist) : createTlsServer(tls, insist);
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
    const server = await startInsisting(perHost);
    await fetchAll(server.url, { perHost });
    expect(server.most()).toBe(perHost);
  });

  test('over TLS', async () => {
    const tls = await makeTlsIdentity();
    const server = await startInsisting(2, tls);
    await fetchAll(server.url, { perHost: 2 }, { settings: { ca: tls.ca } });
    expect(server.most()).toBe(2);
  });

  test('through a tunnel of a proxy', async () => {
    const tls = await makeTlsIdentity();
    const [server, proxy] = [await startInsisting(2, tls), await startProxy()];
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

test('where a connection is cut, what was asked behind comes over another, and from then on one after the other', async () => {
  const server = await serve({
    fault: ({ path, nth }) => (path === names[3] && nth === 1 ? 'closesEarly' : undefined),
  });
  expect(await fetchAll(server.url, { perHost: 1 })).toBe(all);
  // The one that was cut comes in two parts; nothing else is asked for twice.
  expect(server.requests).toHaveLength(names.length + 1);
  expect(server.bytesSent).toBeLessThanOrEqual(all + contents.get(names[3]!)!.length);
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
    settings: { perHost: 2 },
    signal: stop.signal,
  }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'CANCELLED' });
  await expect.poll(() => server.openConnections).toBe(0);
});
