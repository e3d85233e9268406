import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDjw } from '../../../src/patch/djw/djw.ts';
import { openAccount } from '../../../src/patch/vcdiff/decode/memory-account.ts';
import { packSection, type SectionByHand } from '../../support/patch/djw-by-hand.ts';
import { runs } from '../../support/runs.ts';

/** One short code and, as long as they fit, as many of nine bits as there are bytes: the dearest codes in the fewest bits. */
const codes = fc
  .tuple(fc.nat(255), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 255 }))
  .map(([short, shortest, long]) => {
    const lengths = new Uint8Array(256);
    for (let byte = 0; byte < long; byte += 1) lengths[byte] = 9;
    lengths[short] = shortest;
    return lengths;
  });

/** All codes there are, again and again, which is said in few bits. */
const dearest = fc
  .integer({ min: 1, max: 8 })
  .map((groups) => Array.from({ length: groups }, () => new Uint8Array(256).fill(9).fill(1, 0, 1)));

const sections: fc.Arbitrary<SectionByHand> = fc
  .record({
    groups: fc.oneof(dearest, fc.array(codes, { minLength: 1, maxLength: 8 })),
    sectorBytes: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 32 })).map((units) => units * 5),
    size: fc.oneof(fc.integer({ min: 10, max: 100 }), fc.integer({ min: 10, max: 6000 })),
    turns: fc.oneof(fc.constant([0, 1, 2, 3, 4, 5, 6, 7]), fc.array(fc.nat(7), { minLength: 1, maxLength: 8 })),
  })
  .map(({ groups, sectorBytes, size, turns }) => {
    // Where an earlier group has no code for a byte a later one has none.
    const known = groups.map((lengths, group) =>
      lengths.map((length, byte) => (groups.slice(0, group).every((other) => other[byte] !== 0) ? length : 0)),
    );
    const usable = known.flatMap((lengths, group) => (lengths.some((length) => length !== 0) ? [group] : []));
    const choices = Array.from({ length: Math.ceil(size / sectorBytes) }, (_, sector) =>
      known.length === 1 ? 0 : usable[turns[sector % turns.length]! % usable.length]!,
    );
    const content = Uint8Array.from({ length: size }, (_, at) =>
      cheapest(known[choices[Math.floor(at / sectorBytes)]!]!),
    );
    return { groups: known, sectorBytes, choices, content };
  });

function cheapest(lengths: Uint8Array): number {
  return lengths.reduce((best, length, byte) => (length > 0 && length < (lengths[best] || 99) ? byte : best), 0);
}

test('codes cost no more than 80 entries for each byte of a section, beside the lengths of eight of them', () => {
  let expanded = 0;
  fc.assert(
    fc.property(sections, (section) => {
      const packed = packSection(section);
      const size = section.content.length;
      const work = { entries: 0 };
      const open = openDjw({ largest: size }, openAccount(2 ** 20), work);
      const reader = { bytes: packed, at: 0, end: packed.length };
      if (packed.length >= size) {
        expect(() => open(reader, size)).toThrow(/no smaller/u);
        expect(work.entries).toBe(0);
        return;
      }
      expect(open(reader, size)).toEqual(section.content);
      expect(work.entries - 256 * section.groups.length).toBeLessThanOrEqual(80 * packed.length);
      expanded += 1;
    }),
    runs(20_000),
  );
  expect(expanded).toBeGreaterThan(10);
});
