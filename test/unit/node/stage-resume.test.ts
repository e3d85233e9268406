import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { NodeProgress } from '../../../src/model/message.ts';
import {
  authority,
  atOld,
  newRelease,
  nodeDocument,
  NodeWorld,
  oldRelease,
  requestOf,
  restOf,
} from '../../support/node/node-world.ts';
import { FaultySource, type SourceFault } from '../../support/node/faulty-source.ts';
import { makeRelease } from '../../support/node/releases.ts';
import { listTree } from '../../support/node/tree-digest.ts';
import type { TestRelease } from '../../support/node/releases.ts';

const big = makeRelease({
  version: '1.6.0',
  files: {
    'bin/server': ['server 1.6 '.repeat(30), '0755'],
    'share/data': 'data'.repeat(40),
    'share/same.txt': 'the same in both',
  },
});
const bytesOf = (...paths: string[]): number =>
  big.manifest.files.filter(({ path }) => paths.includes(path)).reduce((sum, file) => sum + file.sizeBytes, 0);

const stageOf = (...releases: TestRelease[]) =>
  ({ kind: 'stage', authority, releases: releases.map((release) => release.staged) }) as const;

/** One transfer at a time; `plan` is that of the next sources. */
async function worldWith(files = new MemoryFileSystem()) {
  const world = new NodeWorld(files);
  await world.init({ ...nodeDocument, delivery: { concurrency: 1, retries: 0, resumeBlock: '64B' } });
  world.offer(big);
  const sources: FaultySource[] = [];
  const given: { plan: readonly SourceFault[] } = { plan: [] };
  world.source = () => {
    const source = new FaultySource(world.sources, given.plan);
    sources.push(source);
    return source;
  };
  return { world, files, given, sent: () => sources.splice(0).reduce((sum, source) => sum + source.bytesSent, 0) };
}

test('what lies in its place and was not looked at again is not taken for what it was', async () => {
  const many = makeRelease({
    version: '1.6.0',
    files: {
      'bin/server': ['server 1.6 '.repeat(30), '0755'],
      ...Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [`share/${nth + 10}`, `data ${nth + 10}`])),
    },
  });
  const { world, files, given } = await worldWith();
  world.offer(many);
  const whole = { kind: 'no-size', at: 1 } as const;
  const refuses = { kind: 'refuses', code: 'UNREACHABLE' } as const;
  given.plan = [...Array.from({ length: 60 }, () => whole), refuses];
  expect(await world.refusal(stageOf(many))).toBe('UNREACHABLE');
  const staged = `/node/downloads/${many.manifest.manifestHash.slice(7)}`;
  const last = (await files.readDirectory(`${staged}.part/share`)).toSorted().at(-1)!;
  for (const path of ['bin/server', `share/${last}`]) await files.removeFile(`${staged}.part/${path}`);
  await files.writeFile(`${staged}.part/share/${last}`, new TextEncoder().encode('DATA 00'), 0o400);
  // Ends at the first file, long before the last one has its turn.
  given.plan = [refuses];
  expect(await world.refusal(stageOf(many))).toBe('UNREACHABLE');
  given.plan = [];
  expect((await world.result(stageOf(many))).kind).toBe('done');
  expect(new TextDecoder().decode(await files.readFile(`${staged}/share/${last}`))).toBe(`data ${last}`);
});

test('a network that fails leaves what the next staging goes on from', async () => {
  const { world, given, sent } = await worldWith();
  given.plan = [{ kind: 'cuts', at: 0.5 }];
  expect(await world.refusal(stageOf(big))).toBe('UNREACHABLE');
  const first = sent();
  expect(first).toBeGreaterThanOrEqual(165);
  expect((await world.observe()).staged).toEqual([]);
  given.plan = [];
  expect((await world.result(stageOf(big))).kind).toBe('done');
  expect(sent()).toBe(bytesOf('bin/server', 'share/data', 'share/same.txt') - first);
  expect(await world.files.readDirectory('/node/downloads')).toEqual([big.manifest.manifestHash.slice(7)]);
  expect((await world.result(world.updateTo(big))).kind).toBe('done');
});

test('a file that is wrong leaves nothing of itself, not even what an earlier staging left', async () => {
  const { world, given } = await worldWith();
  given.plan = [{ kind: 'cuts', at: 0.5 }];
  expect(await world.refusal(stageOf(big))).toBe('UNREACHABLE');
  const left = async () =>
    Object.keys(await listTree(world.files, '/node/downloads')).filter((name) => name.includes(ofServer));
  const ofServer = big.manifest.files.find(({ path }) => path === 'bin/server')!.sha256;
  expect(await left()).toEqual([`parts/${ofServer}.part`, `parts/${ofServer}.part.log`]);
  // What goes on from something gets a second chance without it.
  const path = 'themisdb-1.6.0/bin/server';
  const bytes = world.sources.get(path)!.slice();
  bytes[3] = bytes[3]! ^ 1;
  world.sources.set(path, bytes);
  given.plan = [];
  expect(await world.refusal(stageOf(big))).toBe('FILE_HASH_MISMATCH');
  expect(await left()).toEqual([]);
});

test('a source that is odd on purpose leaves nothing, not even what an earlier staging left', async () => {
  const { world, given } = await worldWith();
  const before = await restOf(world);
  given.plan = [{ kind: 'cuts', at: 0.5 }];
  expect(await world.refusal(stageOf(big))).toBe('UNREACHABLE');
  expect(await restOf(world)).not.toEqual(before);
  world.source = () => {
    const source = new FaultySource(world.sources);
    source.openFile = async () => {
      throw new ThemisError('SYMLINK_REFUSED', 'a link');
    };
    return source;
  };
  expect(await world.refusal(stageOf(big))).toBe('SYMLINK_REFUSED');
  expect(await restOf(world)).toEqual(before);
});

test('what is installed needs no bytes, and comes from the source where it is not what it was', async () => {
  const { world, sent } = await worldWith();
  await world.install(oldRelease);
  await world.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
  sent();
  expect((await world.result(stageOf(newRelease))).kind).toBe('done');
  const all = newRelease.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  expect(sent()).toBe(all - 'port = 8765'.length - 'the same in both'.length);
  await world.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
  await world.files.writeFile('/node/install/share/same.txt', new TextEncoder().encode('THE same in both'), 0o644);
  expect((await world.result(stageOf(newRelease))).kind).toBe('done');
  expect(sent()).toBe(all - 'port = 8765'.length);
  expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe('done');
});

test('progress says what was fetched and what was here already', async () => {
  const { world } = await worldWith();
  await world.install(oldRelease);
  const seen: NodeProgress[] = [];
  await world.handler()(requestOf(stageOf(big)), (progress) => seen.push(progress));
  expect(seen.at(-1)).toMatchObject({
    phase: 'stage',
    doneBytes: bytesOf('bin/server', 'share/data', 'share/same.txt'),
    fetchedBytes: bytesOf('bin/server', 'share/data'),
    reusedBytes: bytesOf('share/same.txt'),
  });
});

test('a release that is staged is not hashed again, unless one of its files was touched or turned out wrong', async () => {
  const { world } = await worldWith();
  await world.result(stageOf(big));
  let hashed = 0;
  const digest = world.files.digestFile.bind(world.files);
  world.files.digestFile = async (path) => ((hashed += Number(path.includes('/downloads/'))), digest(path));
  expect((await world.result(stageOf(big))).kind).toBe('unchanged');
  expect(hashed).toBe(0);
  const file = `/node/downloads/${big.manifest.manifestHash.slice(7)}/share/data`;
  await world.files.writeFile(file, new TextEncoder().encode('data'.repeat(40)), 0o400);
  expect((await world.result(stageOf(big))).kind).toBe('unchanged');
  expect(hashed).toBe(1);
});

test('a file that is found wrong although it looks as before is fetched again by the next staging', async () => {
  const { world, files, sent } = await worldWith();
  await world.result(stageOf(big));
  sent();
  const file = `/node/downloads/${big.manifest.manifestHash.slice(7)}/share/data`;
  const looked = await files.lstat(file);
  const lstat = files.lstat.bind(files);
  await files.writeFile(file, new TextEncoder().encode('DATA'.repeat(40)), 0o400);
  files.lstat = async (path) => (path === file ? looked : lstat(path));
  expect((await world.result(stageOf(big))).kind).toBe('unchanged');
  expect(await world.refusal(world.updateTo(big))).toBe('FILE_HASH_MISMATCH');
  expect((await world.result(stageOf(big))).kind).toBe('done');
  // The other files of the copy are good.
  expect(sent()).toBe(bytesOf('share/data'));
});

test('prune removes what is under way, but what is whole of a pinned release', async () => {
  const { world, given } = await worldWith();
  given.plan = [
    { kind: 'cuts', at: 1 },
    { kind: 'cuts', at: 0.5 },
  ];
  expect(await world.refusal(stageOf(big))).toBe('UNREACHABLE');
  const whole = (await world.files.lstat(`/node/downloads/${big.manifest.manifestHash.slice(7)}.part/bin/server`))
    ?.sizeBytes;
  const pinned = await world.ask({ kind: 'prune', keepRestorePoints: 9, pinned: [big.manifest.manifestHash] });
  expect(await world.files.readDirectory('/node/downloads')).toEqual([`${big.manifest.manifestHash.slice(7)}.part`]);
  expect(pinned).toMatchObject({ kind: 'pruned', staged: [] });
  expect(await world.ask({ kind: 'prune', keepRestorePoints: 9, pinned: [] })).toMatchObject({ freedBytes: whole });
  expect(await world.files.readDirectory('/node/downloads')).toEqual([]);
});

test('room is needed only for what is not there yet', async () => {
  const { world, files, given } = await worldWith();
  given.plan = [
    { kind: 'cuts', at: 1 },
    { kind: 'cuts', at: 0.5 },
  ];
  expect(await world.refusal(stageOf(big))).toBe('UNREACHABLE');
  given.plan = [];
  files.capacityBytes = 2 ** 20;
  const used = 2 ** 20 - (await files.freeSpace('/')).freeBytes;
  const kept = Object.entries(await listTree(files, '/node/downloads')).filter(([path]) => !path.endsWith('.log'));
  const sizes = await Promise.all(
    kept.map(async ([path]) => (await files.lstat(`/node/downloads/${path}`))!.sizeBytes),
  );
  const keptBytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(keptBytes).toBeGreaterThan(330);
  const needed = 2 * bytesOf('bin/server', 'share/data', 'share/same.txt') - keptBytes;
  files.capacityBytes = used + needed - 1;
  expect(await world.refusal(stageOf(big))).toBe('NO_SPACE');
  files.capacityBytes = used + needed + 2000;
  expect((await world.result(stageOf(big))).kind).toBe('done');
});

/** Cancelled as soon as so many bytes have come; what came of it, and what was fetched until then. */
async function cancelledAt(bytes: number, { world, sent }: Awaited<ReturnType<typeof worldWith>>) {
  const stop = new AbortController();
  const offered = world.source;
  world.source = (fuse) => {
    const source = offered(fuse) as FaultySource;
    const open = source.openFile.bind(source);
    async function* watched(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        if (source.bytesSent >= bytes) stop.abort();
        yield chunk;
      }
    }
    source.openFile = async (path, wanted) => {
      const opened = await open(path, wanted);
      return { ...opened, chunks: watched(opened.chunks) };
    };
    return source;
  };
  const reply = await world.handler()(requestOf(stageOf(big)), undefined, stop.signal);
  world.source = offered;
  return { reply, fetched: sent() };
}

test('cancelled at any chunk it ends as CANCELLED, lets go of the node, and the next one fetches what is missing', async () => {
  const all = bytesOf('bin/server', 'share/data', 'share/same.txt');
  for (let at = 1; at < all; at += 28) {
    const given = await worldWith();
    const { reply, fetched } = await cancelledAt(at, given);
    expect(reply).toMatchObject({ kind: 'refused', failure: { code: 'CANCELLED', retry: 'backoff' } });
    expect(fetched).toBeLessThan(at + 28);
    const lock = await given.files.tryLock('/node/state/lock');
    expect(lock).not.toBeNull();
    await lock!.release();
    expect((await given.world.result(stageOf(big))).kind).toBe('done');
    // A chunk that came when it was over already is not kept.
    expect(fetched + given.sent() - all).toBeLessThanOrEqual(7);
    expect((await given.world.result(given.world.updateTo(big))).kind).toBe('done');
  }
});

test('a document that never comes is not waited for by whoever cancels', async () => {
  const { world } = await worldWith();
  const stop = new AbortController();
  const deps = world.deps();
  world.deps = () => ({ ...deps, verifyIndex: (source) => source.readIndex() as never });
  world.source = () => {
    const source = new FaultySource(world.sources);
    source.readIndex = (() => (stop.abort(), new Promise(() => {}))) as never;
    return source;
  };
  const reply = await world.handler()(requestOf(stageOf(big)), undefined, stop.signal);
  expect(reply).toMatchObject({ kind: 'refused', failure: { code: 'CANCELLED' } });
});

test('an update is finished, whoever cancels', async () => {
  const { world } = await worldWith();
  await world.result(stageOf(big));
  const reply = await world.handler()(requestOf(world.updateTo(big)), undefined, AbortSignal.abort());
  expect(reply).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
});
