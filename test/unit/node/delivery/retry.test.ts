import { expect, test } from 'vitest';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { isFault, retryDelayMs } from '../../../../src/node/delivery/flow/retry.ts';

const limits = { retries: 4, baseMs: 100, longestMs: 1000 };
const fault = new ThemisError('UNREACHABLE', '');

test('what trying again can cure is tried again, and nothing else', () => {
  const curable = ['UNREACHABLE', 'TIMEOUT', 'RATE_LIMITED', 'IO'] as const;
  const final = ['FILE_HASH_MISMATCH', 'NOT_FOUND', 'NO_SPACE', 'CANCELLED', 'UNSAFE_PATH', 'BUG'] as const;
  for (const code of curable) expect(isFault(new ThemisError(code, ''))).toBe(true);
  for (const code of final) expect(isFault(new ThemisError(code, ''))).toBe(false);
  const answered = (reason: string) => isFault(new ThemisError('UNREACHABLE', '', { reason }));
  expect(['HTTP_500', 'HTTP_503', 'HTTP_408', 'HTTP_403', 'HTTP_302'].map(answered)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(isFault(new Error('a bug'))).toBe(false);
});

test('the wait is anything below a ceiling that doubles, and so many times only', () => {
  const longest = (faults: number) => retryDelayMs(limits, faults, fault, () => 1 - Number.EPSILON);
  expect([1, 2, 3, 4, 5].map(longest)).toEqual([99, 199, 399, 799, null]);
  expect(retryDelayMs({ ...limits, longestMs: 150 }, 4, fault, () => 0.5)).toBe(75);
  expect(retryDelayMs(limits, 1, fault, () => 0)).toBe(0);
  expect(retryDelayMs({ ...limits, retries: 0 }, 1, fault, () => 0)).toBeNull();
});

test('never before the source said, and scattered over a share of what it said', () => {
  const told = (retryAfterMs: number, random: number) =>
    retryDelayMs(limits, 2, new ThemisError('RATE_LIMITED', '', { retryAfterMs }), () => random);
  const least = [0, 1000, 60_000, 3_600_000].map((afterMs) => told(afterMs, 0));
  expect(least).toEqual([0, 1000, 60_000, 3_600_000]);
  const most = [0, 1000, 60_000, 3_600_000].map((afterMs) => told(afterMs, 1 - Number.EPSILON));
  // Where little was said the usual jitter is more.
  expect(most).toEqual([199, 1249, 74_999, 4_499_999]);
});
