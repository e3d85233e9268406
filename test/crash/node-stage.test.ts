/**
 * Kills, fails and cuts the power at every effect of a staging, before it and after it, and stages again: then the
 * releases are whole, nothing lies about, and little more was fetched than there is.
 */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { digestBytes, hexOf } from '../../src/kernel/digest.ts';
import type { NodeRequestBody } from '../../src/model/message.ts';
import { FaultySource } from '../support/node/faulty-source.ts';
import { Fuse } from '../support/node/fuse.ts';
import type { Fault } from '../support/node/fuse.ts';
import { authority, nodeDocument, NodeWorld, oldRelease } from '../support/node/node-world.ts';
import { makeRelease } from '../support/node/releases.ts';
import { listTree, treeDigest } from '../support/node/tree-digest.ts';
import { isSoak } from '../support/runs.ts';

const settings = { concurrency: 3, blockBytes: 60, chunkBytes: 13 } as const;
const text = (length: number, seed: string): string => seed.repeat(length).slice(0, length);
const server = makeRelease({
  version: '1.5.0',
  files: {
    'bin/server': [text(130, 'server 1.5 '), '0755'],
    'lib/fresh/new.so': [text(70, 'library'), '0555'],
    // In the installed tree already.
    'share/same.txt': 'the same in both',
    'share/empty': '',
  },
});
const tool = makeRelease({
  package: 'tool',
  version: '1.0.0',
  files: { 'tool/run': text(40, 'tool'), 'tool/new.so': text(70, 'library'), 'tool/conf': 'x' },
});
const request: NodeRequestBody = { kind: 'stage', authority, releases: [server.staged, tool.staged] };
/** What the node does not have: `library` is in both releases and comes once. */
const neededBytes = 130 + 70 + 40 + 1;
/** Of each transfer under way: a block, a chunk in hand, and one that is being written. */
const perKill = settings.concurrency * (settings.blockBytes + 2 * settings.chunkBytes);
/** And of what was whole: names that were not durable yet. */
const perCut = perKill + 3 * settings.concurrency * settings.blockBytes;

interface Template {
  readonly disk: MemoryFileSystem;
  readonly installed: string;
  readonly downloads: string;
}

let template: Promise<Template> | undefined;

async function makeTemplate(): Promise<Template> {
  const disk = new MemoryFileSystem();
  const world = new NodeWorld(disk);
  const { concurrency, blockBytes } = settings;
  const delivery = { concurrency, resumeBlock: `${blockBytes}B`, memory: '1KiB' };
  await world.init({ ...nodeDocument, delivery });
  await world.install(oldRelease);
  await world.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
  await disk.syncDirectory('/node/downloads');
  const before = disk.clone();
  const clean = stageable(disk);
  expect(await clean.world.ask(request)).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
  expect(clean.sent()).toBe(neededBytes);
  return { disk: before, installed: await world.tree(), downloads: await treeDigest(disk, '/node/downloads') };
}

function stageable(disk: MemoryFileSystem) {
  const world = new NodeWorld(disk);
  for (const release of [server, tool]) world.offer(release);
  const sources: FaultySource[] = [];
  world.source = (fuse) => {
    const source = new FaultySource(world.sources, [], { chunkBytes: settings.chunkBytes, fuse });
    sources.push(source);
    return source;
  };
  return { world, sent: () => sources.reduce((sum, source) => sum + source.bytesSent, 0) };
}

/** For the kinds that differ little from one effect to the next. */
const stride = isSoak ? 1 : 4;

/** Every n until the staging runs clean. Returns how often it was hit. */
async function atEvery(
  kind: Fault['kind'],
  stride: number,
  check: (disk: MemoryFileSystem, first: ReturnType<typeof stageable>, died: boolean, what: string) => Promise<void>,
): Promise<number> {
  let hits = 0;
  const { disk } = await (template ??= makeTemplate());
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; ; at += stride) {
      const own = disk.clone();
      const first = stageable(own);
      const fuse = new Fuse({ at, when, kind });
      const ended = await Promise.race([first.world.ask(request, fuse), fuse.died]);
      if (fuse.hit === undefined) break;
      hits += 1;
      expect(at).toBeLessThan(1000);
      await check(own, first, ended === 'died', `${kind} ${when} ${fuse.hit}`);
    }
  }
  return hits;
}

/** Stages again; all that must hold then. Returns what was fetched in all. */
async function stageAgain(
  disk: MemoryFileSystem,
  first: ReturnType<typeof stageable>,
  what: string,
  survived = false,
): Promise<number> {
  const { installed, downloads } = await (template ??= makeTemplate());
  const second = stageable(disk);
  second.world.downloads = first.world.downloads;
  expect(await second.world.ask(request), what).toMatchObject({
    kind: 'finished',
    result: { kind: expect.stringMatching(/done|unchanged/u) },
  });
  // Both names of a rename may have survived, and parts of what is whole: nobody but prune looks for them.
  const pinned = [server, tool].map(({ manifest }) => manifest.manifestHash);
  if (survived) await second.world.ask({ kind: 'prune', keepRestorePoints: 0, pinned });
  expect(await treeDigest(disk, '/node/downloads'), what).toBe(downloads);
  expect(await second.world.tree(), what).toBe(installed);
  return first.sent() + second.sent();
}

test('killed at every effect, a second staging fetches what is missing and at most a resume block of each transfer again', async () => {
  let most = 0;
  const hits = await atEvery('kill', 1, async (disk, first, _died, what) => {
    disk.releaseLocks();
    const fetched = await stageAgain(disk, first, what);
    expect(fetched, what).toBeLessThanOrEqual(neededBytes + perKill);
    most = Math.max(most, fetched);
  });
  expect(hits).toBeGreaterThan(100);
  // It does cost something, or nothing was measured.
  expect(most).toBeGreaterThan(neededBytes);
});

test('power cut at every effect, a second staging ends whole and does not begin from nothing', async () => {
  await atEvery('kill', stride, async (disk, first, _died, what) => {
    disk.crash();
    expect(await stageAgain(disk, first, what), what).toBeLessThanOrEqual(neededBytes + perCut);
  });
});

test('power cut with some un-synced things surviving, whole or torn, a second staging ends whole', async () => {
  for (let seed = 1; seed <= (isSoak ? 50 : 1); seed += 1) {
    await atEvery('kill', stride, async (disk, first, _died, what) => {
      disk.crash((_, name) => (['kept', 'lost', 'torn'] as const)[(name.length + seed) % 3]!);
      await stageAgain(disk, first, `${what}, seed ${seed}`, true);
    });
  }
});

test('every effect failing once: the reply says how it ended, and what can be of use stays', async () => {
  let kept = 0;
  await atEvery('fail', stride, async (disk, first, died, what) => {
    expect(died, what).toBe(false);
    const fetched = await stageAgain(disk, first, what);
    expect(fetched, what).toBeLessThanOrEqual(neededBytes + perKill);
    kept += Number(fetched === neededBytes);
  });
  expect(kept).toBeGreaterThan(10);
});

test('a disk full at any write: what is whole stays, what cannot go on is gone, and with room again the rest is fetched', async () => {
  let spared = 0;
  await atEvery('full-from-here', stride, async (disk, first, died, what) => {
    expect(died, what).toBe(false);
    const left = await listTree(disk, '/node/downloads');
    for (const part of Object.keys(left).filter((name) => /^parts\/.*\.part$/u.test(name))) {
      // Of what is whole the hash says all, and what is empty is in nobody's way.
      const whole = [part.slice('parts/'.length, -'.part'.length), hexOf(digestBytes(''))];
      if (!whole.some((hash) => left[part]!.endsWith(hash))) expect(Object.keys(left), what).toContain(`${part}.log`);
    }
    spared += Number(first.sent() > neededBytes / 2);
    expect(await stageAgain(disk, first, what), what).toBeLessThanOrEqual(neededBytes + perKill);
  });
  expect(spared).toBeGreaterThan(5);
});
