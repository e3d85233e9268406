import { expect, test } from 'vitest';
import { SimulatedClock } from '../../../../src/adapters/clock/simulated.ts';
import { createBandwidth, quantaOf } from '../../../../src/node/delivery/flow/bandwidth.ts';
import type { Clock } from '../../../../src/ports/clock.ts';

const { signal } = new AbortController();
const settings = { '1 MiB/s': 2 ** 20, '12 MiB/s': 12 * 2 ** 20, '100 MB/s': 1e8 } as const;
const transfers = 16;

/** Bytes that sixteen transfers have passed on by each second. */
async function passedOn(clock: SimulatedClock, seen: Clock, rate: number, chunkBytes: number): Promise<number[]> {
  const bandwidth = createBandwidth(seen, rate);
  let passed = 0;
  const transfer = async (): Promise<void> => {
    const chunk = new Uint8Array(chunkBytes);
    for (;;) {
      for (const piece of quantaOf(chunk, bandwidth.quantumBytes)) {
        await bandwidth.take(piece.length, signal);
        passed += piece.length;
      }
    }
  };
  for (let index = 0; index < transfers; index += 1) void transfer();
  const seconds: number[] = [];
  for (let second = 1; second <= 10; second += 1) {
    await clock.advance(1000);
    seconds.push(passed);
  }
  return seconds;
}

test.each(Object.entries(settings))(
  '%s is kept within 5 % over ten seconds by 16 transfers, whatever their chunks',
  async (_name, rate) => {
    for (const chunkBytes of [1000, 64 * 1024, 2 ** 20]) {
      const clock = new SimulatedClock();
      const seconds = await passedOn(clock, clock, rate, Math.max(chunkBytes, rate / 1000));
      const whole = seconds[9]! / (10 * rate);
      expect(whole).toBeLessThanOrEqual(1.001);
      expect(whole).toBeGreaterThan(0.95);
      for (const [index, passed] of seconds.entries()) expect(passed / ((index + 1) * rate)).toBeLessThanOrEqual(1.001);
    }
  },
);

test('who always wakes up late still gets the whole rate', async () => {
  const clock = new SimulatedClock();
  const late: Clock = {
    nowMs: () => clock.nowMs(),
    steadyMs: () => clock.steadyMs(),
    sleep: (durationMs, given) => clock.sleep(durationMs + 7, given),
  };
  const rate = 5e6;
  const whole = (await passedOn(clock, late, rate, 64 * 1024))[9]! / (10 * rate);
  expect(whole).toBeGreaterThan(0.95);
  expect(whole).toBeLessThanOrEqual(1.03);
});

test('time in which nobody took anything is not saved up', async () => {
  const clock = new SimulatedClock();
  const bandwidth = createBandwidth(clock, 1000);
  await clock.advance(60_000);
  const before = clock.steadyMs();
  await clock.runUntil(bandwidth.take(1000, signal));
  expect(clock.steadyMs() - before).toBe(750);
});

test('a cancelled transfer waits no longer, and no limit is no wait', async () => {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const taken = createBandwidth(clock, 1).take(1000, stop.signal);
  stop.abort();
  await taken;
  await createBandwidth(clock, null).take(1e12, signal);
  expect(clock.steadyMs()).toBe(new SimulatedClock().steadyMs());
});
