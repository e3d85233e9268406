import { describe, expect, test } from 'vitest';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { openDjw } from '../../../../src/patch/djw/djw.ts';
import { openAccount } from '../../../../src/patch/vcdiff/decode/memory-account.ts';

/** Fields of a section: a value and its bits, most significant first. */
type Field = readonly [value: number, bits: number];

function section(...fields: readonly Field[]): Uint8Array {
  const bits = fields.flatMap(([value, count]) =>
    Array.from({ length: count }, (_, index) => (value >> (count - 1 - index)) & 1),
  );
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) bytes[at >> 3]! |= bit << (at & 7);
  return bytes;
}

function expand(bytes: Uint8Array, size: number): string {
  const packed = { bytes, at: 0, end: bytes.length };
  try {
    const found = openDjw({ largest: size }, openAccount(2 ** 20))(packed, size);
    return packed.at === packed.end ? Buffer.from(found).toString('latin1') : `${packed.end - packed.at} bytes left`;
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'PATCH_INVALID') return error.reason ?? error.message;
    throw error;
  }
}

const times = (count: number, field: Field): readonly Field[] => Array.from({ length: count }, () => field);

/**
 * All 256 codes of 8 bits. The front begins 0, 4, 5, 6, 7, 8: length 8 is symbol 6, under the code 1; it comes 255 times
 * more, eight digits of one, each symbol 0 under the code 0. Lengths of these codes are stated for the symbols 0 to 6.
 */
const evenCodes: readonly Field[] = [[0, 4], [1, 4], ...times(5, [0, 4]), [1, 4], [1, 1], ...times(8, [0, 1])];
const bytes = (text: string): readonly Field[] => [...Buffer.from(text, 'latin1')].map((byte) => [byte, 8]);

describe('a section', () => {
  test('of one group', () => {
    expect(expand(section([0, 3], ...evenCodes, ...bytes('hello')), 5)).toBe('hello');
  });

  test('of two groups, chosen for every five bytes', () => {
    // For the second group lengths are stated again, but where the first has 0: 256 more repeats, so 511 in all.
    const codes: readonly Field[] = [[0, 4], [1, 4], ...times(5, [0, 4]), [1, 4], [1, 1], ...times(9, [0, 1])];
    // Choices 1, 1, 0: symbols 2, 0, 2, with codes 1, 0, 1.
    const choices: readonly Field[] = [
      [1, 3],
      [0, 3],
      [1, 3],
      [1, 1],
      [0, 1],
      [1, 1],
    ];
    expect(expand(section([1, 3], [0, 5], ...codes, ...choices, ...bytes('hello, world')), 12)).toBe('hello, world');
  });

  test('of codes longer than one step reads', () => {
    // Lengths of symbols 0 to 19 are 1 to 19 and 19 again: a code for each, by the front they are moved from.
    const front = [0, 4, 5, 6, 7, 8, 9, 10, 3, 11, 2, 12, 13, 1, 14, 15, 16, 17, 18, 19, 20];
    const symbols: number[] = [];
    for (const length of [...Array.from({ length: 19 }, (_, index) => index + 1), 19, 0]) {
      const place = front.indexOf(length);
      front.splice(0, 0, ...front.splice(place, 1));
      symbols.push(place === 0 ? 0 : place + 1);
    }
    // 0 comes 235 times more: digits of one and two, least significant first, make 235 as 1 1 2 2 1 2 2.
    const repeats = [0, 0, 1, 1, 0, 1, 1];
    // Twenty-two symbols under five bits each; not all of the codes are used.
    const lengths: readonly Field[] = times(22, [5, 4]);
    const code = (symbol: number): Field => [symbol, 5];
    const all = [...symbols, ...repeats].map(code);
    // Symbol n has the code of n ones and a zero; the last two are told apart by their last bit.
    const data: readonly Field[] = [
      [0b0, 1],
      [0b110, 3],
      [2 ** 19 - 2, 19],
      [2 ** 19 - 1, 19],
      [2 ** 12 - 2, 12],
    ];
    expect([...Buffer.from(expand(section([0, 3], [15, 4], ...lengths, ...all, ...data), 5), 'latin1')]).toEqual([
      0, 2, 18, 19, 11,
    ]);
  });
});

describe('a section is refused', () => {
  test.each<[string, Uint8Array, string]>([
    ['that ends early', section([0, 3], ...evenCodes, ...bytes('hell')), 'TRUNCATED'],
    ['that ends in its codes', section([0, 3], [0, 4], [1, 4]), 'TRUNCATED'],
    ['that ends in set bits', section([0, 3], ...evenCodes, ...bytes('hello'), [1, 1]), 'SECTION_CORRUPT'],
    [
      'with more codes than there can be',
      section([0, 3], [0, 4], ...times(7, [1, 4]), ...bytes('hello')),
      'SECTION_CORRUPT',
    ],
    ['with a code of nothing', section([0, 3], [0, 4], ...times(7, [0, 4]), ...bytes('hello')), 'SECTION_CORRUPT'],
    [
      'that repeats too often',
      section([0, 3], ...evenCodes.slice(0, -8), ...times(9, [0, 1]), ...bytes('hello')),
      'SECTION_CORRUPT',
    ],
  ])('%s', (_, packed, reason) => {
    expect(expand(packed, 5)).toBe(reason);
  });

  test('bytes behind it are not taken', () => {
    const whole = section([0, 3], ...evenCodes, ...bytes('hello'));
    expect(expand(Uint8Array.from([...whole, 0]), 5)).toBe('1 bytes left');
  });
});
