import { describe, expect, test } from 'vitest';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { openDjw } from '../../../../src/patch/djw/djw.ts';
import { openAccount } from '../../../../src/patch/vcdiff/decode/memory-account.ts';
import {
  contentOf,
  type Field,
  headOf,
  lengthsFrom,
  packFields,
  packSection,
  type SectionByHand,
} from '../../../support/patch/djw-by-hand.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What they expand to, one after the other, or why the first that is refused is. */
function expand(...sections: readonly (readonly [packed: Uint8Array, size: number])[]): string[] {
  const open = openDjw({ largest: Math.max(...sections.map(([, size]) => size)) }, openAccount(2 ** 20));
  return sections.map(([bytes, size]) => {
    const packed = { bytes, at: 0, end: bytes.length };
    try {
      const found = open(packed, size);
      return packed.at === packed.end ? Buffer.from(found).toString('latin1') : `${packed.end - packed.at} bytes left`;
    } catch (error) {
      if (error instanceof ThemisError && error.code === 'PATCH_INVALID') return error.reason ?? error.message;
      throw error;
    }
  });
}

function expanded(section: SectionByHand): string[] {
  return expand([packSection(section), section.content.length]);
}

const a = 97;
/** The letters a to h under three bits each. */
const even = lengthsFrom(a, [3, 3, 3, 3, 3, 3, 3, 3]);
const text = ascii('feedabadbadegghadabeachheadacebadgefadedcabbagebeef');
const plain: SectionByHand = { groups: [even], sectorBytes: text.length, choices: [], content: text };

describe('a section', () => {
  test('of one group', () => {
    expect(expanded(plain)).toEqual([Buffer.from(text).toString()]);
  });

  test('written down bit by bit', () => {
    // 97 times 0, 8 times 3, which lies at place 8 of the front, and 151 times 0, then at place 1: symbols 0 and 1 are
    // digits of one and two, lowest first, n + 1 is place n. The four symbols have codes of two bits, in order.
    const symbols = [0, 1, 0, 0, 0, 1, 9, 0, 0, 0, 2, 1, 1, 1, 0, 1, 0, 0];
    const head: Field[] = [
      [0, 3],
      [3, 4],
      ...[2, 2, 2, 0, 0, 0, 0, 0, 0, 2].map((length): Field => [length, 4]),
      ...symbols.map((symbol): Field => [symbol === 9 ? 3 : symbol, 2]),
    ];
    const content = Array.from(text, (byte): Field => [byte - a, 3]);
    expect(expand([packFields([...head, ...content]), text.length])).toEqual([Buffer.from(text).toString()]);
  });

  test('of two groups, chosen for every ten bytes', () => {
    const other = lengthsFrom(a, [4, 4, 3, 3, 3, 3, 3, 3]);
    for (const choices of [
      [0, 0, 0, 0, 0, 0],
      [1, 1, 1, 1, 1, 1],
      [1, 0, 0, 0, 1, 0],
      [0, 1, 0, 1, 0, 1],
    ])
      expect(expanded({ groups: [even, other], sectorBytes: 10, choices, content: text })).toEqual([
        Buffer.from(text).toString(),
      ]);
  });

  test.each([100, 600])('of codes longer than one step reads, with %i symbols', (size) => {
    const lengths = [...Array.from({ length: 19 }, (_, index) => index + 1), 19];
    const content = new Uint8Array(size);
    content.set([0, 2, 18, 19, 11]);
    expect(expanded({ groups: [lengthsFrom(0, lengths)], sectorBytes: size, choices: [], content })).toEqual([
      Buffer.from(content).toString('latin1'),
    ]);
  });

  test('says nothing of the next one', () => {
    const all: SectionByHand = {
      groups: [new Uint8Array(256).fill(9).fill(1, 0, 1)],
      sectorBytes: 600,
      choices: [],
      content: new Uint8Array(600),
    };
    const two: SectionByHand = { ...plain, groups: [even, even], sectorBytes: 160, choices: [1] };
    const zeros = '\0'.repeat(600);
    const found = expand(...[all, two, all, plain].map((one) => [packSection(one), one.content.length] as const));
    expect(found).toEqual([zeros, Buffer.from(text).toString(), zeros, Buffer.from(text).toString()]);
  });
});

describe('a section is refused', () => {
  const head = headOf(plain);
  const content = contentOf(plain);
  const times = (count: number, field: Field): readonly Field[] => Array.from({ length: count }, () => field);
  /** One more than the bits of it that are used. */
  const bit = head.concat(content).reduce((sum, [, bits]) => sum + bits, 0) % 8;
  const tooMany = new Uint8Array(256).fill(7);
  const gaps = [...headOf({ ...plain, groups: [lengthsFrom(a, [3])] }), [7, 3] as const, ...content.slice(1)];

  test.each<[string, Uint8Array, string]>([
    ['that ends early', packFields([...head, ...content.slice(0, -9)]), 'TRUNCATED'],
    ['that ends in its codes', packFields(head.slice(0, -9)), 'TRUNCATED'],
    ['that ends in set bits', packFields([...head, ...content, [1, 8 - bit]]), 'SECTION_CORRUPT'],
    ['with more codes than there can be', packSection({ ...plain, groups: [tooMany] }), 'SECTION_CORRUPT'],
    [
      'whose lengths have more codes than there can be',
      packFields([[0, 3], [0, 4], ...times(7, [1, 4])]),
      'SECTION_CORRUPT',
    ],
    ['with a code of nothing', packFields(gaps), 'SECTION_CORRUPT'],
    ['with lengths under a code of nothing', packFields([[0, 3], [0, 4], ...times(9, [0, 4])]), 'SECTION_CORRUPT'],
    ['that repeats a length too often', packFields([...head, ...times(2, [1, 2]), ...content]), 'SECTION_CORRUPT'],
    [
      'that repeats one length without end',
      packFields([...head.slice(0, 24), ...times(40, [1, 2])]),
      'SECTION_CORRUPT',
    ],
    ['as large as what it expands to', packFields([...head, ...content, ...times(99, [0, 8])]), 'SECTION_CORRUPT'],
  ])('%s', (_, packed, reason) => {
    expect(expand([packed, text.length])).toEqual([reason]);
  });

  test('that repeats a choice too often', () => {
    const two = { ...plain, groups: [even, even], sectorBytes: 50, choices: [0, 0] };
    expect(expanded(two)).toEqual([Buffer.from(text).toString()]);
    expect(expanded({ ...two, choices: [0, 0, 0, 0, 0, 0] })).toEqual(['SECTION_CORRUPT']);
  });

  test('that expands to less than xdelta3 tries it with', () => {
    const one = lengthsFrom(a, [1]);
    const short: SectionByHand = { groups: [one], sectorBytes: 9, choices: [], content: ascii('aaaaaaaaa') };
    expect(expand([packSection(short).subarray(0, 8), 9])).toEqual(['SECTION_CORRUPT']);
  });

  test('bytes behind it are not taken', () => {
    expect(expand([Uint8Array.from([...packSection(plain), 0]), text.length])).toEqual(['1 bytes left']);
  });
});
