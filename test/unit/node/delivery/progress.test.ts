import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import type { NodeProgress } from '../../../../src/model/message.ts';
import {
  deliveryOf,
  fromSource,
  onSimulatedClock,
  runDelivery,
  someBytes,
} from '../../../support/node/delivery-run.ts';
import { payloadSource } from '../../../support/node/faulty-source.ts';

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
