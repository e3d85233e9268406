import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ThemisError } from '../../../src/kernel/error.ts';
import { packBzip2 } from '../../../src/patch/bzip2/pack.ts';
import { unpackBzip2 } from '../../../src/patch/bzip2/unpack.ts';
import { mutatedPatches } from '../../support/patch/mutated-patches.ts';
import { runs } from '../../support/runs.ts';

const unpack = (packed: Uint8Array, mostBytes: number): Uint8Array =>
  Buffer.concat(Array.from(unpackBzip2(packed, mostBytes), (chunk) => chunk.slice()));

/** Random over many or few values, runs of all lengths, and periods, whose rotations are equal to each other. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.uint8Array({ max: 1, maxLength: 3000 }),
  fc
    .array(fc.tuple(fc.nat(255), fc.oneof(fc.nat(9), fc.integer({ min: 250, max: 270 }))), { maxLength: 40 })
    .map((pieces) => Uint8Array.from(pieces.flatMap(([byte, times]) => Array.from({ length: times }, () => byte)))),
  fc
    .tuple(fc.uint8Array({ max: 2, minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 60 }))
    .map(([period, times]) => Uint8Array.from(Array.from({ length: times }, () => [...period]).flat())),
);

test('what is packed is unpacked, in no more room than it needs', () => {
  fc.assert(
    fc.property(content, (bytes) => {
      expect(unpack(packBzip2(bytes), bytes.length)).toEqual(Buffer.from(bytes));
    }),
    runs(20_000),
  );
});

test('a damaged stream is refused, or gives at most as much as it may', () => {
  const streams = fc.sample(content, { numRuns: 50, seed: 7 }).map((bytes) => ({ bytes, packed: packBzip2(bytes) }));
  fc.assert(
    fc.property(mutatedPatches(streams.map(({ packed }) => packed)), ({ index, patch }) => {
      const mostBytes = streams[index]!.bytes.length;
      try {
        expect(unpack(patch, mostBytes).length).toBeLessThanOrEqual(mostBytes);
      } catch (error) {
        if (!(error instanceof ThemisError) || error.code !== 'PATCH_INVALID') throw error;
      }
    }),
    runs(100_000),
  );
});
