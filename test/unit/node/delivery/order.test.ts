import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import type { ReleaseFileType } from '../../../../src/model/release.ts';
import type { OpenedFile, ReleaseSource, WantedBytes } from '../../../../src/ports/release-source.ts';
import { fromSource, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource } from '../../../support/node/faulty-source.ts';

const named = (count: number, length = 100): Map<string, Uint8Array> =>
  new Map(Array.from({ length: count }, (_, index) => [`file-${index}`, someBytes(length, index + 1)]));

test.each<[string, readonly ReleaseFileType[]]>([
  ['executables, libraries, configuration, data', ['executable', 'library', 'config', 'data']],
  ['as node.yaml says', ['data', 'config']],
])('files end in the order of their types: %s', async (_name, order) => {
  const types: readonly ReleaseFileType[] = ['data', 'config', 'library', 'executable'];
  const files = named(40);
  const ended: ReleaseFileType[] = [];
  const typeOf = new Map([...files.keys()].map((path, index) => [path, types[index % types.length]!]));
  const source = listening(new FaultySource(files), { end: (path) => void ended.push(typeOf.get(path)!) });
  const deliveries = [...files].map(([path, bytes]) => fromSource(path, bytes, source, typeOf.get(path)));
  await runDelivery({ files: new MemoryFileSystem(), deliveries, settings: { order, concurrency: 3 } });
  const ranks = [...order, ...types.toReversed().filter((type) => !order.includes(type))];
  expect(ended.map((type) => ranks.indexOf(type))).toEqual(
    Array.from({ length: 40 }, (_, index) => Math.floor(index / 10)),
  );
});

test('of one type the largest comes first', async () => {
  const files = new Map([1, 3, 2].map((length) => [`file-${length}`, someBytes(length * 10)]));
  const begun: string[] = [];
  const source = listening(new FaultySource(files), { begin: (path) => void begun.push(path) });
  const deliveries = [...files].map(([path, bytes]) => fromSource(path, bytes, source));
  await runDelivery({ files: new MemoryFileSystem(), deliveries, settings: { concurrency: 1 } });
  expect(begun).toEqual(['file-3', 'file-2', 'file-1']);
});

test('never more transfers at once than in all and from one host', async () => {
  const files = named(30, 60);
  const busy = new Map<string, number>();
  let most = 0;
  const mostOf = new Map<string, number>();
  const count = (host: string, by: number): void => {
    busy.set(host, (busy.get(host) ?? 0) + by);
    mostOf.set(host, Math.max(mostOf.get(host) ?? 0, busy.get(host)!));
    most = Math.max(
      most,
      [...busy.values()].reduce((sum, one) => sum + one, 0),
    );
  };
  const sources = ['https://a', 'https://b'].map((host) =>
    listening(new FaultySource(files, [], { host }), { begin: () => count(host, 1), end: () => count(host, -1) }),
  );
  const deliveries = [...files].map(([path, bytes], index) => fromSource(path, bytes, sources[index % 2]!));
  await runDelivery({ files: new MemoryFileSystem(), deliveries, settings: { concurrency: 5, perHost: 3 } });
  expect([most, mostOf.get('https://a'), mostOf.get('https://b')]).toEqual([5, 3, 3]);
});

test('the first wrong file ends all others at once, and nothing is under way afterwards', async () => {
  const files = named(50, 1000);
  const good = new FaultySource(files);
  const bad = new FaultySource(new Map([['bad', someBytes(10, 99)]]), [{ kind: 'flips' }]);
  const deliveries = [
    fromSource('bad', someBytes(10, 99), bad, 'executable'),
    ...[...files].map(([path, bytes]) => fromSource(path, bytes, good)),
  ];
  await expect(runDelivery({ files: new MemoryFileSystem(), deliveries })).rejects.toMatchObject({
    code: 'FILE_HASH_MISMATCH',
  });
  const sent = good.bytesSent;
  expect(sent).toBeLessThan(5000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(good.bytesSent).toBe(sent);
});

function listening(source: ReleaseSource, heard: { begin?: (path: string) => void; end?: (path: string) => void }) {
  return {
    ...source,
    host: source.host,
    async openFile(path: string, wanted: WantedBytes): Promise<OpenedFile> {
      const opened = await source.openFile(path, wanted);
      heard.begin?.(path);
      return { ...opened, chunks: followed(opened.chunks, () => heard.end?.(path)) };
    },
  };
}

async function* followed(chunks: AsyncIterable<Uint8Array>, end: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    await new Promise((resolve) => setImmediate(resolve));
    yield chunk;
  }
  end();
}
