import { describe, expect, test } from 'vitest';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import {
  anchors,
  atOld,
  authority,
  newRelease,
  nodeDocument,
  NodeWorld,
  oldRelease,
  requestOf,
  restOf,
} from '../../support/node/node-world.ts';
import { makeRelease } from '../../support/node/releases.ts';
import { isHalfStaged } from '../../support/node/tree-digest.ts';
import type { TestRelease } from '../../support/node/releases.ts';

const stageOf = (...releases: TestRelease[]) =>
  ({ kind: 'stage', authority, releases: releases.map((release) => release.staged) }) as const;

async function fresh(): Promise<NodeWorld> {
  const world = new NodeWorld();
  await world.init();
  return world;
}

test('staging puts the whole verified release under its hash, and a second time does nothing', async () => {
  const world = await fresh();
  expect(await world.result(stageOf(oldRelease, newRelease))).toEqual({ kind: 'done', restorePoint: null });
  expect(await world.result(stageOf(oldRelease))).toEqual({ kind: 'unchanged' });
  const node = await world.observe();
  expect(node.staged).toEqual([oldRelease.manifest.manifestHash, newRelease.manifest.manifestHash].sort());
  expect(node.store).toBe('store-1');
  expect(node.packages).toEqual({});
});

test('a staged copy that was damaged is fetched again', async () => {
  const world = await fresh();
  await world.result(stageOf(oldRelease));
  const hash = oldRelease.manifest.manifestHash.slice('sha256:'.length);
  const file = `${world.root}/downloads/${hash}/bin/server`;
  await world.files.writeFile(file, new TextEncoder().encode('server 6.6'), 0o400);
  expect(await world.refusal(world.updateTo(oldRelease))).toBe('FILE_HASH_MISMATCH');
  expect((await world.result(stageOf(oldRelease))).kind).toBe('done');
  expect((await world.result(world.updateTo(oldRelease))).kind).toBe('done');
});

test('a staged manifest that was damaged is fetched again, and refused until then', async () => {
  const world = await fresh();
  await world.result(stageOf(oldRelease));
  const hash = oldRelease.manifest.manifestHash.slice('sha256:'.length);
  const file = `${world.root}/downloads/${hash}/release.json`;
  await world.files.writeFile(file, new TextEncoder().encode('{"schemaVersion":'), 0o400);
  expect(await world.refusal(world.updateTo(oldRelease))).toBe('MANIFEST_HASH_MISMATCH');
  expect((await world.result(stageOf(oldRelease))).kind).toBe('done');
  expect((await world.result(world.updateTo(oldRelease))).kind).toBe('done');
});

test('one release twice in a request: MESSAGE_INVALID', async () => {
  const world = await fresh();
  expect(await world.refusal(stageOf(oldRelease, oldRelease))).toBe('MESSAGE_INVALID');
  expect((await world.observe()).staged).toEqual([]);
});

describe('a refusal leaves the node root byte for byte as it was, but for what it saw and what came right', () => {
  const sealed = (manifest: Partial<ReleaseManifest>) =>
    makeRelease({ version: '1.6.0', files: { 'bin/server': 'x' }, manifest });
  const file = (path: string) => ({
    ...newRelease.manifest.files[0]!,
    path,
  });
  const cases: readonly [string, string, (world: NodeWorld) => TestRelease, Partial<NodeDeps>?][] = [
    ['flipped byte', 'FILE_HASH_MISMATCH', (world) => flipped(world, newRelease, 'lib/fresh/new.so')],
    ['longer file', 'FILE_HASH_MISMATCH', (world) => replaced(world, newRelease, 'bin/server', 'server 1.5 and more')],
    ['shorter file', 'FILE_HASH_MISMATCH', (world) => replaced(world, newRelease, 'bin/server', 'server')],
    ['missing file', 'FILE_MISSING', (world) => removed(world, newRelease, 'turned/inside.txt')],
    [
      'other manifest',
      'INDEX_INVALID',
      () => ({ ...newRelease, staged: { ...newRelease.staged, manifestHash: `sha256:${'0'.repeat(64)}` } }),
    ],
    ['other package', 'INDEX_INVALID', () => ({ ...newRelease, staged: { ...newRelease.staged, package: 'other' } })],
    ['traversal', 'UNSAFE_PATH', () => sealed({ files: [file('../../etc/passwd')] })],
    ['absolute path', 'UNSAFE_PATH', () => sealed({ files: [file('/etc/passwd')] })],
    ['own directory', 'UNSAFE_PATH', () => sealed({ files: [file('.themis/x')] })],
    ['case collision', 'PATH_CASE_COLLISION', () => sealed({ files: [file('A'), file('a')] })],
    ['setuid', 'MANIFEST_INVALID', () => sealed({ files: [{ ...file('a'), permissions: '4755' }] })],
    ['platform', 'PLATFORM_MISMATCH', () => sealed({ platform: 'macos' })],
    ['architecture', 'PLATFORM_MISMATCH', () => sealed({ architecture: 'arm64' })],
    [
      'path of the source',
      'UNSAFE_PATH',
      () => ({
        ...newRelease,
        staged: { ...newRelease.staged, locator: { kind: 'directory', directory: '/r', path: '../x' } },
      }),
    ],
    [
      'verification',
      'UNSIGNED',
      () => newRelease,
      { verifyRelease: async () => ({ kind: 'refused', error: new ThemisError('UNSIGNED', '') }) },
    ],
  ];

  test.each(cases)('%s: %s', async (_what, code, make, deps = {}) => {
    const world = await fresh();
    const release = make(world);
    world.offer({
      ...release,
      files: new Map(
        [...release.files].filter(([path]) => !world.sources.has(path) && path.startsWith('themisdb-1.6.0')),
      ),
    });
    const before = await restOf(world);
    // A good one before it: all or none.
    const reply = await handleNodeRequest({ ...world.deps(), ...deps })(requestOf(stageOf(oldRelease, release)));
    expect(reply.kind === 'refused' ? reply.failure.code : reply).toBe(code);
    const isOfFile = code.startsWith('FILE_');
    const left = Object.entries(await restOf(world)).filter(([path]) => !(isOfFile && isHalfStaged(path)));
    expect(Object.fromEntries(left)).toEqual(before);
    expect((await world.observe()).staged).toEqual([]);
  });

  test('changed anchors: ANCHORS_CHANGED', async () => {
    const world = await fresh();
    await world.files.removeFile(`${world.root}/trust/anchors.json`);
    expect(await world.refusal(stageOf(newRelease))).toBe('ANCHORS_CHANGED');
    await world.files.writeFile(`${world.root}/trust/anchors.json`, new TextEncoder().encode('{"anchors":[1]}'), 0o444);
    expect(await world.refusal(stageOf(newRelease))).toBe('ANCHORS_CHANGED');
    await world.files.writeFile(`${world.root}/trust/anchors.json`, anchors, 0o444);
    expect((await world.result(stageOf(newRelease))).kind).toBe('done');
  });

  test('too large for node.yaml: POLICY_REFUSED', async () => {
    const world = new NodeWorld();
    await world.init({ ...nodeDocument, limits: { maxReleaseSize: '10B' } });
    expect(await world.refusal(stageOf(newRelease))).toBe('POLICY_REFUSED');
  });
});

test('a release older than one the node committed to comes back only if the node had it', async () => {
  const world = await NodeWorld.ready();
  await world.result(world.updateTo(newRelease, atOld));
  await world.ask({ kind: 'prune', keepRestorePoints: 9, pinned: [] });
  const replayed = makeRelease({ version: '1.4.9', counter: 4, files: { 'bin/server': 'old and vulnerable' } });
  world.offer(replayed);
  expect(await world.refusal(stageOf(replayed))).toBe('POLICY_REFUSED');
  // 1.4.0 lies in a restore point: it may be repaired after a rollback.
  expect((await world.result(stageOf(oldRelease))).kind).toBe('done');
});

function changed(world: NodeWorld, release: TestRelease, path: string, bytes: Uint8Array): TestRelease {
  world.sources.set(`${release.staged.package}-${release.staged.version}/${path}`, bytes);
  return release;
}

function flipped(world: NodeWorld, release: TestRelease, path: string): TestRelease {
  const bytes = world.sources.get(`themisdb-${release.manifest.version}/${path}`)!.slice();
  bytes[3] = bytes[3]! ^ 1;
  return changed(world, release, path, bytes);
}

function replaced(world: NodeWorld, release: TestRelease, path: string, text: string): TestRelease {
  return changed(world, release, path, new TextEncoder().encode(text));
}

function removed(world: NodeWorld, release: TestRelease, path: string): TestRelease {
  world.sources.delete(`themisdb-${release.manifest.version}/${path}`);
  return release;
}
