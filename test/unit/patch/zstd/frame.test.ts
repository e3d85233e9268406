import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { zstdDict } from '../../../../src/patch/zstd-dict.ts';
import { judgePatch } from '../../../support/patch/apply-patch.ts';
import { noise } from '../../../support/patch/kinds-of-files.ts';

const base = new TextEncoder().encode('to be or not to be');
const magic = [0x28, 0xb5, 0x2f, 0xfd];
/** Bits of the frame header descriptor. */
const single = 0x20;
const checksum = 0x04;
const reserved = 0x08;
const unused = 0x10;
const sized = { inTwo: 0x40, inFour: 0x80, inEight: 0xc0 } as const;

const last = 1;
const types = { raw: 0, rle: 1, compressed: 2, reserved: 3 } as const;

function block(type: keyof typeof types, size: number, content: readonly number[], flag = last): number[] {
  const header = flag | (types[type] << 1) | (size << 3);
  return [header & 255, (header >> 8) & 255, header >> 16, ...content];
}

const hello = [...new TextEncoder().encode('hello')];
const helloBlock = block('raw', 5, hello);
const frame = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from([...magic, ...parts.flat()]);
const good = frame([single, 5], helloBlock);
/** One byte so many times, in blocks that are not the last. */
const many = (sizes: readonly number[]): number[] => sizes.flatMap((size) => block('rle', size, [7], 0));
const nothing = block('raw', 0, []);

async function reasonOf(patch: Uint8Array, target: Uint8Array = Uint8Array.from(hello)): Promise<string> {
  return await judgePatch(zstdDict, base, patch, target);
}

describe('a frame is applied', () => {
  const long = new Uint8Array(300).fill(7);
  const sum = zstdCompressSync(Uint8Array.from(hello), { params: { [constants.ZSTD_c_checksumFlag]: 1 } }).subarray(-4);
  test.each<[string, Uint8Array, Uint8Array?]>([
    ['of one block', good],
    ['of many blocks', frame([single, 5], ...hello.map((byte) => block('raw', 1, [byte], 0)), nothing)],
    [
      'with blocks of nothing',
      frame([single, 5], ...Array.from({ length: 99 }, () => block('raw', 0, [], 0)), helloBlock),
    ],
    ['that brings a checksum', frame([single | checksum, 5], helloBlock, [...sum])],
    ['with a bit that means nothing', frame([single | unused, 5], helloBlock)],
    ['with the dictionary 0, which is none', frame([single | 3, 0, 0, 0, 0, 5], helloBlock)],
    ['with a size in two bytes', frame([single | sized.inTwo, 44, 0], block('rle', 300, [7])), long],
    ['with a size in four bytes', frame([single | sized.inFour, 44, 1, 0, 0], block('rle', 300, [7])), long],
    ['with a size in eight bytes', frame([single | sized.inEight, 5, 0, 0, 0, 0, 0, 0, 0], helloBlock)],
    ['with the least window', frame([sized.inEight, 0, 5, 0, 0, 0, 0, 0, 0, 0], helloBlock)],
    [
      'with a window smaller than its target',
      frame([sized.inFour, 0, 0x88, 0x13, 0, 0], many([1000, 1000, 1000, 1000]), block('rle', 1000, [7])),
      new Uint8Array(5000).fill(7),
    ],
  ])('%s', async (_, patch, target) => {
    expect(await reasonOf(patch, target)).toBe('ok');
  });
});

describe('a frame is refused', () => {
  const skippable = [0x5f, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2];
  test.each<[string, Uint8Array, string]>([
    ['of nothing', new Uint8Array(), 'TRUNCATED'],
    ['that begins otherwise', Uint8Array.from([0, ...good]), 'NOT_ZSTD'],
    ['of an older version', Uint8Array.from([0x27, ...good.subarray(1)]), 'LEGACY_FRAME'],
    ['that is to be skipped', Uint8Array.from(skippable), 'SKIPPABLE_FRAME'],
    ['behind one to skip', Uint8Array.from([...skippable, ...good]), 'SKIPPABLE_FRAME'],
    ['before one to skip', Uint8Array.from([...good, ...skippable]), 'SKIPPABLE_FRAME'],
    ['before another', Uint8Array.from([...good, ...good]), 'SECOND_FRAME'],
    ['before another of nothing', Uint8Array.from([...good, ...frame([single, 0], nothing)]), 'SECOND_FRAME'],
    ['with a byte behind it', Uint8Array.from([...good, 0]), 'TRAILING_BYTES'],
    ['with bytes behind it', Uint8Array.from([...good, 1, 2, 3, 4, 5]), 'TRAILING_BYTES'],
    ['with the reserved bit', frame([single | reserved, 5], helloBlock), 'RESERVED_BIT'],
    ['with a dictionary that has a number', frame([single | 1, 9, 5], helloBlock), 'DICTIONARY_NAMED'],
    ['with a dictionary of four bytes', frame([single | 3, 0, 0, 0, 1, 5], helloBlock), 'DICTIONARY_NAMED'],
    ['that says no size', frame([0, 0], helloBlock), 'CONTENT_SIZE'],
    ['for a smaller target', frame([single, 4], block('raw', 4, hello.slice(1))), 'CONTENT_SIZE'],
    ['for a larger target', frame([single, 6], block('raw', 6, [...hello, 0])), 'CONTENT_SIZE'],
    ['for 256 bytes more', frame([single | sized.inTwo, 5, 0], helloBlock), 'CONTENT_SIZE'],
    ['for 2^63 bytes', frame([single | sized.inEight, 5, 0, 0, 0, 0, 0, 0, 0x80], helloBlock), 'CONTENT_SIZE'],
    ['with a window of 1152 bytes', frame([sized.inFour, 1, 5, 0, 0, 0], helloBlock), 'WINDOW_TOO_LARGE'],
    ['with a window of 2 GiB', frame([sized.inFour, 21 << 3, 5, 0, 0, 0], helloBlock), 'WINDOW_TOO_LARGE'],
    ['with the largest window', frame([sized.inFour, 255, 5, 0, 0, 0], helloBlock), 'WINDOW_TOO_LARGE'],
    ['with a block of no type', frame([single, 5], block('reserved', 5, hello)), 'BLOCK_RESERVED'],
    ['with a block larger than itself', frame([single, 5], block('rle', 6, [0])), 'BLOCK_TOO_LARGE'],
    ['that ends in its magic', good.subarray(0, 3), 'TRUNCATED'],
    ['that ends in its header', good.subarray(0, 5), 'TRUNCATED'],
    ['that ends before its first block', good.subarray(0, 6), 'TRUNCATED'],
    ['that ends in a block', good.subarray(0, -1), 'TRUNCATED'],
    ['without a last block', frame([single, 5], block('raw', 5, hello, 0)), 'TRUNCATED'],
    ['that ends in its checksum', frame([single | checksum, 5], helloBlock, [1, 2, 3]), 'TRUNCATED'],
    ['with another checksum', frame([single | checksum, 5], helloBlock, [1, 2, 3, 4]), 'CORRUPT'],
    ['that makes less than it says', frame([single, 5], block('raw', 4, hello.slice(1))), 'CORRUPT'],
    ['that makes more than it says', frame([single, 5], block('raw', 5, hello, 0), helloBlock), 'CORRUPT'],
    ['with a block that is no block', frame([single, 5], block('compressed', 3, [255, 255, 255])), 'CORRUPT'],
  ])('%s', async (_, patch, reason) => {
    expect(await reasonOf(patch)).toBe(reason);
  });

  test('with a block of more than 128 KiB, or more than its window', async () => {
    const target = new Uint8Array(300_000).fill(7);
    const header = (window: number): number[] => [sized.inFour, window, 0xe0, 0x93, 4, 0];
    const rest = [...many([131_072]), ...block('rle', 300_000 - 2 * 131_072, [7])];
    expect(await reasonOf(frame(header(8 << 3), many([131_072]), rest), target)).toBe('ok');
    expect(await reasonOf(frame(header(8 << 3), many([131_073]), rest), target)).toBe('BLOCK_TOO_LARGE');
    expect(await reasonOf(frame(header(6 << 3), many([65_537]), rest), target)).toBe('BLOCK_TOO_LARGE');
  });

  test('that copies from before the base', async () => {
    const target = noise(200, 256, 3);
    const patch = await zstdDict.make(target, target, {});
    expect(await judgePatch(zstdDict, target, patch, target)).toBe('ok');
    expect(await judgePatch(zstdDict, target.subarray(100), patch, target)).toBe('CORRUPT');
  });

  test('over files that are too large, before anything is read', async () => {
    const { targetBytes, baseBytes } = zstdDict.limits;
    const reason = { code: 'PATCH_INVALID', reason: 'TOO_LARGE' };
    const apply = async (from: Uint8Array, size: number): Promise<unknown> =>
      await Array.fromAsync(zstdDict.apply(from, good, { targetBytes: size }));
    await expect(apply(base, targetBytes + 1)).rejects.toMatchObject(reason);
    await expect(apply(new Uint8Array(baseBytes + 1), 5)).rejects.toMatchObject(reason);
  });
});

describe('a base that begins as a trained dictionary does', () => {
  const dictionary = [0x37, 0xa4, 0x30, 0xec];
  test.each<[string, Uint8Array]>([
    ['is nothing else', Uint8Array.from(dictionary)],
    ['is short', Uint8Array.from([...dictionary, 1, 2])],
    ['goes on as none can', Uint8Array.from([...dictionary, ...noise(5000, 256, 7)])],
    ['begins so twice', Uint8Array.from([...dictionary, ...dictionary, ...noise(500, 256, 7)])],
  ])('that %s is a base like any other', async (_, formatted) => {
    const target = Uint8Array.from([...formatted, ...hello, ...formatted.subarray(1)]);
    const patch = await zstdDict.make(formatted, target, {});
    expect(await judgePatch(zstdDict, formatted, patch, target)).toBe('ok');
    expect(patch.length).toBeLessThan(70);
    // Readers that take any base as it is find what the patch refers to, which is not the first byte.
    const params = { [constants.ZSTD_d_windowLogMax]: 31 };
    const other = Uint8Array.from([0, ...formatted.subarray(1)]);
    expect(zstdDecompressSync(patch, { dictionary: other, params })).toEqual(Buffer.from(target));
  });
});
