import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { FakeClock } from '../../../support/node/fake-clock.ts';
import { fromSource, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { payloadSource } from '../../../support/node/faulty-source.ts';

test('the time of a file begins with its turn, not when it is asked for', async () => {
  const clock = new FakeClock();
  const contents = new Map(['a', 'b', 'c'].map((path, index) => [path, someBytes(100, index + 1)]));
  let ahead = 0;
  const source = payloadSource(async (path, { turn }) => {
    let began = false;
    void turn!.begins.then(() => (began = true));
    await new Promise((resolve) => setImmediate(resolve));
    if (!began) ahead += 1;
    await turn!.begins;
    const bytes = contents.get(path)!;
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (const half of [bytes.subarray(0, 50), bytes.subarray(50)]) {
        await clock.sleep(25_000);
        yield half;
      }
    };
    return { offset: 0, sizeBytes: bytes.length, validator: null, chunks: chunks() };
  }, 'https://a');
  const deliveries = [...contents].map(([path, bytes]) => fromSource(path, bytes, source));
  const settings = { perHost: 1, retries: 0, timeoutMs: 60_000 };
  await runDelivery({ files: new MemoryFileSystem(), deliveries, clock, settings });
  expect(ahead).toBe(2);
});
