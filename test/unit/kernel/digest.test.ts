import { expect, test } from 'vitest';
import { digestBytes, digestJson, hexOf, isDigest, shortDigest } from '../../../src/kernel/digest.ts';

test('the digest of JSON ignores the order of members and undefined ones', () => {
  expect(digestJson({ b: 1, a: [1, { d: 2, c: undefined }] })).toBe(digestJson({ a: [1, { d: 2 }], b: 1 }));
  expect(digestJson({ a: 1 })).not.toBe(digestJson({ a: '1' }));
});

test('SHA-256 of "abc" (FIPS 180-4, appendix B.1)', () => {
  const digest = digestBytes('abc');
  expect(digest).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(isDigest(digest)).toBe(true);
  expect(shortDigest(digest, 6)).toBe('ba7816');
  expect(hexOf(digest)).toHaveLength(64);
});

test.each(['sha256:', 'sha256:AB', 'ba7816bf', 'sha512:00'])('%j is no digest', (text) => {
  expect(isDigest(text)).toBe(false);
});
