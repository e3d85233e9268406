import { expect, test } from 'vitest';
import type { Answer } from '../../../src/fleet/node-calls.ts';
import { StagingLine } from '../../../src/fleet/execute/staging-line.ts';

test('after the first interrupt nothing more is staged ahead', () => {
  const soft = new AbortController();
  const staged: string[] = [];
  const line = new StagingLine(1, soft.signal, (step) => {
    staged.push(step);
    return new Promise(() => {});
  });
  line.ahead(['a']);
  soft.abort();
  line.ahead(['b', 'c']);
  expect(staged).toEqual(['a']);
});

test('an interrupt between two decisions starts no worker', () => {
  const line = new StagingLine(2, AbortSignal.abort(), () => Promise.reject(new Error('nobody stages')));
  expect(() => line.ahead(['a', 'b', 'c'])).not.toThrow();
});

test('it has ended when nothing is under way, and says whose staging goes on although it was told to end', async () => {
  const stop = new AbortController();
  const ends: Record<string, Answer> = { a: { kind: 'aborted', over: true }, b: { kind: 'aborted', over: false } };
  const line = new StagingLine(2, stop.signal, async (step) => {
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
    return ends[step]!;
  });
  line.ahead(['a', 'b', 'c']);
  expect(line.underWay()).toEqual(['a', 'b']);
  stop.abort();
  expect(await line.ended()).toEqual(['b']);
  expect(line.underWay()).toEqual([]);
});
