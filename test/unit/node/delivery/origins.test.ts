import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import type { Delivery, Needed } from '../../../../src/node/delivery/delivery.ts';
import type { ReleaseSource } from '../../../../src/ports/release-source.ts';
import { contentOf, deliveryOf, fromSource, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource } from '../../../support/node/faulty-source.ts';

const needOf = (path: string, bytes: Uint8Array, source: ReleaseSource): Needed => ({
  title: path,
  statedBy: 'the delta',
  content: contentOf(bytes),
  origin: { kind: 'source', source, path },
});

test('a content that is wanted in several places is fetched once', async () => {
  const bytes = someBytes(300);
  const source = new FaultySource(new Map([['a', bytes]]));
  const files = new MemoryFileSystem();
  const delivery: Delivery = {
    ...fromSource('a', bytes, source),
    targets: ['/root/tree/a', '/root/tree/b', '/root/tree/c'],
  };
  expect(await runDelivery({ files, deliveries: [delivery] })).toEqual({ fetchedBytes: 300, reusedBytes: 600 });
  for (const name of ['a', 'b', 'c']) expect(await files.readFile(`/root/tree/${name}`)).toEqual(bytes);
  expect(source.bytesSent).toBe(300);
});

test('what lies on the node is copied if it is what it was, else the source is asked', async () => {
  const bytes = someBytes(300);
  const copy = { kind: 'copy', path: '/old' } as const;
  for (const [there, fetched] of [
    [bytes, 0],
    [someBytes(300, 7), 300],
    [someBytes(299), 300],
    [null, 300],
  ] as const) {
    const files = new MemoryFileSystem();
    if (there !== null) await files.writeFile('/old', there, 0o755);
    const source = new FaultySource(new Map([['a', bytes]]));
    const origin = { kind: 'source', source, path: 'a' } as const;
    await runDelivery({ files, deliveries: [deliveryOf('a', bytes, [copy, origin])] });
    expect(await files.readFile('/root/tree/a')).toEqual(bytes);
    expect((await files.lstat('/root/tree/a'))?.mode).toBe(0o400);
    expect(source.bytesSent).toBe(fetched);
    expect(await files.readDirectory('/root/parts')).toEqual([]);
  }
});

test('a file is made of what it needs, or fetched whole where that does not work out, and it is said why', async () => {
  const bytes = someBytes(500);
  const patch = someBytes(40, 3);
  const wrong = new ThemisError('PATCH_INVALID', 'no patch');
  const makers: Record<string, [() => AsyncGenerator<Uint8Array>, string | null]> = {
    right: [() => halves(bytes), null],
    wrong: [() => halves(someBytes(500, 8)), 'FILE_HASH_MISMATCH'],
    long: [() => halves(someBytes(501)), 'FILE_HASH_MISMATCH'],
    short: [() => halves(bytes.subarray(0, 400)), 'FILE_HASH_MISMATCH'],
    throwing: [() => throwing(bytes, wrong), 'PATCH_INVALID'],
  };
  for (const [name, [make, code]] of Object.entries(makers)) {
    const files = new MemoryFileSystem();
    const source = new FaultySource(
      new Map([
        ['a', bytes],
        ['a.patch', patch],
      ]),
    );
    const needs = [needOf('a.patch', patch, source)];
    const seen: string[] = [];
    const made = {
      kind: 'made',
      name: 'patch',
      needs,
      memoryBytes: 0,
      async *make([path = '']: readonly string[]) {
        expect(await files.readFile(path)).toEqual(patch);
        yield* make();
      },
    } as const;
    await runDelivery({
      files,
      deliveries: [deliveryOf('a', bytes, [made, { kind: 'source', source, path: 'a' }])],
      onFallback: ({ path, error }) => seen.push(`${path} ${error.code}`),
    });
    expect(await files.readFile('/root/tree/a'), name).toEqual(bytes);
    expect(seen, name).toEqual(code === null ? [] : [`a ${code}`]);
    expect(source.bytesSent, name).toBe(code === null ? 40 : 540);
    expect(await files.readDirectory('/root/parts'), name).toEqual([]);
  }
});

test('what is made is not made further than the file is long', async () => {
  const bytes = someBytes(500);
  const source = new FaultySource(new Map([['a', bytes]]));
  let asked = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    // The end is for a delivery that would go on.
    for (; asked < 1000; asked += 1) yield bytes.subarray(0, 100);
  }
  const made = { kind: 'made', name: 'patch', needs: [], memoryBytes: 0, make: endless } as const;
  const seen: string[] = [];
  const files = new MemoryFileSystem();
  await runDelivery({
    files,
    deliveries: [deliveryOf('a', bytes, [made, { kind: 'source', source, path: 'a' }])],
    onFallback: ({ error }) => seen.push(error.code),
  });
  expect([asked, seen]).toEqual([5, ['FILE_HASH_MISMATCH']]);
  expect(await files.readFile('/root/tree/a')).toEqual(bytes);
});

test('what several files are made of is fetched once', async () => {
  const patch = someBytes(40, 3);
  const source = new FaultySource(new Map([['p', patch]]));
  const needs = [needOf('p', patch, source)];
  const made = (bytes: Uint8Array) =>
    ({ kind: 'made', name: 'patch', needs, memoryBytes: 0, make: () => halves(bytes) }) as const;
  const files = new MemoryFileSystem();
  const contents = [1, 2, 3].map((seed) => someBytes(100, seed));
  // One of them is what the others are made of.
  const deliveries = [patch, ...contents].map((bytes, index) => deliveryOf(`f${index}`, bytes, [made(bytes)]));
  await runDelivery({ files, deliveries });
  expect(source.bytesSent).toBe(40);
  expect(await files.readFile('/root/tree/f0')).toEqual(patch);
  expect(await files.readDirectory('/root/parts')).toEqual([]);
});

test('a patch that cannot be had costs its file a whole transfer, and nobody else anything', async () => {
  const bytes = someBytes(500);
  const source = new FaultySource(
    new Map([
      ['a', bytes],
      ['b', bytes.subarray(1)],
    ]),
  );
  const needs = [needOf('p', bytes, source)];
  const made = { kind: 'made', name: 'patch', needs, memoryBytes: 0, make: () => halves(bytes) } as const;
  const files = new MemoryFileSystem();
  const deliveries = [
    deliveryOf('a', bytes, [made, { kind: 'source', source, path: 'a' }]),
    fromSource('b', bytes.subarray(1), source),
  ];
  const seen: string[] = [];
  await runDelivery({ files, deliveries, onFallback: ({ error }) => seen.push(`${error.code} ${error.message}`) });
  // It is in no manifest, and nobody has to look for it there.
  expect(seen).toEqual(['FILE_MISSING p is listed in the delta but missing.']);
  expect(source.bytesSent).toBe(999);
});

test('a full disk is full for every way to get a file: NO_SPACE, and nothing else is tried', async () => {
  const bytes = someBytes(500);
  const files = new MemoryFileSystem();
  await files.writeFile('/old', bytes, 0o644);
  files.capacityBytes = 600;
  const source = new FaultySource(new Map([['a', bytes]]));
  const deliveries = [
    deliveryOf('a', bytes, [
      { kind: 'copy', path: '/old' },
      { kind: 'source', source, path: 'a' },
    ]),
  ];
  await expect(runDelivery({ files, deliveries })).rejects.toMatchObject({ code: 'NO_SPACE' });
  expect(source.opened).toBe(0);
});

async function* halves(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  // One buffer, used again for the next chunk.
  const buffer = new Uint8Array(Math.ceil(bytes.length / 2));
  for (let at = 0; at < bytes.length; at += buffer.length) {
    const part = bytes.subarray(at, at + buffer.length);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
  }
}

async function* throwing(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 10);
  throw error;
}
