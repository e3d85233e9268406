import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import { systemClock } from '../../../src/adapters/clock/system.ts';
import { Heap } from '../../../src/kernel/heap.ts';
import { mapBounded } from '../../../src/kernel/map-bounded.ts';
import { runs } from '../../support/runs.ts';

test('a heap gives back what was put in, smallest first, whatever the order of pushes and pops', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (script) => {
      const heap = new Heap<number>((a, b) => a - b);
      const model: number[] = [];
      for (const entry of script) {
        if (entry === undefined) expect(heap.pop()).toBe(model.shift());
        else {
          heap.push(entry);
          model.push(entry);
          model.sort((a, b) => a - b);
        }
        expect([heap.peek(), heap.size]).toEqual([model[0], model.length]);
      }
    }),
    runs(50_000),
  );
});

test('never more calls in flight than the limit, results in order, and nothing started after a rejection', async () => {
  let flying = 0;
  let most = 0;
  const results = await mapBounded([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, (flying += 1));
    await Promise.resolve();
    flying -= 1;
    return item * 2;
  });
  expect([results, most]).toEqual([[2, 4, 6, 8, 10], 2]);
  const started: number[] = [];
  const failing = mapBounded([1, 2, 3, 4], 1, async (item) => {
    started.push(item);
    if (item === 2) throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(started).toEqual([1, 2]);
  expect(await mapBounded([], 4, () => Promise.resolve(1))).toEqual([]);
});

test('a simulated clock fires in order of time, then of setting, and ends a sleep early when asked', async () => {
  const clock = new SimulatedClock(0);
  const fired: string[] = [];
  clock.at(20, () => fired.push('b'));
  clock.at(10, () => fired.push('a'));
  clock.at(20, () => fired.push('c'));
  const stop = new AbortController();
  const slept = clock.sleep(1000, stop.signal).then(() => fired.push('slept'));
  clock.at(30, () => stop.abort());
  await clock.runUntil(slept);
  expect([fired, clock.nowMs()]).toEqual([['a', 'b', 'c', 'slept'], 30]);
  await expect(new SimulatedClock().runUntil(new Promise(() => {}))).rejects.toThrow(/nothing is left/u);
});

test('the system clock sleeps no longer than asked, and not at all once aborted', async () => {
  await systemClock.sleep(1);
  const stop = new AbortController();
  const sleeping = systemClock.sleep(3_600_000, stop.signal);
  stop.abort();
  await sleeping;
  await systemClock.sleep(3_600_000, stop.signal);
  expect(systemClock.nowMs()).toBeGreaterThan(0);
});
