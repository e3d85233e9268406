import { expect, test } from 'vitest';
import { atNew, atOld, authority, newRelease, NodeWorld, oldRelease } from '../../support/node/node-world.ts';

async function twiceThere(): Promise<NodeWorld> {
  const world = await NodeWorld.ready();
  await world.result(world.updateTo(newRelease, atOld));
  const back = { kind: 'rollback', authority, healthTimeoutMs: 1000 } as const;
  await world.result({ ...back, operation: 'back', restorePoint: 'before-1.5.0', keep: 'kept' });
  return world;
}

test('the newest stay, the pinned stay, bytes that nothing names go', async () => {
  const world = await twiceThere();
  const reply = await world.ask({ kind: 'prune', keepRestorePoints: 1, pinned: ['before-1.4.0', atNew['themisdb']!] });
  expect(reply).toMatchObject({
    kind: 'pruned',
    restorePoints: ['before-1.5.0'],
    staged: [oldRelease.manifest.manifestHash],
  });
  const node = await world.observe();
  expect(node.restorePoints.map((point) => point.id)).toEqual(['kept', 'before-1.4.0']);
  expect(node.staged).toEqual([newRelease.manifest.manifestHash]);
  const forth = { kind: 'rollback', authority, operation: 'forth', keep: null, healthTimeoutMs: 1000 } as const;
  expect((await world.result({ ...forth, restorePoint: 'kept' })).kind).toBe('done');
});

test('with everything dropped no object is left', async () => {
  const world = await twiceThere();
  await world.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
  expect(await world.files.readDirectory('/node/state/objects')).toEqual([]);
  expect(await world.files.readDirectory('/node/downloads')).toEqual([]);
  expect((await world.observe(true)).drift).toEqual([]);
});

test('a rollback that keeps nothing leaves neither restore point nor objects of its own', async () => {
  const world = await NodeWorld.ready();
  await world.result(world.updateTo(newRelease, atOld));
  const before = await world.files.readDirectory('/node/state/objects');
  const back = { kind: 'rollback', authority, operation: 'back', keep: null, healthTimeoutMs: 1000 } as const;
  await world.result({ ...back, restorePoint: 'before-1.5.0' });
  expect(await world.files.readDirectory('/node/state/objects')).toEqual(before);
  expect(await world.files.readDirectory('/node/state/restore-points')).toEqual([
    'before-1.4.0.json',
    'before-1.5.0.json',
  ]);
});

test('equal bytes lie once, whatever number of restore points names them', async () => {
  const world = await twiceThere();
  const hashes = new Set([...oldRelease.manifest.files, ...newRelease.manifest.files].map((file) => file.sha256));
  expect(await world.files.readDirectory('/node/state/objects')).toEqual([...hashes].sort());
});
