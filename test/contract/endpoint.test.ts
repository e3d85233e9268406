import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeEndpoint } from '../../src/adapters/endpoint/fake.ts';
import { createEndpoint } from '../../src/adapters/endpoint/node.ts';
import type { Endpoint, EndpointSpec } from '../../src/ports/endpoint.ts';
import { eventually } from '../support/eventually.ts';

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/silent') return;
    response.statusCode = request.url === '/down' ? 503 : 200;
    response.end(request.url === '/large' ? 'x'.repeat(100_000) : `${request.method} ${request.url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const http = (method: 'GET' | 'POST', path: string): EndpointSpec => ({ kind: 'http', method, url: `${url}${path}` });
const command = (...words: string[]): EndpointSpec => ({ kind: 'command', command: words });

function fake(): Endpoint {
  const endpoint = new FakeEndpoint();
  endpoint.answer(`GET ${url}/health`, () => ({ body: 'GET /health' }));
  endpoint.answer(`POST ${url}/drain`, () => ({ body: 'POST /drain' }));
  endpoint.answer(`GET ${url}/down`, () => ({ ok: false, body: 'GET /down' }));
  endpoint.answer(`GET ${url}/large`, () => ({ body: 'x'.repeat(100_000) }));
  endpoint.answer('echo hi', () => ({ status: 0, body: 'hi\n' }));
  endpoint.answer('sh -c exit 3', () => ({ ok: false, status: 3 }));
  return endpoint;
}

describe.each(['node', 'fake'])('endpoint: %s', (name) => {
  const endpoint = (): Endpoint => (name === 'node' ? createEndpoint() : fake());

  test('an HTTP status is an answer', async () => {
    expect(await endpoint().call(http('GET', '/health'), 2000)).toEqual({ ok: true, status: 200, body: 'GET /health' });
    expect(await endpoint().call(http('POST', '/drain'), 2000)).toEqual({ ok: true, status: 200, body: 'POST /drain' });
    expect(await endpoint().call(http('GET', '/down'), 2000)).toEqual({ ok: false, status: 503, body: 'GET /down' });
  });

  test('a command answers with its exit code and output', async () => {
    expect(await endpoint().call(command('echo', 'hi'), 2000)).toEqual({ ok: true, status: 0, body: 'hi\n' });
    expect(await endpoint().call(command('sh', '-c', 'exit 3'), 2000)).toEqual({ ok: false, status: 3, body: '' });
  });

  test('an answer is cut at 64 KiB', async () => {
    expect((await endpoint().call(http('GET', '/large'), 2000)).body).toHaveLength(65_536);
  });

  test('nobody there is UNREACHABLE', async () => {
    const nowhere: EndpointSpec = { kind: 'http', method: 'GET', url: 'http://127.0.0.1:1/' };
    await expect(endpoint().call(nowhere, 2000)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(endpoint().call(command('/no/such/program'), 2000)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

test('no answer in time is TIMEOUT', async () => {
  await expect(createEndpoint().call(http('GET', '/silent'), 50)).rejects.toMatchObject({ code: 'TIMEOUT' });
  await expect(createEndpoint().call(command('sleep', '10'), 50)).rejects.toMatchObject({ code: 'TIMEOUT' });
});

test('a command that leaves something running behind it answers, and keeps nobody waiting', async () => {
  const pipes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
  const before = pipes();
  const left = command('sh', '-c', 'sleep 3 & echo hi');
  expect(await createEndpoint().call(left, 2000)).toEqual({ ok: true, status: 0, body: 'hi\n' });
  const late = command('sh', '-c', 'sleep 3 & wait');
  await expect(createEndpoint().call(late, 50)).rejects.toMatchObject({ code: 'TIMEOUT' });
  await eventually(
    async () => pipes(),
    (count) => count <= before,
  );
});

test('a command gets no secret of this process', async () => {
  process.env['THEMIS_TEST_SECRET'] = 'secret';
  try {
    const { body } = await createEndpoint().call(command('env'), 2000);
    expect(body).toContain('PATH=');
    expect(body).not.toContain('THEMIS_TEST_SECRET');
  } finally {
    delete process.env['THEMIS_TEST_SECRET'];
  }
});
