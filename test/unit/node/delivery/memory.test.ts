import { expect, test } from 'vitest';
import { createMemory } from '../../../../src/node/delivery/flow/memory.ts';

const { signal } = new AbortController();
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('whoever finds it full waits until enough was given back, in turn', async () => {
  const memory = createMemory(100);
  const order: string[] = [];
  const take = (name: string, bytes: number) => memory.take(bytes, signal).then(() => order.push(name));
  void take('first', 60);
  void take('large', 70);
  void take('small', 10);
  await settled();
  expect(order).toEqual(['first']);
  memory.give(60);
  await settled();
  expect(order).toEqual(['first', 'large', 'small']);
});

test('what is larger than all of it passes alone', async () => {
  const memory = createMemory(100);
  let isIn = false;
  await memory.take(1, signal);
  void memory.take(1000, signal).then(() => (isIn = true));
  await settled();
  expect(isIn).toBe(false);
  memory.give(1);
  await settled();
  expect(isIn).toBe(true);
});

test('who is cancelled goes on at once and gives back what it took', async () => {
  const memory = createMemory(10);
  const stop = new AbortController();
  await memory.take(10, signal);
  const waiting = memory.take(5, stop.signal);
  stop.abort();
  await waiting;
  await memory.take(5, stop.signal);
  memory.give(5);
  memory.give(5);
  memory.give(10);
  await memory.take(10, signal);
});
