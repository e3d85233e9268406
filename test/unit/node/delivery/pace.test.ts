/** Deadline, minimum rate and the count of tries: against the source over all its connections, never against ourselves. */
import { expect, test } from 'vitest';
import type { SimulatedClock } from '../../../../src/adapters/clock/simulated.ts';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import type { DeliverySettings } from '../../../../src/node/delivery/delivery.ts';
import type { FileSystem } from '../../../../src/ports/file-system.ts';
import type { ReleaseSource } from '../../../../src/ports/release-source.ts';
import { fromSource, onSimulatedClock, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource, payloadSource } from '../../../support/node/faulty-source.ts';

const bytes = someBytes(400_000);
const ofSize = (size: number): Uint8Array => bytes.subarray(0, size);

/** Milliseconds until all of it is there. */
async function fetching(
  content: Uint8Array,
  settings: Partial<DeliverySettings>,
  sourceOf: (clock: SimulatedClock) => ReleaseSource,
  filesOf: (clock: SimulatedClock) => FileSystem = () => new MemoryFileSystem(),
): Promise<number> {
  return onSimulatedClock(async (clock) => {
    const beganMs = clock.steadyMs();
    const deliveries = [fromSource('a', content, sourceOf(clock))];
    const usual = { resumeBlockBytes: 2 ** 20 };
    const files = filesOf(clock);
    await runDelivery({ files, clock, random: () => 0, settings: { ...usual, ...settings }, deliveries });
    return clock.steadyMs() - beganMs;
  });
}

/** So many bytes after so much silence, and then a cut. */
interface Cutting {
  readonly bytes: number;
  readonly overMs: number;
}

/** undefined: the rest of it. */
function cutting(
  content: Uint8Array,
  clock: SimulatedClock,
  cuts: (nth: number) => Cutting | undefined,
): ReleaseSource {
  let opened = 0;
  return payloadSource(async (_path, { offset = 0 }) => {
    opened += 1;
    const cut = cuts(opened);
    async function* chunks() {
      if (cut === undefined) {
        yield content.subarray(offset);
        return;
      }
      if (cut.overMs > 0) await clock.sleep(cut.overMs);
      const end = Math.min(content.length, offset + cut.bytes);
      const middle = (offset + end) >> 1;
      yield content.subarray(offset, middle);
      yield content.subarray(middle, end);
      if (end < content.length) throw new ThemisError('UNREACHABLE', 'cut');
    }
    return { offset, sizeBytes: content.length, validator: '"a"', chunks: chunks() };
  });
}

test('a limit on bandwidth is kept to the byte', async () => {
  const inOrder = () => new FaultySource(new Map([['a', ofSize(50_000)]]), [], { chunkBytes: 7000 });
  expect(await fetching(ofSize(50_000), { bandwidth: 10_000 }, inOrder)).toBe(5000);
});

test('what our own limit on bandwidth takes counts against neither the time for a file nor its rate', async () => {
  const settings = { bandwidth: 100, timeoutMs: 3000, minimumRate: 1000 };
  const inOrder = () => new FaultySource(new Map([['a', ofSize(20_000)]]), [], { chunkBytes: 50 });
  expect(await fetching(ofSize(20_000), settings, inOrder)).toBe(200_000);
});

test('nor does what our own disk takes', async () => {
  const slowDisk = (clock: SimulatedClock): FileSystem =>
    new Proxy(new MemoryFileSystem(), {
      get(target, name: keyof MemoryFileSystem) {
        const member = Reflect.get(target, name, target) as unknown;
        if (name !== 'openGrowing') return typeof member === 'function' ? member.bind(target) : member;
        return async (path: string, kept: number) => {
          const file = await target.openGrowing(path, kept);
          const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
            await clock.sleep(10_000);
            await file.write(chunks);
          };
          return { ...file, write };
        };
      },
    });
  const settings = { memoryBytes: 200, timeoutMs: 3000, minimumRate: 1000 };
  const inOrder = () => new FaultySource(new Map([['a', ofSize(2000)]]), [], { chunkBytes: 50 });
  expect(await fetching(ofSize(2000), settings, inOrder, slowDisk)).toBeGreaterThan(60_000);
});

test('what the source takes to answer counts, and so do the waits that it causes', async () => {
  const slowToAnswer = (clock: SimulatedClock) =>
    payloadSource(async () => {
      await clock.sleep(2000);
      throw new ThemisError('UNREACHABLE', 'refused');
    });
  const settings = { timeoutMs: 7000, retries: 100 };
  await expect(fetching(ofSize(10), settings, slowToAnswer)).rejects.toMatchObject({
    message: expect.stringContaining('4 times in a row') as string,
  });
  const told = (clock: SimulatedClock) =>
    payloadSource(async () => {
      await clock.sleep(1);
      throw new ThemisError('RATE_LIMITED', 'later', { retryAfterMs: 3000 });
    });
  await expect(fetching(ofSize(10), settings, told)).rejects.toMatchObject({
    message: expect.stringContaining('3 times in a row') as string,
  });
});

test('a few bytes with each connection are no progress, however fast they come', async () => {
  let opened = 0;
  const run = fetching(bytes, { minimumRate: 1024, retries: 5 }, (clock) =>
    cutting(bytes, clock, (nth) => {
      opened = nth;
      return { bytes: 1000, overMs: 0 };
    }),
  );
  await expect(run).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(opened).toBe(6);
});

test('nor is what comes too slowly, though no connection lasts long enough to be called slow', async () => {
  const run = fetching(bytes, { minimumRate: 1024, retries: 5 }, (clock) =>
    cutting(bytes, clock, () => ({ bytes: 6000, overMs: 29_000 })),
  );
  await expect(run).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('as much as half a minute has to bring is progress, whatever it took connections', async () => {
  const run = fetching(bytes, { minimumRate: 1024, retries: 2 }, (clock) =>
    cutting(bytes, clock, () => ({ bytes: 16_000, overMs: 1000 })),
  );
  expect(await run).toBe(25_000);
});

test('a connection does not pay for a slow one before it', async () => {
  const content = ofSize(20_000);
  let opened = 0;
  await fetching(content, { minimumRate: 1024, retries: 1 }, (clock) =>
    cutting(content, clock, (nth) => {
      opened = nth;
      return nth === 1 ? { bytes: 10, overMs: 29_999 } : { bytes: content.length, overMs: 2 };
    }),
  );
  expect(opened).toBe(2);
});
