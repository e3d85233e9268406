/** Patches that ask for more than they may have, are refused before they get it; those within it are applied. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openPack } from '../../../../src/patch/lzma/encode/pack-sections.ts';
import { vcdiff } from '../../../../src/patch/vcdiff.ts';
import {
  createWriter,
  writeBytes,
  writeInteger,
  writtenBytes,
} from '../../../../src/patch/vcdiff/format/byte-writer.ts';
import { xdelta3 } from '../../../../src/patch/xdelta3.ts';
import type { PatchAlgorithm } from '../../../../src/patch/algorithm.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { digits, patchByHand, windowByHand, type WindowByHand } from '../../../support/patch/vcdiff-by-hand.ts';

const mebibyte = 2 ** 20;
const lzma = [0, 1, 2];
/** It is the same for all. */
const none = { baseBytes: 0, targetBytes: 0 };

interface Outcome {
  readonly made: number;
  readonly reason: string | undefined;
  /** The most that buffers grew while it was applied. */
  readonly heldBytes: number;
}

async function outcome(algorithm: PatchAlgorithm, patch: Uint8Array, targetBytes: number): Promise<Outcome> {
  const before = process.memoryUsage().arrayBuffers;
  let made = 0;
  let held = 0;
  const look = (): void => {
    held = Math.max(held, process.memoryUsage().arrayBuffers - before);
  };
  try {
    for await (const chunk of algorithm.apply(new Uint8Array(), patch, { targetBytes })) {
      made += chunk.length;
      look();
    }
    return { made, reason: undefined, heldBytes: held };
  } catch (error) {
    look();
    if (!(error instanceof ThemisError)) throw error;
    return { made, reason: error.reason, heldBytes: held };
  }
}

function runs(...sizes: readonly number[]): readonly WindowByHand[] {
  return sizes.map((size) => ({ targetLength: size, data: Uint8Array.of(7), instructions: [0, ...digits(size)] }));
}

/** Of an .xz stream: its two headers, and one chunk of a mebibyte that resets everything, so that it can come again. */
const headBytes = 24;
const megaChunk = packed(new Uint8Array(mebibyte)).subarray(headBytes);

function packed(bytes: Uint8Array): Uint8Array {
  const out = createWriter();
  openPack()(bytes, out);
  return writtenBytes(out).slice();
}

/** Data sections of so many mebibytes of zeros, of one stream. */
function zeroSections(mebibytes: readonly number[], dictionaryCode = 16): readonly Uint8Array[] {
  return mebibytes.map((count, index) => {
    const out = createWriter();
    writeInteger(out, count * mebibyte);
    if (index === 0) writeBytes(out, headOf(dictionaryCode));
    for (let chunk = 0; chunk < count; chunk += 1) writeBytes(out, megaChunk);
    return writtenBytes(out).slice();
  });
}

function headOf(dictionaryCode: number): Uint8Array {
  const head = packed(Uint8Array.of(0)).subarray(0, headBytes);
  head[16] = dictionaryCode;
  new DataView(head.buffer).setUint32(20, crc32(head.subarray(12, 20)), true);
  return head;
}

function adds(sections: readonly Uint8Array[], mebibytes: readonly number[]): readonly WindowByHand[] {
  return sections.map((data, index) => {
    const size = mebibytes[index]! * mebibyte;
    return { targetLength: size, compressed: 1, data, instructions: [1, ...digits(size)] };
  });
}

describe('a window', () => {
  test('as large as xdelta3 allows is applied, and three times that', async () => {
    for (const size of [16 * mebibyte, 48 * mebibyte]) {
      const found = await outcome(vcdiff, patchByHand(runs(size)), size);
      expect(found).toMatchObject({ made: size, reason: undefined });
      expect(found.heldBytes).toBeLessThan(vcdiff.limits.applyBytes(none));
    }
  });

  test.each([61 * mebibyte, 2 ** 30, 2 ** 31 - 1])('of %i bytes is refused', async (size) => {
    const found = await outcome(vcdiff, patchByHand(runs(size)), size);
    expect(found).toMatchObject({ made: 0, reason: 'TOO_LARGE' });
    expect(found.heldBytes).toBeLessThan(mebibyte);
  });

  test('of many uses the memory of one', async () => {
    const sizes = Array.from({ length: 40 }, () => 4 * mebibyte);
    const found = await outcome(vcdiff, patchByHand(runs(...sizes)), 160 * mebibyte);
    expect(found.made).toBe(160 * mebibyte);
    expect(found.heldBytes).toBeLessThan(8 * mebibyte);
  });

  test('of nothing may come a hundred thousand times', async () => {
    const empty = windowByHand({ targetLength: 0 });
    const many = Buffer.alloc(100_000 * empty.length, empty);
    const patch = Buffer.concat([patchByHand([]), many, ...runs(3).map(windowByHand)]);
    expect(await outcome(vcdiff, patch, 3)).toMatchObject({ made: 3, reason: undefined });
  });
});

describe('earlier target bytes', () => {
  const first = runs(16 * mebibyte, 16 * mebibyte, 16 * mebibyte, 16 * mebibyte, 16 * mebibyte);
  const copyFrom = (start: number, length: number): WindowByHand => ({
    segment: { of: 'target', length, start },
    targetLength: 4,
    instructions: [20],
    addresses: [0],
  });

  test('are kept where windows copy from them, wherever that is', async () => {
    const windows = [...first, copyFrom(0, 16 * mebibyte), copyFrom(70 * mebibyte, mebibyte)];
    const found = await outcome(vcdiff, patchByHand(windows), 80 * mebibyte + 8);
    expect(found).toMatchObject({ made: 80 * mebibyte + 8, reason: undefined });
    expect(found.heldBytes).toBeLessThan(40 * mebibyte);
  });

  test('are refused where they are too many', async () => {
    const patch = patchByHand([...first, copyFrom(0, 60 * mebibyte)]);
    expect(await outcome(vcdiff, patch, 80 * mebibyte + 4)).toMatchObject({ made: 0, reason: 'TOO_LARGE' });
  });
});

describe('a compressed section', () => {
  test('that expands to more than its window can use is refused', async () => {
    const windows = adds(zeroSections([1]), [1]).map((window) => ({ ...window, targetLength: 5 }));
    const found = await outcome(xdelta3, patchByHand(windows, lzma), 5);
    expect(found).toMatchObject({ made: 0, reason: 'TOO_LARGE' });
    expect(found.heldBytes).toBeLessThan(mebibyte);
  });

  test.each([1, 2])('that says it expands to 2 GiB is refused (compressor %i)', async (compressor) => {
    const data = Uint8Array.from([...digits(2 ** 31 - 1), 0, 0]);
    const window = { targetLength: 2 ** 30, compressed: 1, data, instructions: [1, ...digits(2 ** 30)] };
    expect(await outcome(xdelta3, patchByHand([window], [0, 1, compressor]), 2 ** 30)).toMatchObject({
      made: 0,
      reason: 'TOO_LARGE',
    });
  });

  test('expands to more or to less than it says: both are refused', async () => {
    const section = packed(new Uint8Array(5000));
    for (const stated of [4999, 5001]) {
      const data = Uint8Array.from([...digits(stated), ...section]);
      const windows = [{ targetLength: stated, compressed: 1, data, instructions: [1, ...digits(stated)] }];
      expect(await outcome(xdelta3, patchByHand(windows, lzma), stated)).toMatchObject({
        made: 0,
        reason: 'LENGTHS_DISAGREE',
      });
    }
  });
});

describe('an LZMA dictionary', () => {
  const sizes = [16, 16, 16];

  test('that fits is kept from window to window', async () => {
    const found = await outcome(xdelta3, patchByHand(adds(zeroSections(sizes), sizes), lzma), 48 * mebibyte);
    expect(found).toMatchObject({ made: 48 * mebibyte, reason: undefined });
    expect(found.heldBytes).toBeLessThan(xdelta3.limits.applyBytes(none));
  });

  test('of 4 GiB is no matter where little is made', async () => {
    const windows = adds(zeroSections([1, 1], 40), [1, 1]);
    const found = await outcome(xdelta3, patchByHand(windows, lzma), 2 * mebibyte);
    expect(found).toMatchObject({ made: 2 * mebibyte, reason: undefined });
  });

  test('that does not fit is refused', async () => {
    const windows = adds(zeroSections(sizes, 40), sizes);
    const found = await outcome(xdelta3, patchByHand(windows, lzma), 48 * mebibyte);
    expect(found).toMatchObject({ made: 0, reason: 'TOO_LARGE' });
    expect(found.heldBytes).toBeLessThan(20 * mebibyte);
  });
});
