import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { startService } from '../../../src/node/start-service.ts';
import { Fuse } from '../../support/node/fuse.ts';
import { atOld, newRelease, NodeWorld } from '../../support/node/node-world.ts';

test('a boot starts the service of a whole node once', async () => {
  const world = await NodeWorld.ready();
  await world.service.stop(0);
  const before = world.service.starts;
  expect(await startService(world.deps())).toEqual({ started: true });
  expect(await startService(world.deps())).toEqual({ started: false });
  expect(world.service.starts).toBe(before + 1);
});

test('a boot starts nothing where nothing is installed', async () => {
  const world = new NodeWorld();
  await world.init();
  expect(await startService(world.deps())).toEqual({ started: false });
  expect(world.service.starts).toBe(0);
});

test('a boot refuses while an operation that was cut off is open', async () => {
  const files = new MemoryFileSystem();
  const world = await NodeWorld.ready(files);
  await world.service.stop(0);
  const fuse = new Fuse({ at: 30, when: 'after', kind: 'kill' });
  await Promise.race([world.ask(world.updateTo(newRelease, atOld), fuse), fuse.died]);
  files.releaseLocks();
  expect((await world.observe()).operation).toMatchObject({ kind: 'update', state: 'interrupted' });
  const before = world.service.starts;
  await expect(startService(world.deps())).rejects.toMatchObject({ code: 'ROLLBACK_INCOMPLETE' });
  expect(world.service.starts).toBe(before);
});
