/**
 * Stagings that do not work out (a file is missing, another is wrong, the disk fills up), killed at every effect, of what
 * they keep as well: nothing is staged, and the next one ends right and fetches only what is missing.
 */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import type { NodeRequestBody } from '../../src/model/message.ts';
import { FaultySource } from '../support/node/faulty-source.ts';
import { Fuse } from '../support/node/fuse.ts';
import { authority, nodeDocument, NodeWorld } from '../support/node/node-world.ts';
import { makeRelease } from '../support/node/releases.ts';
import { treeDigest } from '../support/node/tree-digest.ts';
import { isSoak } from '../support/runs.ts';

const settings = { concurrency: 2, blockBytes: 60, chunkBytes: 13 } as const;
const names = ['bin/a', 'bin/b', 'lib/c', 'lib/d', 'share/e', 'share/f'];
const release = makeRelease({
  version: '1.5.0',
  files: Object.fromEntries(names.map((name, index) => [name, `${name} `.repeat(25 - 2 * index)])),
});
const bad = 'themisdb-1.5.0/lib/d';
/** Larger ones come first. */
const late = 'themisdb-1.5.0/share/e';
const badBytes = release.files.get(bad)!.length;
const allBytes = release.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
const request: NodeRequestBody = { kind: 'stage', authority, releases: [release.staged] };
/** Of each transfer under way: a block, a chunk in hand, and one that is being written. */
const perEnd = settings.concurrency * (settings.blockBytes + 2 * settings.chunkBytes);
/** And of what was whole: names that were not durable yet. */
const perCut = perEnd + 3 * settings.concurrency * settings.blockBytes;

const usualStride = isSoak ? 1 : 4;

/** How it fails, what it is called then, and what it costs to have had the wrong bytes. */
const failures = {
  missing: { code: 'FILE_MISSING', cost: 0 },
  wrong: { code: 'FILE_HASH_MISMATCH', cost: badBytes },
  full: { code: 'NO_SPACE', cost: 0 },
} as const;
type Failure = keyof typeof failures;

interface Template {
  readonly disk: MemoryFileSystem;
  readonly whole: string;
}

let template: Promise<Template> | undefined;

async function makeTemplate(): Promise<Template> {
  const disk = new MemoryFileSystem();
  const world = new NodeWorld(disk);
  const { concurrency, blockBytes } = settings;
  await world.init({ ...nodeDocument, delivery: { concurrency, resumeBlock: `${blockBytes}B`, memory: '1KiB' } });
  // What a staging keeps of the index and of the authority is there already.
  await stageOn(disk, 'missing').world.ask(request);
  await world.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
  await disk.syncDirectory('/node/downloads');
  const before = disk.clone();
  const good = stageOn(disk);
  expect(await good.world.ask(request)).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
  expect(good.sent()).toBe(allBytes);
  return { disk: before, whole: await treeDigest(disk, '/node/downloads') };
}

function stageOn(disk: MemoryFileSystem, failure?: Failure) {
  const world = new NodeWorld(disk);
  world.offer(release);
  // The check beforehand is not what ends it.
  disk.freeSpace = async () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 40 });
  disk.capacityBytes = Infinity;
  const sources: FaultySource[] = [];
  world.source = (fuse) => {
    const source = new FaultySource(world.sources, [], { chunkBytes: settings.chunkBytes, fuse });
    const openFile = source.openFile.bind(source);
    source.openFile = async (path, wanted) => {
      await wanted.turn?.begins;
      if (path === late && failure === 'full' && !fuse.dead) disk.capacityBytes = disk.usedBytes + 20;
      if (path === bad && failure === 'missing') throw new ThemisError('NOT_FOUND', `${path} is not there.`);
      if (path !== bad || failure !== 'wrong') return openFile(path, wanted);
      const flipped = new FaultySource(world.sources, [{ kind: 'flips' }], { chunkBytes: settings.chunkBytes, fuse });
      sources.push(flipped);
      return flipped.openFile(path, wanted);
    };
    sources.push(source);
    return source;
  };
  return { world, sent: () => sources.reduce((sum, source) => sum + source.bytesSent, 0) };
}

/** Every n until the failing staging comes to its end. Returns how often it was hit. */
async function killedAtEvery(failure: Failure, stride: number, power: boolean): Promise<number> {
  const { disk: before, whole } = await (template ??= makeTemplate());
  const { code, cost } = failures[failure];
  let hits = 0;
  for (const when of ['before', 'after'] as const) {
    // Right after one effect is much like right before the next.
    for (let at = 1; ; at += when === 'after' ? Math.max(stride, usualStride) : stride) {
      const disk = before.clone();
      const first = stageOn(disk, failure);
      const fuse = new Fuse({ at, when, kind: 'kill' });
      const ended = await Promise.race([first.world.ask(request, fuse), fuse.died]);
      const what = `${failure} ${when} ${fuse.hit ?? 'never'}`;
      if (ended !== 'died') expect(ended, what).toMatchObject({ kind: 'refused', failure: { code } });
      if (power) disk.crash();
      disk.releaseLocks();
      const second = stageOn(disk);
      second.world.downloads = first.world.downloads;
      expect((await second.world.observe()).staged, what).toEqual([]);
      expect(await second.world.ask(request), what).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
      expect(await treeDigest(disk, '/node/downloads'), what).toBe(whole);
      const fetched = first.sent() + second.sent();
      expect(fetched, what).toBeLessThanOrEqual(allBytes + cost + (power ? perCut : perEnd));
      if (fuse.hit === undefined) {
        expect(first.sent(), what).toBeGreaterThan(allBytes / 2);
        break;
      }
      expect(at).toBeLessThan(1000);
      hits += 1;
    }
  }
  return hits;
}

test.each(Object.keys(failures) as Failure[])('%s: the process killed at every effect', async (failure) => {
  expect(await killedAtEvery(failure, 1, false)).toBeGreaterThan(50);
});

test.each(Object.keys(failures) as Failure[])('%s: the power cut at every effect', async (failure) => {
  expect(await killedAtEvery(failure, usualStride, true)).toBeGreaterThan(50 / usualStride);
});
