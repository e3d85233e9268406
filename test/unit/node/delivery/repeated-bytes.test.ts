/** A source that sends again what is here: those bytes cost what all others cost, and more than a block of them is refused once. */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import type { NodeProgress } from '../../../../src/model/message.ts';
import type { DeliverySettings } from '../../../../src/node/delivery/delivery.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import type { ReleaseSource } from '../../../../src/ports/release-source.ts';
import { fromSource, onSimulatedClock, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource, payloadSource, type SourceFault } from '../../../support/node/faulty-source.ts';

const size = 10_000;
const bytes = someBytes(size);
const cut: SourceFault = { kind: 'cuts', at: 0.5 };

interface Fetched {
  readonly tookMs: number;
  /** As it was told. */
  readonly fetchedBytes: number;
}

/** Throws where the file is not there or another. */
async function fetchFrom(source: ReleaseSource, settings: Partial<DeliverySettings>): Promise<Fetched> {
  return onSimulatedClock(async (clock) => {
    const files = new MemoryFileSystem();
    const beganMs = clock.steadyMs();
    let told: NodeProgress | undefined;
    await runDelivery({
      files,
      clock,
      random: () => 0,
      settings,
      deliveries: [fromSource('a', bytes, source)],
      onProgress: (progress) => (told = progress),
    });
    expect(await files.readFile('/root/tree/a')).toEqual(bytes);
    return { tookMs: clock.steadyMs() - beganMs, fetchedBytes: told?.fetchedBytes ?? 0 };
  });
}

test('what comes again takes bandwidth and is told as fetched', async () => {
  const source = new FaultySource(new Map([['a', bytes]]), [cut, { kind: 'misses', by: 4000 }], { chunkBytes: 500 });
  const { tookMs, fetchedBytes } = await fetchFrom(source, { bandwidth: 1000, resumeBlockBytes: 4000 });
  expect(source.bytesSent).toBe(size + 4000);
  expect(fetchedBytes).toBe(source.bytesSent);
  expect(tookMs).toBe(source.bytesSent);
});

test('more than a block of it is not read, and once more is asked for the rest', async () => {
  const source = new FaultySource(new Map([['a', bytes]]), [cut, { kind: 'misses', by: 4001 }], { chunkBytes: 500 });
  await fetchFrom(source, { resumeBlockBytes: 4000 });
  // A chunk is read of what is refused.
  expect([source.opened, source.bytesSent]).toEqual([3, size + 500]);
});

test('a source that does so every time cannot do better', async () => {
  const misses: SourceFault = { kind: 'misses', by: 4001 };
  const source = new FaultySource(new Map([['a', bytes]]), [cut, misses, misses], { chunkBytes: 500 });
  await fetchFrom(source, { resumeBlockBytes: 4000 });
  expect([source.opened, source.bytesSent]).toEqual([3, size + 500 + 4001]);
});

test('one that begins behind what was asked for is asked again', async () => {
  const source = new FaultySource(new Map([['a', bytes]]), [cut, { kind: 'misses', by: -3 }], { chunkBytes: 500 });
  await fetchFrom(source, {});
  expect([source.opened, source.bytesSent]).toEqual([3, size + 500]);
});

test.each([
  ['the time for a file', { timeoutMs: 5000 }, 5100],
  ['the minimum rate', { minimumRate: 1024, retries: 1 }, 2 * 31_000],
])('bytes that come again one by one do not escape %s', async (_, settings, longestMs) => {
  await onSimulatedClock(async (clock) => {
    const beganMs = clock.steadyMs();
    const dripping = payloadSource(async (_path, { offset = 0 }) => {
      async function* chunks() {
        if (offset === 0) {
          yield bytes.subarray(0, 5000);
          throw new ThemisError('UNREACHABLE', 'cut');
        }
        for (let at = 0; at < size; at += 1) {
          await clock.sleep(100);
          yield bytes.subarray(at, at + 1);
        }
      }
      return { offset: Math.min(offset, 1), sizeBytes: size, validator: '"a"', chunks: chunks() };
    });
    const deliveries = [fromSource('a', bytes, dripping)];
    const run = runDelivery({
      files: new MemoryFileSystem(),
      clock,
      deliveries,
      settings: { resumeBlockBytes: size, ...settings },
    });
    await expect(run).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(clock.steadyMs() - beganMs).toBeLessThanOrEqual(longestMs);
  });
});
