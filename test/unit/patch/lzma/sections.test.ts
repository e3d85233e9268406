import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { openLzma } from '../../../../src/patch/lzma/decode/open-lzma.ts';
import { openPack } from '../../../../src/patch/lzma/encode/pack-sections.ts';
import { openAccount } from '../../../../src/patch/vcdiff/decode/memory-account.ts';
import { createWriter, writtenBytes } from '../../../../src/patch/vcdiff/format/byte-writer.ts';

function pack(...sections: readonly Uint8Array[]): readonly Uint8Array[] {
  const pack = openPack();
  return sections.map((section) => {
    const out = createWriter();
    pack(section, out);
    return writtenBytes(out).slice();
  });
}

/** What the sections expand to, or the reason of the first refusal. */
function expand(packed: readonly Uint8Array[], sizes: readonly number[]): readonly Uint8Array[] | string {
  const size = { largest: Math.max(...sizes), total: sizes.reduce((sum, one) => sum + one, 0) };
  const open = openLzma(size, openAccount(2 ** 26));
  try {
    return packed.map((bytes, index) => open({ bytes, at: 0, end: bytes.length }, sizes[index]!).slice());
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'PATCH_INVALID') return error.reason ?? error.message;
    throw error;
  }
}

/** Pseudo-random, of so many values. */
function noise(length: number, values: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 16) % values;
  });
}

const text = new TextEncoder().encode(
  'to be or not to be, that is the question; to be is to do, to do is to be. '.repeat(20),
);

test.each<[string, readonly Uint8Array[]]>([
  ['text', [text]],
  ['one byte', [Uint8Array.of(7)]],
  ['many sections, each of which goes on from the one before', [text, text.subarray(100), noise(50, 4), text]],
  ['bytes that cannot become smaller', [noise(70_000, 256), noise(10, 256), text]],
  ['bytes that become smaller after such that did not', [noise(3000, 256), text, noise(3000, 256), text]],
  ['bytes of two values', [noise(20_000, 2)]],
  ['a repeat longer than one chunk unpacks to', [new Uint8Array(2 ** 21 + 5), Uint8Array.of(1), new Uint8Array(300)]],
  ['more than one chunk packs', [noise(90_000, 40), noise(90_000, 40, 2)]],
])('%s come back as they were', (_, sections) => {
  expect(
    expand(
      pack(...sections),
      sections.map(({ length }) => length),
    ),
  ).toEqual(sections);
});

test('sections come back also when the dictionary has moved on', () => {
  const sections = Array.from({ length: 12 }, (_, index) => {
    const section = noise(200_000, 3, index % 3);
    section.fill(index, 1000, 180_000);
    return section;
  });
  expect(
    expand(
      pack(...sections),
      sections.map(({ length }) => length),
    ),
  ).toEqual(sections);
});

test('what repeats becomes small, also from section to section', () => {
  const [first, second] = pack(text, text);
  expect(first!.length).toBeLessThan(130);
  expect(second!.length).toBeLessThan(20);
  expect(pack(noise(10_000, 256))[0]!.length).toBeLessThan(10_000 + 40);
});

describe('a stream is refused', () => {
  const [good] = pack(text);
  /** Bytes by place; the sum over one part of the head then fits again. */
  const changed = (changes: Readonly<Record<number, number>>, summed?: 'flags' | 'block'): readonly Uint8Array[] => {
    const bytes = good!.slice();
    for (const [at, byte] of Object.entries(changes)) bytes[Number(at)] = byte;
    const [from, to] = summed === 'flags' ? [6, 8] : [12, 20];
    if (summed !== undefined) new DataView(bytes.buffer).setUint32(to, crc32(bytes.subarray(from, to)), true);
    return [bytes];
  };
  const chunk = 24;
  const sizes = { unpacked: chunk + 2, packed: chunk + 4 };
  const noProperties = Uint8Array.from([...good!.subarray(0, chunk), 1, 0, 0, 5, 0x80, 0, 0, 0, 5, 0]);

  test.each<[string, readonly Uint8Array[], string]>([
    ['that does not begin like one', changed({ 0: 0 }), 'SECTION_CORRUPT'],
    ['whose flags have another sum', changed({ 7: 1 }), 'SECTION_CORRUPT'],
    ['whose block has another sum', changed({ 16: 17 }), 'SECTION_CORRUPT'],
    ['with another check than there are', changed({ 7: 2 }, 'flags'), 'SECTION_CORRUPT'],
    ['with two filters', changed({ 13: 1 }, 'block'), 'SECONDARY_UNSUPPORTED'],
    ['with another filter', changed({ 14: 4 }, 'block'), 'SECONDARY_UNSUPPORTED'],
    ['with a dictionary that cannot be', changed({ 16: 41 }, 'block'), 'SECTION_CORRUPT'],
    ['with padding that is not zero', changed({ 18: 1 }, 'block'), 'SECTION_CORRUPT'],
    ['with no block', changed({ 12: 0 }), 'SECTION_CORRUPT'],
    ['that ends in its head', [good!.subarray(0, 15)], 'TRUNCATED'],
    ['that ends in a chunk', [good!.subarray(0, -1)], 'TRUNCATED'],
    ['that ends the block', changed({ [chunk]: 0 }), 'SECTION_CORRUPT'],
    ['with a chunk of no kind', changed({ [chunk]: 3 }), 'SECTION_CORRUPT'],
    ['that begins without a dictionary', changed({ [chunk]: 0xc0 }), 'SECTION_CORRUPT'],
    ['that begins without properties', [noProperties], 'SECTION_CORRUPT'],
    ['with properties LZMA2 does not allow', changed({ [chunk + 5]: 4 + 9 }), 'SECTION_CORRUPT'],
    ['whose chunk does not begin with 0', changed({ [chunk + 6]: 1 }), 'SECTION_CORRUPT'],
    ['whose chunk is shorter than its code', changed({ [sizes.packed]: good![sizes.packed]! - 1 }), 'SECTION_CORRUPT'],
    [
      'with bytes behind its code',
      [Uint8Array.from([...changed({ [sizes.packed]: good![sizes.packed]! + 1 })[0]!, 0])],
      'SECTION_CORRUPT',
    ],
    ['whose chunk expands to less', changed({ [sizes.unpacked]: good![sizes.unpacked]! - 1 }), 'SECTION_CORRUPT'],
    [
      'whose chunk expands to more than the section',
      changed({ [sizes.unpacked]: good![sizes.unpacked]! + 1 }),
      'LENGTHS_DISAGREE',
    ],
  ])('%s', (_, packed, reason) => {
    expect(expand([good!], [text.length])).toEqual([text]);
    expect(expand(packed, [text.length])).toBe(reason);
  });

  test('that copies from before its beginning', () => {
    // The second section, which copies from the first, behind a head and a reset of everything.
    const [, second] = pack(text, text);
    const alone = Uint8Array.from([
      ...good!.subarray(0, chunk),
      0xe0,
      ...second!.subarray(1, 5),
      4,
      ...second!.subarray(5),
    ]);
    expect(expand([alone], [text.length])).toBe('SECTION_CORRUPT');
  });
});

test('every stream that differs in one bit is refused, or expands to bytes of the size stated', () => {
  const [good] = pack(text);
  for (let bit = 0; bit < good!.length * 8; bit += 1) {
    const bytes = good!.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const found = expand([bytes], [text.length]);
    if (typeof found !== 'string') expect(found[0]!.length).toBeLessThanOrEqual(text.length);
  }
});
