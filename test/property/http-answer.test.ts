import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentRange, retryAfterMs } from '../../src/adapters/release-source/http/headers.ts';
import { judgeAnswer } from '../../src/adapters/release-source/http/payload-answer.ts';
import { runs } from '../support/runs.ts';

const number = fc.oneof(fc.nat(12), fc.constantFrom(-1, 2 ** 53, 1e20));
const range = fc.oneof(
  fc.tuple(number, number, fc.oneof(number, fc.constant('*'))).map(([a, b, total]) => `bytes ${a}-${b}/${total}`),
  number.map((total) => `bytes */${total}`),
  fc.constantFrom('', 'bytes', 'lines 1-2/3', 'bytes 1-2', 'bytes 1 - 2/3', 'bytes 3-5/9, bytes 3-5/9'),
);
const tag = fc.constantFrom('"a"', '"b"', 'W/"a"', '', 'a');
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const headers = fc
  .record({ 'content-range': maybe(range), etag: maybe(tag), 'content-length': maybe(number.map(String)) })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
const wanted = fc.nat(10).map((offset) => ({ offset, validator: offset === 0 ? null : '"a"' }));

test('bytes are put behind others only where the answer says that they follow, of the same file', () => {
  fc.assert(
    fc.property(wanted, fc.constantFrom(200, 206, 416, 404), headers, fc.boolean(), (asked, status, said, coded) => {
      const judged = judgeAnswer(asked, status, said, coded);
      if (judged.kind === 'complete') {
        expect(status).toBe(416);
        expect(said['content-range']).toBe(`bytes */${asked.offset}`);
      }
      if (judged.kind !== 'take') return;
      if (judged.offset === 0 && status === 200) return;
      const found = contentRange(said);
      if (found?.kind !== 'part') throw new Error(`taken: ${JSON.stringify(said)}`);
      expect(status).toBe(206);
      expect(coded).toBe(false);
      expect(judged.offset).toBe(found.start);
      expect(found.start).toBeLessThanOrEqual(asked.offset);
      expect(found.end).toBeGreaterThanOrEqual(asked.offset);
      expect(judged.expectedBytes).toBe(found.end - found.start + 1);
      expect(said['content-length'] ?? String(judged.expectedBytes)).toBe(String(judged.expectedBytes));
      if (asked.validator !== null) expect([undefined, asked.validator]).toContain(said['etag']);
      expect(judged.isPart).toBe(found.totalBytes !== null && found.end + 1 < found.totalBytes);
    }),
    runs(200_000),
  );
});

test('a part is asked for again as a whole where it cannot be used, and only where a part was asked for', () => {
  fc.assert(
    fc.property(wanted, fc.constantFrom(200, 206, 416, 404), headers, (asked, status, said) => {
      const { kind } = judgeAnswer(asked, status, said, false);
      if (kind === 'over') expect(asked.offset).toBeGreaterThan(0);
      if (status === 404) expect(kind).toBe('refused');
    }),
    runs(100_000),
  );
});

test.each([
  ['0', 0],
  ['120', 120_000],
  ['1e3', undefined],
  ['-5', undefined],
  ['99999999999999999999', 86_400_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
  ['Sun, 06 Nov 1994 08:50:37 GMT', 60_000],
  ['soon', undefined],
])('Retry-After: %s', (text, expected) => {
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
  expect(retryAfterMs({ 'retry-after': text, date }, Date.now())).toBe(expected);
  if (!/^\d/u.test(text) && expected !== undefined)
    expect(retryAfterMs({ 'retry-after': text }, Date.parse(date))).toBe(expected);
});
