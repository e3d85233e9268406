/** A staging by a chain of deltas, killed or failing at every effect, and staged again: whole, and nothing lies about. */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import type { NodeRequestBody } from '../../src/model/message.ts';
import { makeTestDelta, programOf } from '../support/delta/node-delta.ts';
import { Fuse, type Fault } from '../support/node/fuse.ts';
import { authority, NodeWorld } from '../support/node/node-world.ts';
import { makeRelease, type TestRelease } from '../support/node/releases.ts';
import { treeDigest } from '../support/node/tree-digest.ts';
import { isSoak } from '../support/runs.ts';

const releaseOf = (version: string): TestRelease =>
  makeRelease({ version, files: { 'bin/server': programOf(version, 'server', 300), 'share/same.txt': 'the same' } });
const [four, five, six] = [releaseOf('1.4.0'), releaseOf('1.5.0'), releaseOf('1.6.0')];
const request: NodeRequestBody = { kind: 'stage', authority, releases: [six.staged] };
const stride = isSoak ? 1 : 3;

async function start(): Promise<{
  readonly disk: MemoryFileSystem;
  readonly sources: ReadonlyMap<string, Uint8Array>;
}> {
  const disk = new MemoryFileSystem();
  const world = new NodeWorld(disk);
  for (const release of [four, five, six]) world.offer(release);
  for (const made of [await makeTestDelta(four, five), await makeTestDelta(five, six)])
    for (const [path, bytes] of made.files) world.sources.set(path, bytes);
  await world.init();
  await world.install(four);
  await world.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
  await disk.syncDirectory('/node/downloads');
  // The whole file is not to be had: what stands there in the end was made.
  for (const path of world.sources.keys()) if (/1\.[56]\.0\/bin/u.test(path)) world.sources.delete(path);
  return { disk, sources: world.sources };
}

function worldOn(disk: MemoryFileSystem, sources: ReadonlyMap<string, Uint8Array>): NodeWorld {
  const world = new NodeWorld(disk);
  world.sources.clear();
  for (const [path, bytes] of sources) world.sources.set(path, bytes);
  return world;
}

test('at every effect, and by a power cut', async () => {
  const { disk: before, sources } = await start();
  const clean = before.clone();
  expect(await worldOn(clean, sources).ask(request)).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
  const whole = await treeDigest(clean, '/node/downloads');
  let hits = 0;
  for (const kind of ['kill', 'fail'] satisfies Fault['kind'][]) {
    for (let at = 1; ; at += stride) {
      const disk = before.clone();
      const fuse = new Fuse({ at, when: 'before', kind });
      await Promise.race([worldOn(disk, sources).ask(request, fuse), fuse.died]);
      if (fuse.hit === undefined) break;
      hits += 1;
      if (kind === 'kill') disk.crash();
      disk.releaseLocks();
      const what = `${kind} ${fuse.hit}`;
      expect(await worldOn(disk, sources).ask(request), what).toMatchObject({ kind: 'finished' });
      expect(await treeDigest(disk, '/node/downloads'), what).toBe(whole);
    }
  }
  expect(hits).toBeGreaterThan(15);
});
