import fc from 'fast-check';
import { expect, test } from 'vitest';
import { align, diffOf, extraOf } from '../../../src/patch/alignment.ts';
import { relatedFiles } from '../../support/patch/related-files.ts';
import { runs } from '../../support/runs.ts';

/** What a decoder does, checking on the way that it stays inside. */
function rebuild(base: Uint8Array, target: Uint8Array): Uint8Array {
  const alignment = align(base, target);
  const [diff, extra] = [diffOf(base, target, alignment), extraOf(target, alignment)];
  const made = new Uint8Array(target.length);
  let [written, fromDiff, fromExtra] = [0, 0, 0];
  for (let entry = 0; entry < alignment.entries; entry += 1) {
    const from = alignment.basePosition[entry]!;
    const length = alignment.length[entry]!;
    expect(alignment.targetPosition[entry]).toBe(written);
    expect(from >= 0 && from + length <= base.length).toBe(true);
    expect(length > 0 || entry === 0).toBe(true);
    for (let at = 0; at < length; at += 1) made[written + at] = base[from + at]! + diff[fromDiff + at]!;
    fromDiff += length;
    written += length;
    made.set(extra.subarray(fromExtra, fromExtra + alignment.extra[entry]!), written);
    fromExtra += alignment.extra[entry]!;
    written += alignment.extra[entry]!;
  }
  expect([written, fromDiff, fromExtra]).toEqual([target.length, diff.length, extra.length]);
  return made;
}

test('base, stretches, differences and extra bytes give the target, and every byte once', () => {
  fc.assert(
    fc.property(relatedFiles, ({ base, target }) => {
      expect(rebuild(base, target)).toEqual(target);
    }),
    runs(30_000),
  );
});

test('what the base holds whole lies beside it, wherever it went', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 200, maxLength: 400 }), fc.nat(100), (base, at) => {
      const target = Uint8Array.from([...base.subarray(at), ...base.subarray(0, at)]);
      const alignment = align(base, target);
      const differences = diffOf(base, target, alignment).filter((byte) => byte !== 0);
      expect(differences.length + extraOf(target, alignment).length).toBeLessThanOrEqual(at < 16 ? at : 0);
    }),
    runs(2000),
  );
});

test('long periods and changes in them do not make it slow', () => {
  const base = new Uint8Array(3_000_000);
  const target = base.slice();
  for (let at = 0; at < target.length; at += 40_000) target[at] = 1;
  const alignment = align(base, target);
  expect(alignment.entries).toBe(1);
  expect(diffOf(base, target, alignment)).toEqual(target);
});
