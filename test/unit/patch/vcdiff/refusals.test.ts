import { describe, expect, test } from 'vitest';
import { vcdiff } from '../../../../src/patch/vcdiff.ts';
import { xdelta3 } from '../../../../src/patch/xdelta3.ts';
import { judgePatch } from '../../../support/patch/apply-patch.ts';
import { ascii, digits, patchByHand, type WindowByHand } from '../../../support/patch/vcdiff-by-hand.ts';

const base = ascii('abcdefghijklmnopqrstuvwxyz');
const whole = { of: 'source', length: 26, start: 0 } as const;
const copy = 19;
const hello: WindowByHand = { targetLength: 5, data: ascii('hello'), instructions: [6] };

async function reasonOf(patch: Uint8Array, targetBytes: number): Promise<string> {
  return await judgePatch(vcdiff, base, patch, new Uint8Array(targetBytes));
}

describe('a header is refused', () => {
  test.each<[string, readonly number[], string]>([
    ['of another version', [1, 0], 'VERSION_UNSUPPORTED'],
    ['of the version that interleaves sections', [0x53, 0], 'VERSION_UNSUPPORTED'],
    ['with a bit that means nothing', [0, 8], 'INDICATOR_INVALID'],
    ['with a code table', [0, 2, 3, 4, 3, 0], 'CODE_TABLE_UNSUPPORTED'],
    ['with a secondary compressor, in VCDIFF', [0, 1, 2], 'SECONDARY_UNSUPPORTED'],
    ['that ends', [0], 'TRUNCATED'],
  ])('%s', async (_, header, reason) => {
    const windows = header.length > 1 ? [hello] : [];
    expect(await reasonOf(patchByHand(windows, header), 5)).toBe(reason);
  });

  test('with FGK, by name', async () => {
    const patch = patchByHand([hello], [0, 1, 16]);
    const next = xdelta3.apply(base, patch, { targetBytes: 5 })[Symbol.asyncIterator]().next();
    await expect(next).rejects.toMatchObject({
      reason: 'SECONDARY_UNSUPPORTED',
      message: expect.stringContaining('FGK'),
    });
  });

  test('with no window behind it', async () => {
    expect(await reasonOf(patchByHand([]), 0)).toBe('TRUNCATED');
  });
});

describe('a window is refused', () => {
  test.each<[string, WindowByHand, string]>([
    ['with an indicator that means nothing', { ...hello, indicator: 8 }, 'INDICATOR_INVALID'],
    ['of source and target at once', { ...hello, segment: whole, indicator: 3 }, 'INDICATOR_INVALID'],
    ['with a delta indicator that means nothing', { ...hello, compressed: 8 }, 'INDICATOR_INVALID'],
    ['with compressed sections and no compressor', { ...hello, compressed: 1 }, 'INDICATOR_INVALID'],
    ['shorter than its sections', { ...hello, lengthOff: -1 }, 'LENGTHS_DISAGREE'],
    ['longer than the patch', { ...hello, lengthOff: 1 }, 'TRUNCATED'],
    ['whose segment ends beyond the base', { ...hello, segment: { ...whole, start: 1 } }, 'SEGMENT_OUT_OF_RANGE'],
    [
      'whose segment is not made yet',
      { ...hello, segment: { of: 'target', length: 1, start: 0 } },
      'SEGMENT_OUT_OF_RANGE',
    ],
    ['with more data than is used', { ...hello, data: ascii('hello!') }, 'SECTION_UNUSED'],
    ['with addresses that are not used', { ...hello, addresses: [1] }, 'SECTION_UNUSED'],
    ['with less data than an ADD takes', { ...hello, data: ascii('hell') }, 'TRUNCATED'],
    ['with no data for a RUN', { targetLength: 5, instructions: [0, 5] }, 'TRUNCATED'],
    ['with no size behind an opcode', { ...hello, instructions: [1] }, 'TRUNCATED'],
    ['with no address for a COPY', { segment: whole, targetLength: 5, instructions: [copy + 2] }, 'TRUNCATED'],
    ['whose instructions end early', { ...hello, data: ascii('hell'), instructions: [5] }, 'WINDOW_UNFINISHED'],
    ['whose instructions write too much', { ...hello, data: ascii('hello!'), instructions: [7] }, 'WINDOW_OVERRUN'],
    [
      'whose second instruction writes too much',
      { segment: whole, targetLength: 5, data: ascii('.'), instructions: [164], addresses: [0] },
      'WINDOW_OVERRUN',
    ],
    ['whose sum is another', { ...hello, adler: 1 }, 'CHECKSUM_MISMATCH'],
    ['whose addresses go beyond 31 bits', { ...hello, segment: whole, targetLength: 2 ** 31 - 1 }, 'TOO_LARGE'],
  ])('%s', async (_, window, reason) => {
    expect(await reasonOf(patchByHand([window]), 5)).toBe(reason);
  });

  test.each([1, 2])('with a section that expands to nothing (compressor %i)', async (compressor) => {
    const window = { ...hello, compressed: 1, data: Uint8Array.of(0, 1, 2, 3) };
    const patch = patchByHand([window], [0, 1, compressor]);
    expect(await judgePatch(xdelta3, base, patch, ascii('hello'))).toBe('SECTION_CORRUPT');
  });

  test('whose sections do not add up to its length', async () => {
    const patch = Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 0, 0, 8, 1, 0, 1, 1, 0, 65, 2, 0);
    expect(await reasonOf(patch, 1)).toBe('LENGTHS_DISAGREE');
  });
});

describe('an address is refused', () => {
  const copying = { segment: whole, targetLength: 5 };
  test.each<[string, WindowByHand]>([
    ['at here', { ...copying, instructions: [copy + 2], addresses: [26] }],
    [
      'at here, of a copy of nothing',
      { ...copying, data: ascii('hello'), instructions: [copy, 0, 6], addresses: [26] },
    ],
    ['beyond the window', { ...copying, instructions: [copy + 2], addresses: [99] }],
    ['whose copy leaves the segment for the window', { ...copying, instructions: [copy + 2], addresses: [22] }],
    ['before the segment (HERE)', { ...copying, instructions: [copy + 16 + 2], addresses: [27] }],
    ['of here itself (HERE)', { ...copying, instructions: [copy + 16 + 2], addresses: [0] }],
    ['beyond what is made (NEAR)', { ...copying, instructions: [copy + 32 + 2], addresses: [26] }],
    [
      'beyond 31 bits (NEAR)',
      {
        segment: whole,
        targetLength: 10,
        instructions: [copy + 2, copy + 32 + 2],
        addresses: [4, ...digits(2 ** 31 - 1)],
      },
    ],
    ['with no segment (SAME of nothing)', { targetLength: 5, instructions: [copy + 96 + 2], addresses: [0] }],
  ])('%s', async (_, window) => {
    expect(await reasonOf(patchByHand([window]), window.targetLength)).toBe('ADDRESS_OUT_OF_RANGE');
  });
});

describe('sizes have to add up', () => {
  test('to the target, no less', async () => {
    expect(await reasonOf(patchByHand([hello]), 6)).toBe('TARGET_SIZE');
  });

  test('to the target, no more', async () => {
    expect(await reasonOf(patchByHand([hello, hello]), 9)).toBe('TARGET_SIZE');
  });

  test('to the patch: nothing may follow the last window', async () => {
    for (const more of [[0], [1, 2, 3], [0xd6, 0xc3, 0xc4, 0, 0]])
      expect(await reasonOf(Uint8Array.from([...patchByHand([hello]), ...more]), 5)).toMatch(
        /^(?:TRUNCATED|INDICATOR)/u,
      );
  });

  test('wherever the patch is cut off', async () => {
    const patch = patchByHand([
      hello,
      { segment: whole, targetLength: 5, instructions: [copy + 2], addresses: [3], adler: ascii('defgh') },
    ]);
    const target = ascii('hellodefgh');
    expect(await judgePatch(vcdiff, base, patch, target)).toBe('ok');
    for (let size = 0; size < patch.length; size += 1)
      expect(await judgePatch(vcdiff, base, patch.subarray(0, size), target)).toMatch(
        /^(?:TRUNCATED|NOT_VCDIFF|TARGET_SIZE)$/u,
      );
  });
});

test.each<[string, readonly number[]]>([
  ['32 bits', [0x88, 0x80, 0x80, 0x80, 0]],
  ['64 bits', [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['six digits of zero', [0x80, 0x80, 0x80, 0x80, 0x80, 0]],
])('an integer of %s is refused', async (_, integer) => {
  expect(await reasonOf(Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 0, 0, ...integer), 5)).toBe('INTEGER_TOO_LARGE');
});

test('nothing is made of a patch whose end is wrong', async () => {
  const patch = Uint8Array.from([...patchByHand([hello, hello]), 0x7f]);
  const parts = vcdiff.apply(base, patch, { targetBytes: 10 })[Symbol.asyncIterator]();
  await expect(parts.next()).rejects.toMatchObject({ code: 'PATCH_INVALID', reason: 'INDICATOR_INVALID' });
});
