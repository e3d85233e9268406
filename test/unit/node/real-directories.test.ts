/** What only a real file system shows: links above the node root, and the umask. */
import { mkdir, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { atOld, authority, newRelease, NodeWorld, oldRelease } from '../../support/node/node-world.ts';

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-node-')));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a node is made below a directory that is reached through a link', async () => {
  await mkdir(path.join(directory, 'disk'));
  await symlink('disk', path.join(directory, 'srv'));
  const world = new NodeWorld(createNodeFileSystem(), path.join(directory, 'srv', 'nodes', 'node-a'));
  await world.init();
  expect((await world.observe()).name).toBe('node-a');
});

test('directories are readable for the service whatever the umask, and again after a rollback', async () => {
  const before = process.umask(0o077);
  try {
    const world = new NodeWorld(createNodeFileSystem(), path.join(directory, 'node-a'));
    await world.init();
    await world.install(oldRelease);
    const old = await world.tree();
    const mode = async (name: string) => (await stat(path.join(world.root, 'install', name))).mode & 0o777;
    expect(await mode('lib/gone')).toBe(0o755);
    await world.result({ kind: 'stage', authority, releases: [newRelease.staged] });
    await world.result(world.updateTo(newRelease, atOld));
    expect(await mode('lib/fresh')).toBe(0o755);
    const back = { kind: 'rollback', authority, operation: 'back', keep: null, healthTimeoutMs: 1000 } as const;
    await world.result({ ...back, restorePoint: 'before-1.5.0' });
    expect(await world.tree()).toBe(old);
  } finally {
    process.umask(before);
  }
});
