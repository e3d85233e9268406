/** What is plainly not the file, by its size alone: a page that asks to log in, say. */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { fromSource, onSimulatedClock, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource, type SourceFault } from '../../../support/node/faulty-source.ts';

const bytes = someBytes(300);
const sourceOf = (...plan: SourceFault[]) => new FaultySource(new Map([['a', bytes]]), plan);
const settings = { retries: 1, resumeBlockBytes: 300 };
const wrong = { code: 'FILE_HASH_MISMATCH' };

test.each(['shorter', 'longer'] as const)('%s, once: it is asked for again a moment later, and comes', async (kind) => {
  const files = new MemoryFileSystem();
  await onSimulatedClock(async (clock) => {
    const began = clock.steadyMs();
    const source = sourceOf({ kind });
    await runDelivery({ files, clock, settings, deliveries: [fromSource('a', bytes, source)] });
    expect(source.opened).toBe(2);
    expect(clock.steadyMs() - began).toBeGreaterThanOrEqual(500);
  });
  expect(await files.readFile('/root/tree/a')).toEqual(bytes);
});

test('what had come before a page goes on from where it was', async () => {
  const files = new MemoryFileSystem();
  const source = sourceOf({ kind: 'cuts', at: 0.5 }, { kind: 'shorter' });
  expect(await runDelivery({ files, settings, deliveries: [fromSource('a', bytes, source)] })).toMatchObject({
    reusedBytes: 0,
  });
  // And a chunk of the page, which nobody took.
  expect(source.bytesSent).toBeLessThanOrEqual(300 + 7);
  expect(await files.readFile('/root/tree/a')).toEqual(bytes);
});

test('a page for good is FILE_HASH_MISMATCH, and what had come before it stays', async () => {
  const files = new MemoryFileSystem();
  const source = sourceOf({ kind: 'cuts', at: 0.5 }, { kind: 'shorter' }, { kind: 'shorter' });
  const run = () => runDelivery({ files, settings, deliveries: [fromSource('a', bytes, source)] });
  await expect(run()).rejects.toMatchObject(wrong);
  expect(source.opened).toBe(3);
  expect(await run()).toEqual({ fetchedBytes: 150, reusedBytes: 150 });
});

test('a file that is longer for good, though nobody said so, leaves nothing', async () => {
  const files = new MemoryFileSystem();
  const source = sourceOf({ kind: 'longer' }, { kind: 'longer' });
  const run = runDelivery({ files, settings, deliveries: [fromSource('a', bytes, source)] });
  await expect(run).rejects.toMatchObject(wrong);
  expect(source.opened).toBe(2);
  expect(await files.readDirectory('/root/parts')).toEqual([]);
});

test('what has the right size and is wrong is not asked for again', async () => {
  const source = sourceOf({ kind: 'flips' });
  const run = runDelivery({ files: new MemoryFileSystem(), settings, deliveries: [fromSource('a', bytes, source)] });
  await expect(run).rejects.toMatchObject(wrong);
  expect(source.opened).toBe(1);
});

test('nor is a longer one asked for again that has cost more than a resume block', async () => {
  const source = sourceOf({ kind: 'longer' });
  const files = new MemoryFileSystem();
  const deliveries = [fromSource('a', bytes, source)];
  await expect(runDelivery({ files, settings: { resumeBlockBytes: 64 }, deliveries })).rejects.toMatchObject(wrong);
  expect(source.opened).toBe(1);
  expect(await files.readDirectory('/root/parts')).toEqual([]);
});

test('who is asked again holds no lane meanwhile, and nobody waits for it once all has ended', async () => {
  const files = new MemoryFileSystem();
  const other = someBytes(300, 5);
  const sources = new FaultySource(
    new Map([
      ['a', bytes],
      ['b', other],
    ]),
    [{ kind: 'shorter' }, { kind: 'gone' }],
  );
  await onSimulatedClock(async (clock) => {
    const began = clock.steadyMs();
    const deliveries = [fromSource('a', bytes, sources), fromSource('b', other, sources)];
    const run = runDelivery({ files, clock, settings: { ...settings, concurrency: 1 }, deliveries });
    await expect(run).rejects.toMatchObject({ code: 'FILE_MISSING' });
    expect(clock.steadyMs()).toBe(began);
  });
});
