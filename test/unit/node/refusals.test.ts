import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import type { NodeRequestBody } from '../../../src/model/message.ts';
import { atNew, atOld, authority, newRelease, NodeWorld, restOf } from '../../support/node/node-world.ts';
import { makeRelease } from '../../support/node/releases.ts';

/** The refusal's code; the node root must not have changed. */
async function refused(world: NodeWorld, request: NodeRequestBody): Promise<string> {
  const before = await restOf(world);
  const code = await world.refusal(request);
  expect(await restOf(world)).toEqual(before);
  expect(world.service.stops).toBe(0);
  return code;
}

test('a node that is not as the step expected', async () => {
  const world = await NodeWorld.ready();
  expect(await refused(world, world.updateTo(newRelease, atNew))).toBe('UNEXPECTED_STATE');
  expect(await refused(world, world.updateTo(newRelease, {}))).toBe('UNEXPECTED_STATE');
  expect(await refused(world, world.updateTo(newRelease, { ...atOld, other: atOld['themisdb']! }))).toBe(
    'UNEXPECTED_STATE',
  );
});

test('a release that is not staged', async () => {
  const world = await NodeWorld.ready();
  const other = makeRelease({ version: '1.6.0', files: { 'bin/server': 'six' } });
  expect(await refused(world, world.updateTo(other, atOld))).toBe('NOT_STAGED');
});

test('less free space than twice the bundle', async () => {
  const files = new MemoryFileSystem();
  const world = await NodeWorld.ready(files);
  files.capacityBytes = 2 ** 20;
  const used = 2 ** 20 - (await files.freeSpace('/')).freeBytes;
  const bundle = newRelease.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  files.capacityBytes = used + 2 * bundle - 1;
  expect(await refused(world, world.updateTo(newRelease, atOld))).toBe('NO_SPACE');
});

test('a symbolic link among the directories or files it would write through', async () => {
  for (const [place, target] of [
    ['lib/fresh', '/etc'],
    ['turned', '/etc/passwd'],
  ] as const) {
    const files = new MemoryFileSystem();
    const world = await NodeWorld.ready(files);
    await files.removeFile(`/node/install/${place}`);
    files.plantSymlink(`/node/install/${place}`, target);
    expect(await refused(world, world.updateTo(newRelease, atOld))).toBe('SYMLINK_REFUSED');
  }
});

test('a directory of somebody else where a file has to be', async () => {
  const world = await NodeWorld.ready();
  await world.files.makeDirectory('/node/install/plugin');
  const release = makeRelease({ package: 'plugin', version: '1.0.0', files: { plugin: 'file' } });
  world.offer(release);
  await world.result({ kind: 'stage', authority, releases: [release.staged] });
  expect(await refused(world, world.updateTo(release, atOld))).toBe('UNEXPECTED_STATE');
});

test('a file of somebody else in a directory that has to become a file', async () => {
  const world = await NodeWorld.ready();
  const release = makeRelease({ version: '1.6.0', files: { 'bin/server': 'six', lib: 'a file' } });
  world.offer(release);
  await world.result({ kind: 'stage', authority, releases: [release.staged] });
  const mine = '/node/install/lib/gone/mine.txt';
  await world.files.writeFile(mine, new TextEncoder().encode('mine'), 0o644);
  expect(await refused(world, world.updateTo(release, atOld))).toBe('UNEXPECTED_STATE');
  await world.files.removeFile(mine);
  expect((await world.result(world.updateTo(release, atOld))).kind).toBe('done');
});

test('a staged release that is older than one the node went on to meanwhile', async () => {
  const world = await NodeWorld.ready();
  const older = makeRelease({ version: '1.4.9', counter: 5, files: { 'bin/server': 'old and vulnerable' } });
  const newer = makeRelease({ version: '1.5.1', counter: 6, files: { 'bin/server': 'new' } });
  for (const release of [older, newer]) {
    world.offer(release);
    await world.result({ kind: 'stage', authority, releases: [release.staged] });
  }
  await world.result(world.updateTo(newer, atOld));
  world.service.stops = 0;
  const atNewer = { themisdb: newer.manifest.manifestHash };
  expect(await refused(world, world.updateTo(older, atNewer))).toBe('POLICY_REFUSED');
});

test('packages that claim one file, or two spellings of it', async () => {
  const world = await NodeWorld.ready();
  for (const [path, code] of [
    ['bin/server', 'MANIFEST_INVALID'],
    ['BIN/other', 'PATH_CASE_COLLISION'],
  ] as const) {
    const release = makeRelease({ package: 'plugin', version: '1.0.0', files: { [path]: path } });
    world.offer(release);
    await world.result({ kind: 'stage', authority, releases: [release.staged] });
    expect(await refused(world, world.updateTo(release, atOld))).toBe(code);
  }
});

test('a restore point id that stands for another state', async () => {
  const world = await NodeWorld.ready();
  expect(await refused(world, world.updateTo(newRelease, atOld, { restorePoint: 'before-1.4.0' }))).toBe(
    'UNEXPECTED_STATE',
  );
});

test('a restore point that is missing, or whose bytes or manifest were edited', async () => {
  const world = await NodeWorld.ready();
  await world.result(world.updateTo(newRelease, atOld));
  world.service.stops = 0;
  const back: NodeRequestBody = {
    kind: 'rollback',
    authority,
    operation: 'back',
    restorePoint: 'before-1.5.0',
    keep: null,
    healthTimeoutMs: 1000,
  };
  expect(await refused(world, { ...back, restorePoint: 'no' })).toBe('RESTORE_POINT_MISSING');
  expect(await refused(world, { ...back, keep: 'before-1.5.0' })).toBe('MESSAGE_INVALID');
  const manifest = '/node/state/restore-points/before-1.5.0.json';
  const bytes = await world.files.readFile(manifest);
  await world.files.writeFile(
    manifest,
    new TextEncoder().encode(new TextDecoder().decode(bytes).replace('1.4.0', '1.4.1')),
    0o600,
  );
  expect(await refused(world, back)).toBe('RESTORE_POINT_DAMAGED');
  expect((await world.observe()).restorePoints.map((point) => point.id)).toEqual(['before-1.4.0']);
  await world.files.writeFile(manifest, bytes, 0o600);
  for (const name of await world.files.readDirectory('/node/state/objects')) {
    const object = `/node/state/objects/${name}`;
    const kept = await world.files.readFile(object);
    const edited = kept.slice();
    edited[0] = edited[0]! ^ 1;
    await world.files.writeFile(object, edited, 0o400);
    expect(await refused(world, back)).toBe('RESTORE_POINT_DAMAGED');
    await world.files.writeFile(object, kept, 0o400);
  }
  expect((await world.result(back)).kind).toBe('done');
});

test('a request for another node, and a root that is none', async () => {
  const world = await NodeWorld.ready();
  const reply = await world.handler()({ wireVersion: '1.0', node: 'node-b', kind: 'observe', full: false });
  expect(reply).toMatchObject({ node: 'node-b', kind: 'refused', failure: { code: 'POLICY_REFUSED' } });
  expect(await new NodeWorld().refusal({ kind: 'observe', full: false })).toBe('NOT_FOUND');
});

test('a broken node.yaml refuses everything with its findings', async () => {
  const world = await NodeWorld.ready();
  await world.files.writeFile('/node/node.yaml', new TextEncoder().encode('kind: Node\n'), 0o644);
  const reply = await world.ask({ kind: 'observe', full: false });
  expect(reply).toMatchObject({ kind: 'refused', failure: { code: 'INVALID_DESIRED' } });
});

test('making a node twice', async () => {
  const world = await NodeWorld.ready();
  await expect(world.init()).rejects.toMatchObject({ code: 'POLICY_REFUSED' });
});
