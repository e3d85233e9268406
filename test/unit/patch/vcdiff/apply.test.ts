import { describe, expect, test } from 'vitest';
import { vcdiff } from '../../../../src/patch/vcdiff.ts';
import { xdelta3 } from '../../../../src/patch/xdelta3.ts';
import { applyPatch } from '../../../support/patch/apply-patch.ts';
import { ascii, digits, patchByHand, plainHeader, type WindowByHand } from '../../../support/patch/vcdiff-by-hand.ts';

const base = ascii('abcdefghijklmnopqrstuvwxyz');
const whole = { of: 'source', length: 26, start: 0 } as const;

async function made(windows: readonly WindowByHand[], header: readonly number[] = plainHeader): Promise<string> {
  const size = windows.reduce((sum, { targetLength }) => sum + targetLength, 0);
  return Buffer.from(await applyPatch(vcdiff, base, patchByHand(windows, header), size)).toString('latin1');
}

const copyOpcode = (mode: number): number => 19 + mode * 16;

describe('an address', () => {
  test.each<[string, number, readonly number[], string]>([
    ['counts from the start of the segment (SELF)', 0, [2], 'cdef'],
    ['counts back from here (HERE)', 1, [26], 'abcd'],
    ['counts on from an empty near slot', 2, [5], 'fghi'],
    ['counts on from the last near slot', 5, [7], 'hijk'],
    ['may be what an empty same slot holds', 6, [9], 'abcd'],
  ])('%s', async (_, mode, addresses, target) => {
    expect(await made([{ segment: whole, targetLength: 4, instructions: [copyOpcode(mode) + 1], addresses }])).toBe(
      target,
    );
  });

  test('counts on from each of the latest four addresses, in slots that come round', async () => {
    // SELF 1, 5, 9, 13 and 17 go to the slots 0, 1, 2, 3, 0.
    const selves = [1, 5, 9, 13, 17].map(() => copyOpcode(0) + 1);
    const nears = [2, 3, 4, 5].map((mode) => copyOpcode(mode) + 1);
    for (const [slot, expected] of ['rstu', 'fghi', 'jklm', 'nopq'].entries())
      expect(
        await made([
          {
            segment: whole,
            targetLength: 24,
            instructions: [...selves, nears[slot]!],
            addresses: [1, 5, 9, 13, 17, 0],
          },
        ]),
      ).toBe(`bcdefghijklmnopqrstu${expected}`);
  });

  test('is what the same slot of its residue remembers, in each of the three parts', async () => {
    const long = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7 + (index >> 3)) & 0xff);
    for (const address of [3, 300, 700, 770]) {
      const residue = address % 768;
      const patch = patchByHand([
        {
          segment: { of: 'source', length: 1000, start: 0 },
          targetLength: 8,
          instructions: [copyOpcode(0) + 1, copyOpcode(6 + (residue >> 8)) + 1],
          addresses: [...digits(address), residue & 0xff],
        },
      ]);
      const four = long.subarray(address, address + 4);
      expect(await applyPatch(vcdiff, long, patch, 8)).toEqual(Buffer.concat([four, four]));
    }
  });

  test('is forgotten with the window', async () => {
    const window = { segment: whole, targetLength: 4 };
    expect(
      await made([
        { ...window, instructions: [copyOpcode(0) + 1], addresses: [8] },
        { ...window, instructions: [copyOpcode(2) + 1], addresses: [0] },
      ]),
    ).toBe('ijklabcd');
  });
});

describe('a copy', () => {
  test('repeats what it writes', async () => {
    expect(
      await made([{ targetLength: 11, data: ascii('xyz'), instructions: [4, copyOpcode(0) + 5], addresses: [0] }]),
    ).toBe('xyzxyzxyzxy');
  });

  test('repeats one byte for a megabyte', async () => {
    const size = 2 ** 20;
    const text = await made([
      {
        targetLength: size,
        data: ascii('q'),
        instructions: [2, copyOpcode(1), ...digits(size - 1)],
        addresses: [1],
      },
    ]);
    expect(text).toBe('q'.repeat(size));
  });

  test('takes long pieces of the segment and of the window', async () => {
    const long = 'the quick brown fox jumps over the lazy dog and runs away, far away';
    const [length] = digits(long.length);
    const patch = patchByHand([
      {
        segment: { of: 'source', length: long.length, start: 0 },
        targetLength: 2 * long.length,
        instructions: [copyOpcode(0), length!, copyOpcode(0), length!],
        addresses: [0, long.length],
      },
    ]);
    expect(await applyPatch(vcdiff, ascii(long), patch, 2 * long.length)).toEqual(Buffer.from(long + long));
  });

  test('takes from a segment that starts within the base', async () => {
    const segment = { of: 'source', length: 6, start: 20 } as const;
    expect(await made([{ segment, targetLength: 5, instructions: [copyOpcode(0) + 2], addresses: [1] }])).toBe('vwxyz');
  });
});

describe('instructions', () => {
  test('add, run, and two at once', async () => {
    // ADD 2 + COPY 5 SELF, RUN 3, COPY 4 HERE + ADD 1, ADD of a size that follows.
    const instructions = [167, 0, 3, 248, 1, 20];
    const data = ascii(`01-2${'.'.repeat(20)}`);
    expect(await made([{ segment: whole, targetLength: 35, data, instructions, addresses: [7, 3 + 4] }])).toBe(
      `01hijkl---ijkl2${'.'.repeat(20)}`,
    );
  });

  test('of no size do nothing but use what they name', async () => {
    const instructions = [1, 0, 0, 0, copyOpcode(0), 0, 2];
    expect(await made([{ segment: whole, targetLength: 1, data: ascii('xy'), instructions, addresses: [4] }])).toBe(
      'y',
    );
  });
});

describe('windows', () => {
  test('may be empty, many, and of the target made before', async () => {
    expect(
      await made([
        { targetLength: 3, data: ascii('one'), instructions: [4] },
        { targetLength: 0 },
        { targetLength: 4, data: ascii(' two'), instructions: [5] },
        {
          segment: { of: 'target', length: 6, start: 1 },
          targetLength: 9,
          data: ascii('!'),
          instructions: [copyOpcode(0) + 3, copyOpcode(0), 2, 2],
          addresses: [0, 4],
        },
        {
          segment: { of: 'target', length: 16, start: 0 },
          targetLength: 5,
          instructions: [copyOpcode(0) + 2],
          addresses: [11],
        },
      ]),
    ).toBe('one twone twowo!wowo!');
  });

  test('copy from earlier target bytes across the blocks these are kept in', async () => {
    const first = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    const segment = { of: 'target', length: 9000, start: 4090 } as const;
    const windows: WindowByHand[] = [
      { targetLength: 20_000, data: first, instructions: [1, ...digits(20_000)] },
      { segment, targetLength: 9000, instructions: [copyOpcode(0), ...digits(9000)], addresses: [0] },
    ];
    const target = await applyPatch(vcdiff, base, patchByHand(windows), 29_000);
    expect(target).toEqual(Buffer.concat([first, first.subarray(4090, 13_090)]));
  });

  test('may state their checksum', async () => {
    expect(await made([{ targetLength: 3, data: ascii('abc'), instructions: [4], adler: ascii('abc') }])).toBe('abc');
  });

  test('may state lengths with zeros before them', async () => {
    const patch = Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 0, 0, 0x80, 0x80, 7, 1, 0, 1, 1, 0, 65, 2);
    expect(await applyPatch(vcdiff, base, patch, 1)).toEqual(Buffer.from('A'));
  });

  test('small ones are handed over together', async () => {
    const patch = patchByHand(
      Array.from({ length: 5000 }, () => ({ targetLength: 1, data: ascii('z'), instructions: [2] })),
    );
    let chunks = 0;
    let size = 0;
    for await (const chunk of vcdiff.apply(base, patch, { targetBytes: 5000 })) {
      chunks += 1;
      size += chunk.length;
    }
    expect([chunks, size]).toEqual([1, 5000]);
  });
});

test('an application header is passed over, in patches of xdelta3 only', async () => {
  const window: WindowByHand = { targetLength: 1, data: ascii('a'), instructions: [2] };
  const patch = patchByHand([window], [0, 4, 3, 1, 2, 3]);
  expect(await applyPatch(xdelta3, base, patch, 1)).toEqual(Buffer.from('a'));
  await expect(applyPatch(vcdiff, base, patch, 1)).rejects.toMatchObject({ reason: 'INDICATOR_INVALID' });
});

test('applying stops when it is cancelled', async () => {
  const patch = patchByHand([{ targetLength: 1, data: ascii('a'), instructions: [2] }]);
  const parts = vcdiff.apply(base, patch, { targetBytes: 1, signal: AbortSignal.abort() });
  await expect(parts[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'CANCELLED' });
});
