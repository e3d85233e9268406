/** What a node adds of its own to a source that a request names: tokens, proxies, authorities. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openSource } from '../../../src/apps/agent/release-access.ts';
import type { ReleaseLocator } from '../../../src/model/message.ts';
import type { NodeSources } from '../../../src/node/config/node-config.ts';
import { type FaultServer, startFaultServer } from '../../support/fault-server.ts';
import { startProxy } from '../../support/proxy-server.ts';
import { codeOf } from '../../support/release-sources.ts';
import { makeTlsIdentity } from '../../support/tls-identity.ts';

const none: NodeSources = { ca: null, proxy: null, noProxy: null, tokens: [] };
let directory: string;
let server: FaultServer;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'themis-node-sources-'));
  writeFileSync(join(directory, 'token'), 't0ken\n');
  server = await startFaultServer({
    files: new Map([
      ['db/file', Buffer.from('x')],
      ['db2/file', Buffer.from('x')],
    ]),
  });
  for (const name of ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
  await server.close();
});

const at = (url: string): ReleaseLocator => ({ kind: 'http', url, path: '' });
const read = (locator: ReleaseLocator, sources: NodeSources) => openSource(locator, sources).readFile('file', 10);
const shown = (): (string | undefined)[] => server.requests.map(({ headers }) => headers['authorization']);

test('a token goes to what lies below its address, and to nothing that a request names beside it', async () => {
  const { port } = new URL(server.url);
  const tokens = [
    { url: `${server.url}/db`, tokenFrom: { file: join(directory, 'token') } },
    { url: server.url.replace('127.0.0.1', 'localhost'), tokenFrom: { file: join(directory, 'other') } },
  ];
  const sources = { ...none, tokens };
  await read(at(`${server.url}/db`), sources);
  await read(at(`${server.url}/db/`), sources);
  await read(at(`${server.url}/db2`), sources);
  await read(at(`http://0x7f.1:${port}/db2`), sources);
  await read(at(`${server.url}/db/../db2`), sources);
  expect(shown()).toEqual(['Bearer t0ken', 'Bearer t0ken', undefined, undefined, undefined]);
});

test('the token of the longest address counts, and one that is missing is said to be', async () => {
  vi.stubEnv('THEMIS_TEST_TOKEN', 'fr0m-env');
  const tokens = [
    { url: server.url, tokenFrom: { file: join(directory, 'absent') } },
    { url: `${server.url}/db`, tokenFrom: { env: 'THEMIS_TEST_TOKEN' } },
  ];
  await read(at(`${server.url}/db`), { ...none, tokens });
  expect(shown()).toEqual(['Bearer fr0m-env']);
  expect(await codeOf(read(at(`${server.url}/db2`), { ...none, tokens }))).toBe('IO');
});

test('a proxy of node.yaml counts before the variables, and noProxy before both', async () => {
  const proxy = await startProxy();
  try {
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    expect(await codeOf(read(at(`${server.url}/db`), none))).toBe('UNREACHABLE');
    await read(at(`${server.url}/db`), { ...none, proxy: proxy.url });
    await read(at(`${server.url}/db`), { ...none, noProxy: ['127.0.0.1'] });
    expect(proxy.seen).toHaveLength(1);
  } finally {
    await proxy.close();
  }
});

test('an authority of node.yaml is believed', async () => {
  const tls = await makeTlsIdentity();
  const secure = await startFaultServer({ files: new Map([['db/file', Buffer.from('x')]]), tls });
  try {
    writeFileSync(join(directory, 'ca.pem'), tls.ca);
    expect(await codeOf(read(at(`${secure.url}/db`), { ...none, ca: join(directory, 'ca.pem') }))).toBe('ok');
    expect(() => openSource(at(`${secure.url}/db`), { ...none, ca: join(directory, 'absent') })).toThrow(
      expect.objectContaining({ code: 'IO' }) as Error,
    );
  } finally {
    await secure.close();
  }
});
