import { expect, test } from 'vitest';
import {
  describeProblem,
  digest,
  instant,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  recordOf,
  text,
  wholeNumber,
} from '../../../src/kernel/shape.ts';

const shape = objectOf(
  { name: text, counts: listOf(wholeNumber) },
  { kind: oneOf('a', 'b'), more: recordOf(nullOr(text)) },
);

test.each([
  [{ name: 'x', counts: [1, 2] }, undefined],
  [{ name: 'x', counts: [], unknown: 1 }, undefined],
  [{ name: 1, counts: [] }, '.name'],
  [{ counts: [] }, '.name'],
  [{ name: 'x', counts: [0, -1] }, '.counts[1]'],
  [{ name: 'x', counts: [], kind: 'c' }, '.kind'],
  [{ name: 'x', counts: [], more: { a: null, b: 2 } }, '.more.b'],
  [[], ''],
])('%j has its problem at %s', (value, path) => {
  expect(shape(value)?.path).toBe(path);
});

test('a problem reads as a sentence', () => {
  expect(describeProblem(shape({ name: 1 })!, 'the file')).toBe('name must be text');
  expect(describeProblem(shape(null)!, 'the file')).toBe('the file must be an object');
});

test('instants are UTC, digests are sha256', () => {
  expect(instant('2026-11-21T18:00:00.5Z')).toBeUndefined();
  expect(instant('2026-11-21T18:00:00+01:00')).toBeDefined();
  expect(digest(`sha256:${'a'.repeat(64)}`)).toBeUndefined();
  expect(digest('sha256:a')).toBeDefined();
});
