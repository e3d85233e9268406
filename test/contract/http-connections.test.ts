/** How a server is reached over HTTP: certificates, handshakes, proxies. */
import { createServer } from 'node:http';
import { createSecureServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttpClient, type HttpSettings } from '../../src/adapters/release-source/http/client.ts';
import type { ThemisError } from '../../src/kernel/error.ts';
import type { ReleaseSource } from '../../src/ports/release-source.ts';
import { failureOf } from '../support/failure-of.ts';
import { type FaultServer, type FaultServerOptions, startFaultServer } from '../support/fault-server.ts';
import { type ProxyOptions, startProxy } from '../support/proxy-server.ts';
import { codeOf, collect, httpSource } from '../support/release-sources.ts';
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

async function proxy(options?: ProxyOptions) {
  const server = await startProxy(options);
  undo.push(() => server.close());
  return server;
}

describe('certificates', () => {
  test('of an own authority are believed where it is named, and nowhere else', async () => {
    const tls = await makeTlsIdentity();
    const server = await serve({ tls });
    expect(await collect(httpSource(server.url, { settings: { ca: tls.ca } }), 'r/file', 10)).toBe('0123456789');
    const error = await failureOf(collect(httpSource(server.url), 'r/file', 10));
    expect(error).toMatchObject({ code: 'UNREACHABLE', hint: expect.stringContaining('ca') as string });
  });

  test('that are none are refused', () => {
    expect(() => createHttpClient({ environment: {}, ca: 'no certificate' })).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });
});

describe('a handshake that fails is told in few words, with what may help', () => {
  const failureAt = async (server: Server, ca: string): Promise<ThemisError> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    undo.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const error = await failureOf(
      httpSource(`https://127.0.0.1:${port}`, { settings: { ca } }).openFile('r/file', { limitBytes: 1 }),
    );
    expect(error).toMatchObject({ code: 'UNREACHABLE', hint: expect.any(String) as string });
    expect(error.message).not.toMatch(/openssl|routines|\.c:/u);
    return error;
  };

  test('a server that speaks only HTTP/2', async () => {
    const tls = await makeTlsIdentity();
    expect((await failureAt(createHttp2Server(tls), tls.ca)).hint).toContain('HTTP/1.1');
  });

  test('a port without TLS', async () => {
    const tls = await makeTlsIdentity();
    expect((await failureAt(createServer(), tls.ca)).hint).toContain('http instead of https');
  });

  test('a server that speaks only versions that are too old', async () => {
    const tls = await makeTlsIdentity();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    expect((await failureAt(createTlsServer({ ...tls, ...old }), tls.ca)).hint).toContain('1.2');
  });
});

describe('proxies', () => {
  const through = (url: string, environment: HttpSettings['environment'], ca?: string): ReleaseSource =>
    httpSource(url, { settings: { environment, ...(ca === undefined ? {} : { ca }) } });

  test('are used as the variables say, http and https each by its own', async () => {
    const tls = await makeTlsIdentity();
    const [plain, secure, one] = [await serve(), await serve({ tls }), await proxy()];
    const asked: [string, HttpSettings['environment'], string[]][] = [
      [plain.url, { HTTP_PROXY: one.url }, [`GET ${plain.url}/r/file`]],
      [
        plain.url,
        { http_proxy: one.url.replace('http://', ''), HTTP_PROXY: 'http://127.0.0.1:1' },
        [`GET ${plain.url}/r/file`],
      ],
      [secure.url, { https_proxy: one.url }, [`CONNECT ${secure.url.replace('https://', '')}`]],
      [secure.url, { http_proxy: one.url }, []],
      [plain.url, { https_proxy: one.url }, []],
      [secure.url, { ALL_PROXY: one.url }, [`CONNECT ${secure.url.replace('https://', '')}`]],
      [plain.url, { http_proxy: one.url, NO_PROXY: 'example.org,127.0.0.0/8' }, []],
    ];
    let before = 0;
    for (const [url, environment, seen] of asked) {
      expect(await collect(through(url, environment, tls.ca), 'r/file', 10)).toBe('0123456789');
      expect(one.seen.slice(before)).toEqual(seen);
      before = one.seen.length;
    }
  });

  test('that want a password get it, and it is not repeated', async () => {
    const tls = await makeTlsIdentity();
    const guarded = await proxy({ credentials: 'user:pa55word' });
    for (const server of [await serve(), await serve({ tls })]) {
      const environment = (credentials: string) => {
        const url = guarded.url.replace('//', `//${credentials}@`);
        return { http_proxy: url, https_proxy: url };
      };
      expect(await collect(through(server.url, environment('user:pa55word'), tls.ca), 'r/file', 10)).toBe('0123456789');
      const error = await failureOf(collect(through(server.url, environment('user:wr0ng'), tls.ca), 'r/file', 10));
      expect(error).toMatchObject({ code: 'UNREACHABLE', reason: 'HTTP_407' });
      expect(`${error.message} ${error.hint}`).not.toContain('wr0ng');
    }
  });

  test('that are none are refused when the settings are read', () => {
    const open = () => createHttpClient({ environment: { http_proxy: 'ftp://h' } });
    expect(open).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  test('that are spoken to over TLS are believed by the authority that is named', async () => {
    const tls = await makeTlsIdentity();
    const secret = await proxy({ tls });
    for (const server of [await serve(), await serve({ tls })]) {
      const environment = { ALL_PROXY: secret.url.replace('127.0.0.1', 'localhost') };
      expect(await collect(through(server.url, environment, tls.ca), 'r/file', 10)).toBe('0123456789');
      expect(await codeOf(collect(through(server.url, environment), 'r/file', 10))).toBe('UNREACHABLE');
    }
    expect(secret.seen).toHaveLength(2);
  });

  test('that are away are told from servers that are', async () => {
    const server = await serve();
    for (const environment of [{ http_proxy: 'http://127.0.0.1:1' }]) {
      expect(await codeOf(collect(through(server.url, environment), 'r/file', 10))).toBe('UNREACHABLE');
    }
  });
});

test('a server that accepts and shakes no hands is given up when a connection has to be there', async () => {
  const server = await serve();
  const source = httpSource(server.url.replace('http:', 'https:'), { deadlines: { connectMs: 50 } });
  expect(await failureOf(source.openFile('r/file', { limitBytes: 1 }))).toMatchObject({
    code: 'TIMEOUT',
    cause: { code: 'UND_ERR_CONNECT_TIMEOUT' },
  });
});
