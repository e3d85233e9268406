import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainDifferences } from '../../../src/patch/bsdiff/plain-differences.ts';
import { type ByteSource, byteSource } from '../../../src/patch/bsdiff/byte-source.ts';
import { rebuild } from '../../../src/patch/bsdiff/rebuild.ts';
import { makeSparse, mostGapBytes, sparseDifferences } from '../../../src/patch/bsdiff/sparse-differences.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import { runs } from '../../support/runs.ts';

/** Mostly zeros, as differences are. */
const differences = fc
  .array(fc.tuple(fc.nat(90), fc.uint8Array({ max: 3, maxLength: 20 })), { maxLength: 20 })
  .map((pieces) => Uint8Array.from(pieces.flatMap(([zeros, bytes]) => [...new Uint8Array(zeros), ...bytes])));

/** In chunks of this size, which begin anywhere in memory. */
function* chunksOf(bytes: Uint8Array, size: number): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const source = (bytes: Uint8Array, size: number): ByteSource => byteSource(chunksOf(bytes, size), 'test');

test('plain and sparse differences are the same, however they are cut', () => {
  const size = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(differences, fc.array(size, { minLength: 1, maxLength: 5 }), size, (plain, cuts, chunk) => {
      const { gaps, values } = makeSparse(plain);
      expect(gaps.length).toBeLessThanOrEqual(mostGapBytes(plain.length));
      for (const added of [
        plainDifferences(source(plain, chunk)),
        sparseDifferences(source(gaps, chunk), source(values, chunk)),
      ]) {
        const made = new Uint8Array(plain.length).fill(250);
        for (let at = 0, cut = 0; at < made.length; cut += 1) {
          const length = cuts[cut % cuts.length]!;
          added.addTo(made.subarray(at, at + length));
          at += length;
        }
        added.finish();
        expect(made).toEqual(plain.map((byte) => byte + 250));
      }
    }),
    runs(20_000),
  );
});

/** The bytes again and again: whether streams are used up is not asked here. */
function endless(bytes: Uint8Array): ByteSource {
  function* repeat(): Generator<Uint8Array, void> {
    while (bytes.length > 0) yield* chunksOf(bytes, 7);
  }
  return { ...byteSource(repeat(), 'test'), finish: () => undefined };
}

/** Few are inside of anything, but enough. */
const number = fc.oneof({ weight: 20, arbitrary: fc.nat(60) }, fc.integer({ min: -100, max: 300 }), fc.integer());
const bytes = fc.uint8Array({ maxLength: 300 });
const parts = fc.record({
  entries: fc.array(fc.record({ basePosition: number, length: number, extra: number }), { maxLength: 4 }),
  base: fc.uint8Array({ minLength: 60, maxLength: 300 }),
  first: bytes,
  second: bytes,
  extra: bytes,
  isSparse: fc.boolean(),
  /** What the entries make, or this. */
  size: fc.option(fc.nat(300), { freq: 1 }),
});

test('any entries over any streams are refused, or make as many bytes as they are to', () => {
  let made = 0;
  fc.assert(
    fc.property(parts, ({ entries, base, first, second, extra, isSparse, size }) => {
      const announced = entries.reduce((sum, one) => sum + Math.max(0, one.length) + Math.max(0, one.extra), 0);
      const targetBytes = size ?? Math.min(1000, announced);
      const added = isSparse ? sparseDifferences(endless(first), endless(second)) : plainDifferences(endless(first));
      try {
        const chunks = rebuild(base, { entries, differences: added, extra: endless(extra) }, targetBytes);
        expect(Array.from(chunks, ({ length }) => length).reduce((sum, length) => sum + length, 0)).toBe(targetBytes);
        made += 1;
      } catch (error) {
        if (!(error instanceof ThemisError) || error.code !== 'PATCH_INVALID') throw error;
      }
    }),
    runs(50_000),
  );
  expect(made).toBeGreaterThan(10);
});
