import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { formatInstant } from '../../../../src/kernel/units/instant.ts';
import { fromSource, onSimulatedClock, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource, payloadSource } from '../../../support/node/faulty-source.ts';

test('a fault that lasts ends it by its own name, after so many waits with jitter, and what came stays', async () => {
  const bytes = someBytes(100);
  const cuts = [
    { kind: 'cuts', at: 0.5 } as const,
    ...Array.from({ length: 9 }, () => ({ kind: 'refuses', code: 'UNREACHABLE' }) as const),
  ];
  const source = new FaultySource(new Map([['a', bytes]]), cuts);
  const files = new MemoryFileSystem();
  await onSimulatedClock(async (clock) => {
    const began = clock.steadyMs();
    const run = runDelivery({
      files,
      clock,
      random: () => 0.999,
      settings: { retries: 3 },
      deliveries: [fromSource('a', bytes, source)],
    });
    await expect(run).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('50 of 100 bytes'),
    });
    // The cut brought bytes; three tries after it did not, the next one is not made.
    expect(source.opened).toBe(1 + 3);
    expect(clock.steadyMs() - began).toBe(249 + 499 + 999);
  });
  const again = new FaultySource(new Map([['a', bytes]]));
  const delivered = await runDelivery({ files, deliveries: [fromSource('a', bytes, again)] });
  expect([delivered, again.bytesSent]).toEqual([{ fetchedBytes: 50, reusedBytes: 50 }, 50]);
});

test('tries are counted anew whenever a byte has come', async () => {
  const bytes = someBytes(100);
  const source = new FaultySource(
    new Map([['a', bytes]]),
    Array.from({ length: 20 }, () => ({ kind: 'cuts', at: 0.1 }) as const),
  );
  await runDelivery({
    files: new MemoryFileSystem(),
    settings: { retries: 1 },
    deliveries: [fromSource('a', bytes, source)],
  });
  expect(source.bytesSent).toBe(100);
});

test('a source that says when to come back is not asked before, unless that is too late anyway', async () => {
  const bytes = someBytes(10);
  const limited = () => new FaultySource(new Map([['a', bytes]]), [{ kind: 'refuses', code: 'RATE_LIMITED' }]);
  await onSimulatedClock(async (clock) => {
    const began = clock.steadyMs();
    await runDelivery({
      files: new MemoryFileSystem(),
      clock,
      random: () => 0,
      deliveries: [fromSource('a', bytes, limited())],
    });
    expect(clock.steadyMs() - began).toBe(5000);
  });
  await onSimulatedClock(async (clock) => {
    const began = clock.steadyMs();
    const settings = { timeoutMs: 4000 };
    const run = runDelivery({
      files: new MemoryFileSystem(),
      clock,
      settings,
      deliveries: [fromSource('a', bytes, limited())],
    });
    await expect(run).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 5000 });
    expect(clock.steadyMs()).toBe(began);
  });
});

/** The first answer says so. */
function busySource(path: string, bytes: Uint8Array, retryAfterMs: number) {
  const source = new FaultySource(new Map([[path, bytes]]));
  const open = source.openFile.bind(source);
  source.openFile = async (...wanted) => {
    const opened = await open(...wanted);
    if (source.opened > 1) return opened;
    throw new ThemisError('RATE_LIMITED', `${path} answered HTTP 503: come back later.`, { retryAfterMs });
  };
  return source;
}

test('while a source wants to be left alone it is told which one, and until when', async () => {
  const bytes = someBytes(10);
  await onSimulatedClock(async (clock) => {
    const notes: string[] = [];
    const until = formatInstant(clock.nowMs() + 300_000);
    const delivered = await runDelivery({
      files: new MemoryFileSystem(),
      clock,
      random: () => 0,
      deliveries: [fromSource('a', bytes, busySource('a', bytes, 300_000))],
      onProgress: ({ note }) => {
        if (note !== undefined) notes.push(note);
      },
    });
    expect(delivered.fetchedBytes).toBe(10);
    expect(notes).toEqual([`https://releases.example.org wants to be left alone: it goes on at ${until}`]);
  });
});

test('for more than five minutes nobody waits: it ends at once and names the time', async () => {
  const bytes = someBytes(10);
  await onSimulatedClock(async (clock) => {
    const began = clock.steadyMs();
    const until = formatInstant(clock.nowMs() + 3_600_000);
    const deliveries = [fromSource('a', bytes, busySource('a', bytes, 3_600_000))];
    const run = runDelivery({ files: new MemoryFileSystem(), clock, deliveries });
    await expect(run).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 3_600_000,
      message: expect.stringContaining(`not before ${until}`),
      hint: `What has come is kept: stage again after ${until} and it goes on from there.`,
    });
    expect(clock.steadyMs()).toBe(began);
  });
});

test('a transfer that goes on longer than one may, or too slowly, is TIMEOUT', async () => {
  const bytes = someBytes(1000);
  await onSimulatedClock(async (clock) => {
    const slow = payloadSource(async (_path, { offset = 0 }) => {
      async function* chunks() {
        for (let at = offset; at < bytes.length; at += 1) {
          await clock.sleep(1000);
          yield bytes.subarray(at, at + 1);
        }
      }
      return { offset, sizeBytes: bytes.length, validator: '"a"', chunks: chunks() };
    });
    const run = (settings: object) =>
      runDelivery({ files: new MemoryFileSystem(), clock, settings, deliveries: [fromSource('a', bytes, slow)] });
    let began = clock.steadyMs();
    await expect(run({ timeoutMs: 100_000 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(clock.steadyMs() - began).toBe(100_000);
    began = clock.steadyMs();
    // Each try brings bytes, but not fast enough to count.
    await expect(run({ minimumRate: 2, retries: 2 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(clock.steadyMs() - began).toBeLessThan(3 * 31_000);
    await run({ minimumRate: 1 });
  });
});

test('a host that says to come back later is left alone by all transfers until then', async () => {
  const files = new Map(Array.from({ length: 30 }, (_, index) => [`file-${index}`, someBytes(20, index + 1)]));
  const source = new FaultySource(files, [{ kind: 'refuses', code: 'RATE_LIMITED' }]);
  await onSimulatedClock(async (clock) => {
    const began = clock.steadyMs();
    const deliveries = [...files].map(([path, bytes]) => fromSource(path, bytes, source));
    const settings = { concurrency: 4, perHost: 2 };
    const run = runDelivery({ files: new MemoryFileSystem(), clock, settings, deliveries });
    let asked = -1;
    clock.at(clock.nowMs() + 4999, () => (asked = source.opened));
    await run;
    // The one that was refused, and one that was under way beside it.
    expect(asked).toBe(2);
    expect(clock.steadyMs() - began).toBeGreaterThanOrEqual(5000);
  });
});
