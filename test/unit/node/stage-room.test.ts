/** How much room a staging asks for before its first byte: of the disk itself nothing is short here. */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import type { NodeDocument } from '../../../src/node/config/node-config.ts';
import { FaultySource, type SourceFault } from '../../support/node/faulty-source.ts';
import { authority, nodeDocument, NodeWorld } from '../../support/node/node-world.ts';
import { makeRelease, type TestRelease } from '../../support/node/releases.ts';

const stageOf = (...releases: TestRelease[]) =>
  ({ kind: 'stage', authority, releases: releases.map((release) => release.staged) }) as const;
const four = 'the same four times '.repeat(20);
const equal = makeRelease({
  version: '1.6.0',
  files: { 'share/a': four, 'share/b': four, 'share/c': four, 'share/d': four },
});
const mixed = makeRelease({
  version: '1.7.0',
  files: { 'bin/server': 'server 1.7'.repeat(30), 'share/data': 'data'.repeat(40) },
});
const tool = makeRelease({
  package: 'tool',
  version: '1.0.0',
  files: { 'tool/data': 'data'.repeat(40), 'tool/run': 'run' },
});

/** One transfer at a time. `free`: what the disk says it has. */
async function worldWith(limits: NodeDocument['limits'] = {}) {
  const files = new MemoryFileSystem();
  const world = new NodeWorld(files);
  const disk = { freeBytes: Infinity };
  files.freeSpace = async () => ({ ...disk, totalBytes: 2 ** 40 });
  await world.init({ ...nodeDocument, limits, delivery: { concurrency: 1, retries: 0, resumeBlock: '64B' } });
  for (const release of [equal, mixed, tool]) world.offer(release);
  const given: { plan: readonly SourceFault[] } = { plan: [] };
  let opened = 0;
  world.source = () => {
    const source = new FaultySource(world.sources, given.plan);
    const openFile = source.openFile.bind(source);
    source.openFile = async (path, wanted) => ((opened += 1), openFile(path, wanted));
    return source;
  };
  /** A byte less than `needed` is refused before anything is asked for, and that much is enough. */
  const needs = async (needed: number, ...releases: TestRelease[]): Promise<void> => {
    opened = 0;
    if (needed > 0) {
      disk.freeBytes = needed - 1;
      expect(await world.refusal(stageOf(...releases))).toBe('NO_SPACE');
    }
    expect(opened).toBe(0);
    disk.freeBytes = needed;
    expect((await world.result(stageOf(...releases))).kind).toBe('done');
  };
  /** Cut off in the middle of the transfer after so many whole ones. */
  const cutAfter = async (whole: number, ...releases: TestRelease[]): Promise<void> => {
    disk.freeBytes = Infinity;
    given.plan = [
      ...Array.from({ length: whole }, () => ({ kind: 'cuts', at: 1 }) as const),
      { kind: 'cuts', at: 0.5 },
    ];
    expect(await world.refusal(stageOf(...releases))).toBe('UNREACHABLE');
    given.plan = [];
  };
  return { world, files, needs, cutAfter };
}

const partBytes = async (files: MemoryFileSystem): Promise<number> => {
  const names = (await files.readDirectory('/node/downloads/parts')).filter((name) => name.endsWith('.part'));
  const stats = await Promise.all(names.map((name) => files.lstat(`/node/downloads/parts/${name}`)));
  return stats.reduce((sum, stat) => sum + stat!.sizeBytes, 0);
};

test('twice the bytes of all files, for a node that has none of them', async () => {
  const { needs } = await worldWith();
  await needs(2 * (300 + 160), mixed);
});

test('as many times as node.yaml says, rounded up', async () => {
  const { needs } = await worldWith({ freeSpaceFactor: 1.5 });
  await needs(Math.ceil(1.5 * (300 + 160 + 160 + 3)), mixed, tool);
});

test('what lies here of a file counts once, however many files have its content', async () => {
  const { files, needs, cutAfter } = await worldWith();
  await cutAfter(0, equal);
  const kept = await partBytes(files);
  expect(kept).toBeGreaterThan(150);
  await needs(2 * 4 * 400 - kept, equal);
});

test('what lies here whole counts in each of its places, and what is under way beside it', async () => {
  const { files, needs, cutAfter } = await worldWith();
  await cutAfter(1, mixed, tool);
  const half = `/node/downloads/${mixed.manifest.manifestHash.slice(7)}.part`;
  expect((await files.lstat(`${half}/bin/server`))?.sizeBytes).toBe(300);
  expect(await partBytes(files)).toBeGreaterThan(70);
  const kept = 300 + (await partBytes(files));
  await needs(2 * (300 + 160 + 160 + 3) - kept, mixed, tool);
});

test('what is longer than the file is worth no more than the file, and what has another name nothing', async () => {
  const { files, needs, cutAfter } = await worldWith();
  await cutAfter(0, equal);
  const part = `/node/downloads/parts/${equal.manifest.files[0]!.sha256}.part`;
  await files.writeFile(part, new Uint8Array(3000), 0o600);
  await needs(2 * 4 * 400 - 400, equal);
  await cutAfter(0, mixed);
  files.plantHardLink('/backup', `/node/downloads/parts/${mixed.manifest.files[0]!.sha256}.part`);
  await needs(2 * (300 + 160), mixed);
});
