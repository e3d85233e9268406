/** The node commands as a person and a transport use them, through the real launcher. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { createNodeTransport } from '../../src/apps/agent/node-deps.ts';
import type { DesiredNode } from '../../src/model/desired.ts';
import { wireVersion } from '../../src/model/message.ts';
import { eventually } from '../support/eventually.ts';
import { runCommand } from '../support/run-command.ts';
import { launcherFile } from '../support/launcher-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-cli-')));
  await runCommand(directory, ['release', 'keygen', 'keys']);
  await writeFile(path.join(directory, 'no-anchors.json'), '{"anchors":[]}');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function themis(words: readonly string[], stdin = ''): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [launcherFile, ...words], { cwd: directory });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(stdin);
  });
}

test('a node is made once, observed, recovered, pruned, and handed to another store', async () => {
  const init = await themis(['node', 'init', 'a', '--name', 'node-a', '--anchors', 'keys/anchors.json']);
  expect(init).toMatchObject({ code: 0, err: '' });
  expect((await themis(['node', 'init', 'a', '--anchors', 'keys/anchors.json'])).code).toBe(4);

  const observed = await themis(['node', 'observe', '--root', 'a', '-o', 'json']);
  expect(JSON.parse(observed.out)).toMatchObject({ name: 'node-a', packages: {}, drift: [], store: null });
  expect((await themis(['node', 'observe', '--root', 'a'])).out).toMatch(/^node +node-a/u);
  expect(await themis(['node', 'recover', '--root', 'a'])).toMatchObject({ code: 0, out: 'Nothing to recover.\n' });
  expect(JSON.parse((await themis(['node', 'restore-points', '--root', 'a', '-o', 'json'])).out)).toEqual([]);
  expect(JSON.parse((await themis(['node', 'prune', '--root', 'a', '-o', 'json'])).out)).toEqual({
    restorePoints: [],
    staged: [],
    freedBytes: 0,
  });
  expect((await themis(['node', 'adopt', 'store-7', '--root', 'a'])).code).toBe(0);
  expect(JSON.parse(await readFile(path.join(directory, 'a/state/node.json'), 'utf8'))).toMatchObject({
    store: 'store-7',
  });
});

test('what is no node root, and what is no anchors file, are said in one sentence', async () => {
  expect(await themis(['node', 'observe', '--root', 'nowhere'])).toMatchObject({ code: 1, out: '' });
  expect(await themis(['node', 'init', 'b', '--anchors', 'missing.json'])).toMatchObject({ code: 1, out: '' });
  expect(await themis(['node', 'init', 'b', '--anchors', 'no-anchors.json'])).toMatchObject({ code: 4, out: '' });
});

test('exec answers a request line with lines of JSON, and refuses what is none', async () => {
  await themis(['node', 'init', 'c', '--anchors', 'keys/anchors.json']);
  const request = { wireVersion, node: 'c', kind: 'recover', authority: null };
  const { out, code } = await themis(['node', 'exec', '--root', 'c'], `${JSON.stringify(request)}\n`);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ wireVersion, node: 'c', kind: 'finished', result: { kind: 'unchanged' } });
  const refused = await themis(['node', 'exec', '--root', 'c'], '{"wireVersion":"1.0","kind":"reboot"}\n');
  expect(JSON.parse(refused.out)).toMatchObject({ kind: 'refused', failure: { code: 'MESSAGE_INVALID' } });
});

test('the transport of this machine reaches a node both ways', async () => {
  await themis(['node', 'init', 'd', '--anchors', 'keys/anchors.json']);
  const transport = createNodeTransport(directory, {
    clock: systemClock,
    runtimeBinary: process.execPath,
    launcherFile,
  });
  const node: DesiredNode = {
    name: 'd',
    transport: { kind: 'local', root: 'd' },
    cluster: 'x',
    labels: {},
    tenants: [],
  };
  const head = { wireVersion, node: 'd' };
  expect((await transport.call(node, { ...head, kind: 'observe', full: true }, {})).kind).toBe('observed');
  const authority = { store: 'store-1', token: 1 };
  expect(await transport.call(node, { ...head, kind: 'recover', authority }, {})).toMatchObject({ kind: 'finished' });
});

test('exec finishes what it began when it is asked to stop', async () => {
  await themis(['node', 'init', 'e', '--anchors', 'keys/anchors.json']);
  const lock = await createNodeFileSystem().tryLock(path.join(directory, 'e/state/lock'));
  const child = spawn(process.execPath, [launcherFile, 'node', 'exec', '--root', 'e'], { cwd: directory });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
  const request = { wireVersion, node: 'e', kind: 'recover', authority: { store: 'store-1', token: 9 } };
  child.stdin.end(`${JSON.stringify(request)}\n`);
  // It makes its token known, and then waits for the lock.
  await eventually(
    () => readFile(path.join(directory, 'e/state/node.json'), 'utf8'),
    (text) => text.includes('"highestToken": 9'),
  );
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) child.kill(signal);
  await lock?.release();
  expect(await ended).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ kind: 'finished', result: { kind: 'unchanged' } });
});
