/** The local transport in its two forms; a child process is the test's own entry or the real `themis node exec`. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTransport } from '../../src/adapters/transport/index.ts';
import type { DesiredNode } from '../../src/model/desired.ts';
import { wireVersion } from '../../src/model/message.ts';
import type { NodeProgress, NodeReply, NodeRequest } from '../../src/model/message.ts';
import { eventually } from '../support/eventually.ts';

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-transport-')));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const node: DesiredNode = {
  name: 'node-a',
  transport: { kind: 'local', root: 'nodes/a' },
  cluster: 'orders',
  labels: {},
  tenants: [],
};
const request: NodeRequest = { wireVersion, node: 'node-a', kind: 'recover', authority: null };
const reply: NodeReply = { wireVersion, node: 'node-a', kind: 'finished', result: { kind: 'unchanged' } };
const progress: NodeProgress = { kind: 'progress', phase: 'switch' };

/** Answers after a progress line; writes down its root, and that it got to its end. */
const script = (pauseMs: number): string => `
import { writeFileSync } from 'node:fs';
process.stdout.on('error', () => {});
let text = '';
for await (const chunk of process.stdin) { text += chunk; if (text.includes('\\n')) break; }
const request = JSON.parse(text);
process.stdout.write(${JSON.stringify(JSON.stringify(progress))} + '\\n');
await new Promise((resolve) => setTimeout(resolve, ${pauseMs}));
process.stdout.write(${JSON.stringify(JSON.stringify(reply))} + '\\n');
writeFileSync(${JSON.stringify('DIR')} + '/ended', request.kind + ' ' + process.argv.at(-1));
`;

async function childCommand(pauseMs = 0, text = script(pauseMs)): Promise<string[]> {
  const file = path.join(directory, 'child.mjs');
  await writeFile(file, text.replaceAll('DIR', directory));
  return [process.execPath, file];
}

const handlerOf =
  (seen: string[] = []) =>
  (root: string) =>
  async (given: NodeRequest, onProgress: (progress: NodeProgress) => void): Promise<NodeReply> => {
    seen.push(`${given.kind} ${root}`);
    onProgress(progress);
    return reply;
  };

describe.each(['in process', 'child process'])('local transport: %s', (form) => {
  const transport = async () =>
    createTransport({
      local: {
        fleetDirectory: directory,
        handlerOf: handlerOf(),
        command: form === 'in process' ? null : await childCommand(),
      },
    });

  test('carries the request, its progress and the reply', async () => {
    const phases: string[] = [];
    const found = await (await transport()).call(node, request, { onProgress: ({ phase }) => phases.push(phase) });
    expect(found).toEqual(reply);
    expect(phases).toEqual(['switch']);
  });

  test('an aborted caller gets CANCELLED', async () => {
    const signal = AbortSignal.abort();
    await expect((await transport()).call(node, request, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

test('observing never starts a process; the root is relative to the fleet directory', async () => {
  const seen: string[] = [];
  const local = { fleetDirectory: directory, handlerOf: handlerOf(seen), command: ['/no/such/program'] };
  await createTransport({ local }).call(node, { wireVersion, node: 'node-a', kind: 'observe', full: false }, {});
  expect(seen).toEqual([`observe ${directory}/nodes/a`]);
});

test('a child goes on when its caller stops waiting', async () => {
  const local = { fleetDirectory: directory, handlerOf: handlerOf(), command: await childCommand(300) };
  const stop = new AbortController();
  const call = createTransport({ local }).call(node, request, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  const { readFile } = await import('node:fs/promises');
  await eventually(
    () => readFile(path.join(directory, 'ended'), 'utf8').catch(() => ''),
    (text) => text === `recover ${directory}/nodes/a`,
  );
});

const staging: NodeRequest = {
  wireVersion,
  node: 'node-a',
  kind: 'stage',
  authority: { store: 's', token: 1 },
  releases: [],
};
const stopped: NodeReply = {
  wireVersion,
  node: 'node-a',
  kind: 'refused',
  failure: { code: 'CANCELLED', message: 'cancelled', retry: 'backoff' },
};

test.each([
  ['says how it ended', `process.on('SIGTERM', () => console.log('${JSON.stringify(stopped)}'));`, stopped],
  ['is through by then', `process.on('SIGTERM', () => console.log('${JSON.stringify(reply)}'));`, reply],
  ['had not even begun', '', 'CANCELLED'],
])('a staging ends when its caller stops waiting: one that %s', async (_what, hears, end) => {
  const text = `${hears} process.stdout.write('${JSON.stringify(progress)}\\n'); setInterval(() => {}, 1000);`;
  const local = { fleetDirectory: directory, handlerOf: handlerOf(), command: await childCommand(0, text) };
  const stop = new AbortController();
  const call = createTransport({ local }).call(node, staging, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  if (typeof end === 'string') await expect(call).rejects.toMatchObject({ code: end });
  else expect(await call).toEqual(end);
});

test('a staging that does not end when it is told to is left to itself after a while', async () => {
  const text = `process.on('SIGTERM', () => {}); process.stdout.write('${JSON.stringify(progress)}\\n');
    setTimeout(() => {}, 2000);`;
  const command = await childCommand(0, text);
  const local = { fleetDirectory: directory, handlerOf: handlerOf(), command, endsWithinMs: 50 };
  const stop = new AbortController();
  const options = { signal: stop.signal, onProgress: () => stop.abort() };
  await expect(createTransport({ local }).call(node, staging, options)).rejects.toMatchObject({ code: 'TIMEOUT' });
});

test('in this process a staging hears that its caller stops waiting', async () => {
  const local = {
    fleetDirectory: directory,
    handlerOf: () => (_request: NodeRequest, onProgress: (progress: NodeProgress) => void, signal?: AbortSignal) => {
      const ended = new Promise<NodeReply>((resolve) => signal?.addEventListener('abort', () => resolve(stopped)));
      onProgress(progress);
      return ended;
    },
    command: null,
  };
  const stop = new AbortController();
  const options = { signal: stop.signal, onProgress: () => stop.abort() };
  expect(await createTransport({ local }).call(node, staging, options)).toEqual(stopped);
});

test.each([
  ['ends without a reply', `process.stderr.write('no disk'); process.exit(3);`, 'UNREACHABLE'],
  ['says what is no message', `console.log('hello');`, 'MESSAGE_INVALID'],
  ['speaks another version', `console.log('{"wireVersion":"9.0","kind":"finished"}');`, 'UNSUPPORTED_FORMAT'],
])('a child that %s', async (_what, text, code) => {
  const local = { fleetDirectory: directory, handlerOf: handlerOf(), command: await childCommand(0, text) };
  await expect(createTransport({ local }).call(node, request, {})).rejects.toMatchObject({ code });
});

test('a child that cannot be started is UNREACHABLE; other transports are refused by name', async () => {
  const local = { fleetDirectory: directory, handlerOf: handlerOf(), command: ['/no/such/program'] };
  const transport = createTransport({ local });
  await expect(transport.call(node, request, {})).rejects.toMatchObject({ code: 'UNREACHABLE' });
  const remote: DesiredNode = { ...node, transport: { kind: 'agent', url: 'https://node-a' } };
  await expect(transport.call(remote, request, {})).rejects.toMatchObject({ code: 'USAGE' });
});
