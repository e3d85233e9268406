import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { fromSource, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource } from '../../../support/node/faulty-source.ts';

const named = (count: number, length = 100): Map<string, Uint8Array> =>
  new Map(Array.from({ length: count }, (_, index) => [`file-${index}`, someBytes(length, index + 1)]));

test('what waits between source and disk never exceeds the memory but by a chunk a transfer', async () => {
  const files = named(20, 4000);
  const chunkBytes = 100;
  let written = 0;
  let most = 0;
  const source = new FaultySource(files, [], { chunkBytes });
  const disk = new MemoryFileSystem();
  const slow = new Proxy(disk, {
    get(target, name: keyof MemoryFileSystem) {
      const member = Reflect.get(target, name, target) as unknown;
      if (name !== 'openGrowing') return typeof member === 'function' ? member.bind(target) : member;
      return async (path: string, kept: number) => {
        const file = await target.openGrowing(path, kept);
        return {
          ...file,
          async write(chunks: readonly Uint8Array[]) {
            for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
            most = Math.max(most, source.bytesSent - written);
            await file.write(chunks);
            written += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
          },
        };
      };
    },
  });
  const deliveries = [...files].map(([path, bytes]) => fromSource(path, bytes, source));
  const settings = { memoryBytes: 2000, resumeBlockBytes: 2 ** 20, concurrency: 4, perHost: 4 };
  await runDelivery({ files: slow, deliveries, settings });
  expect(most).toBeGreaterThan(1000);
  expect(most).toBeLessThanOrEqual(settings.memoryBytes + settings.concurrency * chunkBytes);
});
