import { describe, expect, test } from 'vitest';
import { finishBits, putBits, putWord, startBitWriter } from '../../../src/patch/bzip2/bit-writer.ts';
import { addToChecksum, finishChecksum, startOfChecksum } from '../../../src/patch/bzip2/checksum.ts';
import { unpackBzip2 } from '../../../src/patch/bzip2/unpack.ts';

type Field = readonly [value: number, bits: number];

/** Three symbols of two bits each: two digits of a run of the byte 0, and the end. */
const plain: readonly Field[] = [
  [2, 5],
  [0, 3],
];
const digit: Field = [0, 2];
const end: Field = [2, 2];

/** Four symbols of two bits each; the third is the second byte moved to the front. */
const twoBytes: readonly Field[] = [
  [0x8000, 16],
  [0xc000, 16],
];
const four: readonly Field[] = [
  [2, 5],
  [0, 4],
];
const second: Field = [2, 2];

interface BlockByHand {
  readonly randomised?: number;
  readonly origin?: number;
  /** Of sixteen bytes each, then of those the ones that occur. */
  readonly used?: readonly Field[];
  readonly tables?: number;
  /** How many, and by each a table counted from the one used last, in ones and a zero. */
  readonly selectors?: readonly Field[];
  readonly lengths?: readonly (readonly Field[])[];
  readonly symbols?: readonly Field[];
  readonly content?: Uint8Array;
}

/** A stream of level 1 of such blocks. */
function stream(...blocks: readonly BlockByHand[]): Uint8Array {
  const bits = startBitWriter();
  const put = ([value, count]: Field): void => putBits(bits, count, value);
  put([0x425a68, 24]);
  put([0x31, 8]);
  let sum = 0;
  for (const block of blocks) {
    const content = finishChecksum(addToChecksum(startOfChecksum, block.content ?? Uint8Array.of(0)));
    sum = (((sum << 1) | (sum >>> 31)) ^ content) >>> 0;
    put([0x314159, 24]);
    put([0x265359, 24]);
    putWord(bits, content);
    put([block.randomised ?? 0, 1]);
    put([block.origin ?? 0, 24]);
    for (const field of block.used ?? [[0x8000, 16] as const, [0x8000, 16] as const]) put(field);
    put([block.tables ?? 2, 3]);
    for (const field of block.selectors ?? [[1, 15] as const, [0, 1] as const]) put(field);
    for (const table of block.lengths ?? Array.from({ length: block.tables ?? 2 }, () => plain)) table.forEach(put);
    for (const field of block.symbols ?? [digit, end]) put(field);
  }
  put([0x177245, 24]);
  put([0x385090, 24]);
  putWord(bits, sum);
  return finishBits(bits);
}

function unpack(packed: Uint8Array): Uint8Array {
  return Buffer.concat(Array.from(unpackBzip2(packed, 1000), (chunk) => chunk.slice()));
}

const refusal = expect.objectContaining({ code: 'PATCH_INVALID', reason: 'BZIP2_INVALID' });
/** All three codes of one bit: only two of them are different. */
const colliding: readonly Field[] = [
  [1, 5],
  [0, 3],
];

describe('a block is read', () => {
  test.each<[string, BlockByHand]>([
    ['written by hand', {}],
    ['with six tables, of which one is used', { tables: 6 }],
    ['whatever tables say that nothing is read with', { lengths: [plain, colliding] }],
    [
      'with another table than the first',
      {
        selectors: [
          [1, 15],
          [0b10, 2],
        ],
        lengths: [colliding, plain],
      },
    ],
    [
      'with more selectors than it needs',
      { selectors: [[32_767, 15], ...Array.from({ length: 32_767 }, (): Field => [0, 1])] },
    ],
    [
      'with lengths that go up and down',
      {
        lengths: [
          [
            [1, 5],
            [0b10, 2],
            [0, 1],
            [0b10, 2],
            [0b11, 2],
            [0, 1],
            [0, 1],
          ],
          plain,
        ],
      },
    ],
  ])('%s', (_, block) => {
    expect(unpack(stream(block, block))).toEqual(Buffer.of(0, 0));
  });
});

describe('a block is refused', () => {
  test.each<[string, BlockByHand]>([
    ['that is randomised', { randomised: 1 }],
    ['whose origin lies behind it', { origin: 1 }],
    ['that uses no bytes', { used: [[0, 16]] }],
    [
      'that uses no bytes of sixteen',
      {
        used: [
          [0x8000, 16],
          [0, 16],
        ],
      },
    ],
    ['with one table', { tables: 1 }],
    ['with seven tables', { tables: 7 }],
    ['with no selectors', { selectors: [[0, 15]] }],
    [
      'with a selector of no table',
      {
        selectors: [
          [1, 15],
          [0b110, 3],
        ],
      },
    ],
    [
      'with a code of no bits',
      {
        lengths: [
          [
            [0, 5],
            [0, 3],
          ],
          plain,
        ],
      },
    ],
    [
      'with a code of 21 bits',
      {
        lengths: [
          [
            [20, 5],
            [0b10, 2],
            [0, 3],
          ],
          plain,
        ],
      },
    ],
    [
      'whose lengths go below 1',
      {
        lengths: [
          [
            [1, 5],
            [0b11, 2],
            [0, 3],
          ],
          plain,
        ],
      },
    ],
    ['with codes that collide', { lengths: [colliding, plain] }],
    ['with a code that stands for nothing', { symbols: [digit, [3, 2]] }],
    ['with a code of twenty ones', { symbols: [digit, [0xfffff, 20]] }],
    [
      'that needs more selectors than it has',
      { used: twoBytes, lengths: [four, four], symbols: Array.from({ length: 51 }, () => second) },
    ],
    ['of nothing', { symbols: [end], content: new Uint8Array(0) }],
    ['that is too long', { symbols: [...Array.from({ length: 17 }, () => digit), end] }],
    ['whose run has digits without end', { symbols: [...Array.from({ length: 50 }, () => digit), end] }],
    ['with another checksum', { content: Uint8Array.of(1) }],
  ])('%s', (_, block) => {
    expect(() => unpack(stream(block))).toThrow(refusal);
  });
});
