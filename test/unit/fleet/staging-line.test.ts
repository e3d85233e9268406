import { expect, test } from 'vitest';
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
