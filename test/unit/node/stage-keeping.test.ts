/** What a staging that did not work out leaves: all that is right, so that the next one fetches the rest. */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { exitCodeOf, ThemisError } from '../../../src/kernel/error.ts';
import { exitCode } from '../../../src/kernel/exit-code.ts';
import type { NodeRequestBody } from '../../../src/model/message.ts';
import { FaultySource } from '../../support/node/faulty-source.ts';
import { authority, nodeDocument, NodeWorld, restOf } from '../../support/node/node-world.ts';
import { makeRelease } from '../../support/node/releases.ts';
import { listTree } from '../../support/node/tree-digest.ts';

const names = Array.from({ length: 6 }, (_, index) => `share/f${index}`);
const release = makeRelease({
  version: '1.6.0',
  files: Object.fromEntries(names.map((name) => [name, `${name} `.repeat(22)])),
});
const sizeOf = new Map(release.manifest.files.map(({ path, sizeBytes }) => [path, sizeBytes]));
const bytesOf = (...paths: string[]): number => paths.reduce((sum, path) => sum + sizeOf.get(path)!, 0);
const inSource = (path: string): string => `themisdb-1.6.0/${path}`;
const request: NodeRequestBody = { kind: 'stage', authority, releases: [release.staged] };
const half = `/node/downloads/${release.manifest.manifestHash.slice(7)}.part`;
const parts = '/node/downloads/parts';

async function worldWith(concurrency = 1) {
  const files = new MemoryFileSystem();
  const world = new NodeWorld(files);
  await world.init({ ...nodeDocument, delivery: { concurrency, retries: 0, resumeBlock: '64B' } });
  world.offer(release);
  // The check beforehand is not what ends a staging here.
  files.freeSpace = async () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 40 });
  const sources: FaultySource[] = [];
  world.source = () => {
    const source = new FaultySource(world.sources);
    sources.push(source);
    return source;
  };
  return { world, files, sent: () => sources.splice(0).reduce((sum, source) => sum + source.bytesSent, 0) };
}

const treeOf = async (files: MemoryFileSystem, path: string): Promise<readonly string[]> =>
  (await files.lstat(path)) === null ? [] : Object.keys(await listTree(files, path));

test.each([
  ['gone', 'FILE_MISSING'],
  ['flips', 'FILE_HASH_MISMATCH'],
  ['longer', 'FILE_HASH_MISMATCH'],
  ['shorter', 'FILE_HASH_MISMATCH'],
] as const)('one file that %s: %s, nothing is staged, and only its own bytes are dropped', async (kind, code) => {
  const { world, files, sent } = await worldWith();
  const [bad, badHash] = [names[3]!, release.manifest.files[3]!.sha256];
  const good = new FaultySource(world.sources);
  const source = new FaultySource(world.sources);
  const openFile = source.openFile.bind(source);
  source.openFile = (path, wanted) =>
    path === inSource(bad)
      ? new FaultySource(world.sources, [{ kind }]).openFile(path, wanted)
      : openFile(path, wanted);
  world.source = () => source;
  expect(await world.refusal(request)).toBe(code);
  expect((await world.observe()).staged).toEqual([]);
  const kept = await treeOf(files, half);
  // It was the fourth, and whoever waits to ask again holds up nobody.
  expect(kept.slice(0, 4)).toEqual(['share', ...names.slice(0, 3)]);
  expect(kept).not.toContain(bad);
  expect((await treeOf(files, parts)).filter((name) => name.startsWith(badHash))).toEqual([]);
  world.source = () => good;
  sent();
  expect((await world.result(request)).kind).toBe('done');
  expect(source.bytesSent + good.bytesSent).toBe(bytesOf(...names));
  expect(await files.readDirectory('/node/downloads')).toEqual([release.manifest.manifestHash.slice(7)]);
});

test.each([
  ['gone', 'FILE_MISSING'],
  ['flips', 'FILE_HASH_MISMATCH'],
  ['shorter', 'FILE_HASH_MISMATCH'],
  ['cuts', 'UNREACHABLE'],
] as const)('a staging of which nothing came right leaves nothing (%s)', async (kind, code) => {
  const { world } = await worldWith();
  const single = makeRelease({ version: '1.7.0', files: { 'share/deep/only': 'only this' } });
  world.offer(single);
  world.source = () =>
    new FaultySource(world.sources, [
      { kind, at: 0 },
      { kind, at: 0 },
    ]);
  const before = await restOf(world);
  expect(await world.refusal({ kind: 'stage', authority, releases: [single.staged] })).toBe(code);
  expect(await restOf(world)).toEqual(before);
});

test('what is under way beside a file that is wrong goes on from where it was', async () => {
  const { world, files, sent } = await worldWith(2);
  const [wrong, slow] = [inSource(names[0]!), inSource(names[1]!)];
  const begun = Promise.withResolvers<void>();
  world.source = () => {
    const source = new FaultySource(world.sources, [{ kind: 'flips' }]);
    const openFile = source.openFile.bind(source);
    source.openFile = async (path, wanted) => {
      const opened = await openFile(path, wanted);
      const waits = path === wrong ? begun.promise : Promise.resolve();
      return {
        ...opened,
        chunks: path === slow ? halting(opened.chunks, wanted.signal!) : after(waits, opened.chunks),
      };
    };
    return source;
  };
  async function* halting(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    let bytes = 0;
    for await (const chunk of chunks) {
      yield chunk;
      bytes += chunk.length;
      if (bytes < 100) continue;
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw signal.reason;
    }
  }
  expect(await world.refusal(request)).toBe('FILE_HASH_MISMATCH');
  expect(await treeOf(files, half)).toEqual([]);
  const left = await treeOf(files, parts);
  expect(left.length).toBe(2);
  const kept = (await files.lstat(`${parts}/${left[0]}`))!.sizeBytes;
  expect(kept).toBeGreaterThan(90);
  const second = new FaultySource(world.sources);
  world.source = () => second;
  sent();
  expect((await world.result(request)).kind).toBe('done');
  expect(second.bytesSent).toBe(bytesOf(...names) - kept);
});

async function* after(wait: Promise<void>, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  await wait;
  yield* chunks;
}

test('a disk that fills at any byte: NO_SPACE, what is whole or can go on stays, prune takes it, or the rest is fetched', async () => {
  const all = bytesOf(...names);
  let most = 0;
  let seen = 0;
  for (let room = 0; room < all; room += 37) {
    const { world, files, sent } = await worldWith(2);
    const before = files.usedBytes;
    files.capacityBytes = before + room;
    const reply = await world.ask(request);
    expect(reply, `${room}`).toMatchObject({ kind: 'refused', failure: { code: 'NO_SPACE' } });
    if (reply.kind === 'refused') expect(reply.failure.message).toContain('themis node prune');
    // Nothing that nobody could go on from is in the way.
    for (const name of (await treeOf(files, parts)).filter((one) => one.endsWith('.part'))) {
      // A line that the full disk cut off says nothing.
      const log = new TextDecoder().decode(await files.readFile(`${parts}/${name}.log`));
      const bytes = Number([...log.matchAll(/^\{"bytes":(\d+),.*\}\n/gmu)].at(-1)?.[1]);
      expect((await files.lstat(`${parts}/${name}`))?.sizeBytes, `${room}`).toBe(bytes);
      seen += 1;
    }
    const other = files.clone();
    files.capacityBytes = Infinity;
    const first = sent();
    expect((await world.result(request)).kind).toBe('done');
    const fetched = first + sent();
    // Of each that was under way: a block, and what was in hand.
    expect(fetched, `${room}`).toBeLessThanOrEqual(all + 2 * (64 + 2 * 7));
    most = Math.max(most, fetched);
    expect(await files.readDirectory('/node/downloads')).toEqual([release.manifest.manifestHash.slice(7)]);

    const pruned = new NodeWorld(other);
    await pruned.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
    expect(await other.readDirectory('/node/downloads')).toEqual([]);
  }
  // It does cost something, or nothing was measured.
  expect(most).toBeGreaterThan(all);
  expect(seen).toBeGreaterThan(3);
});

test.each(['NOT_FOUND', 'UNREACHABLE', 'TIMEOUT'] as const)(
  'a file that is missing together with the manifest (%s): its source is gone, which is no refusal, and all stays',
  async (code) => {
    const { world, files } = await worldWith();
    const source = new FaultySource(world.sources);
    const gone = async (path: string): Promise<never> => {
      throw new ThemisError(path === inSource('release.json') ? code : 'NOT_FOUND', `${path} is not there.`);
    };
    const openFile = source.openFile.bind(source);
    source.openFile = async (path, wanted) => {
      await wanted.turn?.begins;
      if (path === inSource(names[3]!)) source.readFile = gone;
      return source.readFile === gone ? gone(path) : openFile(path, wanted);
    };
    world.source = () => source;
    const reply = await world.ask(request);
    expect(reply).toMatchObject({ kind: 'refused', failure: { code: 'UNREACHABLE', retry: 'backoff' } });
    if (reply.kind === 'refused') expect(reply.failure.message).toContain('themisdb 1.6.0');
    expect(exitCodeOf('UNREACHABLE')).toBe(exitCode.failed);
    expect(await treeOf(files, half)).toEqual(['share', ...names.slice(0, 3)]);
    expect(await treeOf(files, '/node/state')).not.toContain('audit.jsonl');
    const good = new FaultySource(world.sources);
    world.source = () => good;
    expect((await world.result(request)).kind).toBe('done');
    expect(good.bytesSent).toBe(bytesOf(...names.slice(3)));
  },
);
