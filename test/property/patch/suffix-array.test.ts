import fc from 'fast-check';
import { expect, test } from 'vitest';
import { suffixArray, suffixArrayOf } from '../../../src/patch/suffix-array.ts';
import { runs } from '../../support/runs.ts';

function naive(text: ArrayLike<number>): number[] {
  const compare = (left: number, right: number): number => {
    for (let length = 0; ; length += 1) {
      const [a, b] = [text[left + length], text[right + length]];
      if (a === undefined || b === undefined) return right - left;
      if (a !== b) return a - b;
    }
  };
  return Array.from({ length: text.length }, (_, at) => at).sort(compare);
}

/** Random over few or many symbols, or a period repeated with a few changes. */
const text = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ max: 1, maxLength: 300 }),
  fc.uint8Array({ max: 3, maxLength: 300 }),
  fc
    .tuple(
      fc.uint8Array({ max: 3, minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(fc.nat(800), fc.nat(3)), { maxLength: 3 }),
    )
    .map(([period, times, changes]) => {
      const bytes = Uint8Array.from({ length: period.length * times }, (_, at) => period[at % period.length]!);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      return bytes;
    }),
);

test('the suffixes are in the order a naive sort gives them', () => {
  fc.assert(
    fc.property(text, (bytes) => {
      expect([...suffixArray(bytes)]).toEqual(naive(bytes));
    }),
    runs(100_000),
  );
});

test('so are those of symbols larger than bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1000, max: 1003 }), { maxLength: 200 }), (symbols) => {
      expect([...suffixArrayOf(Int32Array.from(symbols), 1004)]).toEqual(naive(symbols));
    }),
    runs(20_000),
  );
});

test.each([
  ['nothing', new Uint8Array(0)],
  ['one byte', Uint8Array.of(7)],
  ['two equal bytes', Uint8Array.of(7, 7)],
  ['all zero', new Uint8Array(1000)],
  ['ascending', Uint8Array.from({ length: 256 }, (_, at) => at)],
  ['descending', Uint8Array.from({ length: 256 }, (_, at) => 255 - at)],
  ['a Fibonacci word', fibonacciWord(1500)],
])('the suffixes of %s are in order', (_, bytes) => {
  expect([...suffixArray(bytes)]).toEqual(naive(bytes));
});

/** The reduced problem has to be reduced again and again. */
function fibonacciWord(length: number): Uint8Array {
  let [before, word] = ['a', 'ab'];
  while (word.length < length) [before, word] = [word, word + before];
  return new TextEncoder().encode(word);
}
