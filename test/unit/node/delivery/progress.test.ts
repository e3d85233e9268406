import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { digestBytes } from '../../../../src/kernel/digest.ts';
import type { NodeProgress } from '../../../../src/model/message.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import {
  deliveryOf,
  fromSource,
  onSimulatedClock,
  runDelivery,
  someBytes,
} from '../../../support/node/delivery-run.ts';
import { FaultySource, payloadSource } from '../../../support/node/faulty-source.ts';

test('progress says how much there is, how fast it comes and how long it takes, in all and for each file', async () => {
  const bytes = someBytes(10_000);
  await onSimulatedClock(async (clock) => {
    const source = payloadSource(async () => {
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += 100) {
          await clock.sleep(100);
          yield bytes.subarray(at, at + 100);
        }
      }
      return { offset: 0, sizeBytes: bytes.length, validator: null, chunks: chunks() };
    });
    const files = new MemoryFileSystem();
    await files.writeFile('/old', someBytes(5000, 2), 0o644);
    const seen: NodeProgress[] = [];
    const deliveries = [
      fromSource('slow', bytes, source),
      deliveryOf('here', someBytes(5000, 2), [{ kind: 'copy', path: '/old' }]),
    ];
    await runDelivery({ files, clock, deliveries, onProgress: (progress) => seen.push(progress) });
    const atHalf = seen.find(({ doneBytes = 0 }) => doneBytes >= 10_000)!;
    expect(atHalf).toMatchObject({
      phase: 'stage',
      doneBytes: 10_000,
      totalBytes: 15_000,
      fetchedBytes: 5000,
      reusedBytes: 5000,
      bytesPerSecond: 1000,
      remainingMs: 5000,
      files: [{ path: 'slow', doneBytes: 5000, totalBytes: 10_000, bytesPerSecond: 1000, remainingMs: 5000 }],
    });
    expect(seen.at(-1)).toMatchObject({ doneBytes: 15_000, fetchedBytes: 10_000, reusedBytes: 5000, files: [] });
    // Not at every chunk.
    expect(seen.length).toBeLessThan(60);
    const done = seen.map(({ doneBytes = 0 }) => doneBytes);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });
});

/** Sends so many bytes a tenth of a second, is silent in between, and goes on. */
function stallingSource(bytes: Uint8Array, clock: Clock, stall: { readonly at: number; readonly forMs: number }) {
  return payloadSource(async (_path, { offset = 0 }) => {
    async function* chunks() {
      for (let at = offset; at < bytes.length; at += 100) {
        await clock.sleep(at === stall.at ? stall.forMs : 100);
        yield bytes.subarray(at, at + 100);
      }
    }
    return { offset, sizeBytes: bytes.length, validator: '"same"', chunks: chunks() };
  });
}

test('while nothing comes it is told all the same: the rate falls, nobody knows how long, and no more when it is over', async () => {
  const bytes = someBytes(10_000);
  await onSimulatedClock(async (clock) => {
    const seen: { readonly atMs: number; readonly progress: NodeProgress }[] = [];
    const beganMs = clock.steadyMs();
    await runDelivery({
      files: new MemoryFileSystem(),
      clock,
      deliveries: [fromSource('slow', bytes, stallingSource(bytes, clock, { at: 5000, forMs: 20_000 }))],
      onProgress: (progress) => seen.push({ atMs: clock.steadyMs() - beganMs, progress }),
    });
    const within = (fromMs: number, toMs: number) =>
      seen.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ progress }) => progress);
    // The last bytes came after 5 s.
    const falling = within(5100, 10_000).map(({ bytesPerSecond = 0 }) => bytesPerSecond);
    expect(falling.length).toBeGreaterThan(3);
    expect(falling).toEqual(falling.toSorted((a, b) => b - a));
    const silent = within(12_000, 25_000);
    expect(silent.length).toBeGreaterThan(10);
    for (const progress of silent) {
      expect(progress).toMatchObject({ doneBytes: 5000, bytesPerSecond: 0, files: [{ bytesPerSecond: 0 }] });
      expect([progress.remainingMs, progress.files![0]!.remainingMs]).toEqual([undefined, undefined]);
    }
    const told = seen.length;
    await clock.advance(60_000);
    expect(seen.length).toBe(told);
  });
});

test('nothing is told any more of a delivery that failed', async () => {
  await onSimulatedClock(async (clock) => {
    const source = new FaultySource(new Map(), [{ kind: 'gone' }]);
    let told = 0;
    const deliveries = [fromSource('a', someBytes(100), source)];
    const run = runDelivery({ files: new MemoryFileSystem(), clock, deliveries, onProgress: () => (told += 1) });
    await expect(run).rejects.toMatchObject({ code: 'FILE_MISSING' });
    const before = told;
    await clock.advance(60_000);
    expect(told).toBe(before);
  });
});

/** The first half of it is on the disk, from a run that was cut off. */
async function halfThere(bytes: Uint8Array): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  const source = new FaultySource(new Map([['a', bytes]]), [{ kind: 'cuts', at: 0.5 }], { chunkBytes: 100 });
  const run = runDelivery({ files, settings: { retries: 0 }, deliveries: [fromSource('a', bytes, source)] });
  await expect(run).rejects.toMatchObject({ code: 'UNREACHABLE' });
  return files;
}

test('what was kept of a file is no part of its rate', async () => {
  const bytes = someBytes(10_000);
  const files = await halfThere(bytes);
  await onSimulatedClock(async (clock) => {
    const seen: NodeProgress[] = [];
    const source = new FaultySource(new Map([['a', bytes]]), [], { chunkBytes: 100 });
    const open = source.openFile.bind(source);
    source.openFile = async (path, wanted) => {
      expect(wanted.offset).toBe(5000);
      const opened = await open(path, { ...wanted, validator: digestBytes(bytes) });
      async function* slowly() {
        for await (const chunk of opened.chunks) {
          await clock.sleep(100);
          yield chunk;
        }
      }
      return { ...opened, chunks: slowly() };
    };
    const delivered = await runDelivery({
      files,
      clock,
      deliveries: [fromSource('a', bytes, source)],
      onProgress: (progress) => seen.push(progress),
    });
    expect(delivered).toEqual({ fetchedBytes: 5000, reusedBytes: 5000 });
    const [file] = seen.find(({ doneBytes = 0 }) => doneBytes >= 6000)!.files!;
    expect(file).toMatchObject({ doneBytes: 6000, bytesPerSecond: 1000, remainingMs: 4000 });
  });
});

test('bytes that were kept and have to be fetched again all the same were not reused', async () => {
  const bytes = someBytes(10_000);
  const source = new FaultySource(new Map([['a', bytes]]), [{ kind: 'starts-over', at: 1, sameValidator: false }], {
    chunkBytes: 100,
  });
  const seen: NodeProgress[] = [];
  const delivered = await runDelivery({
    files: await halfThere(bytes),
    deliveries: [fromSource('a', bytes, source)],
    onProgress: (progress) => seen.push(progress),
  });
  expect(delivered).toEqual({ fetchedBytes: source.bytesSent, reusedBytes: 0 });
  expect(seen.at(-1)).toMatchObject({ doneBytes: 10_000, fetchedBytes: source.bytesSent, reusedBytes: 0 });
});
