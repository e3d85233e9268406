import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import type { Origin } from '../../../../src/node/delivery/delivery.ts';
import { deliveryOf, onSimulatedClock, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';

test('two files are made beside each other where their memory allows both, else one after the other', async () => {
  for (const [memoryBytes, most] of [
    [500, 2],
    [501, 1],
    [1000, 1],
  ] as const) {
    let busy = 0;
    let busiest = 0;
    await onSimulatedClock(async (clock) => {
      const deliveries = Array.from({ length: 6 }, (_, index) => {
        const bytes = someBytes(100, index + 1);
        async function* make(): AsyncGenerator<Uint8Array> {
          busy += 1;
          busiest = Math.max(busiest, busy);
          await clock.sleep(1000);
          yield bytes;
          busy -= 1;
        }
        const origin: Origin = { kind: 'made', name: 'patch', needs: [], memoryBytes, make };
        return deliveryOf(`f${index}`, bytes, [origin]);
      });
      const files = new MemoryFileSystem();
      await runDelivery({ files, clock, settings: { patchMemoryBytes: 1000 }, deliveries });
      expect(await files.readDirectory('/root/tree')).toHaveLength(6);
    });
    expect(busiest).toBe(most);
  }
});
