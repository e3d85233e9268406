import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, writeCanonicalJson } from '../../../src/kernel/canonical-json.ts';
import { digestBytes, digestJson } from '../../../src/kernel/digest.ts';
import { runs } from '../../support/runs.ts';

test('canonical JSON is what the reference implementation writes, for any JSON value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value));
    }),
    runs(20_000),
  );
});

test('objects of many members are sorted by code unit', () => {
  const value = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${(index * 7) % 40}é\u{1F600}`, index]));
  expect(canonicalJson(value)).toBe(canonicalize(value));
});

test('undefined members are left out, undefined entries become null', () => {
  expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}');
});

test('what JSON cannot say is refused', () => {
  expect(() => canonicalJson(undefined)).toThrow(TypeError);
  expect(() => canonicalJson({ a: NaN })).toThrow(TypeError);
  expect(() => canonicalJson(['\uD800'])).toThrow(TypeError);
});

test('pieces of a long value join to the same text, and the digest is that of the text', () => {
  const value = Array.from({ length: 20_000 }, (_, index) => ({ name: `node-${index}`, index }));
  const pieces: string[] = [];
  writeCanonicalJson(value, (piece) => pieces.push(piece));
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe(canonicalize(value));
  expect(digestJson(value)).toBe(digestBytes(pieces.join('')));
});
