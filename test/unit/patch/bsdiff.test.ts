import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bsdiff, makeClassicBsdiff } from '../../../src/patch/bsdiff.ts';
import { packBzip2 } from '../../../src/patch/bzip2/pack.ts';
import { applyPatch } from '../../support/patch/apply-patch.ts';
import { noise } from '../../support/patch/kinds-of-files.ts';

const base = noise(100, 256, 1);
const refusal = { code: 'PATCH_INVALID' };
const apply = async (patch: Uint8Array, targetBytes: number): Promise<Uint8Array> =>
  await applyPatch(bsdiff, base, patch, targetBytes);

/** Eight bytes, the lowest first, the highest bit is the sign. */
function numbers(values: readonly bigint[]): number[] {
  return values.flatMap((value) => {
    const magnitude = value < 0n ? -value | (1n << 63n) : value;
    return Array.from({ length: 8 }, (_, at) => Number((magnitude >> BigInt(8 * at)) & 255n));
  });
}

interface Classic {
  readonly control?: readonly bigint[];
  readonly diff?: Uint8Array;
  readonly extra?: Uint8Array;
  readonly target?: bigint;
  readonly lengths?: readonly [control: bigint, diff: bigint];
}

function classic({
  control = [],
  diff = new Uint8Array(0),
  extra = new Uint8Array(0),
  target,
  lengths,
}: Classic): Uint8Array {
  const [packedControl, packedDiff] = [packBzip2(Uint8Array.from(numbers(control))), packBzip2(diff)];
  const [controlBytes, diffBytes] = lengths ?? [BigInt(packedControl.length), BigInt(packedDiff.length)];
  const head = numbers([controlBytes, diffBytes, target ?? BigInt(diff.length + extra.length)]);
  return Uint8Array.from([
    ...new TextEncoder().encode('BSDIFF40'),
    ...head,
    ...packedControl,
    ...packedDiff,
    ...packBzip2(extra),
  ]);
}

const ten = new Uint8Array(10);
const huge = 2n ** 62n;

describe('a classic patch', () => {
  test('reads the base from front to back and back again', async () => {
    const patch = classic({
      control: [5n, 2n, 85n, 5n, 0n, -100n, 3n, 0n, 0n],
      diff: new Uint8Array(13),
      extra: Uint8Array.of(1, 2),
    });
    const made = Uint8Array.from([...base.subarray(0, 5), 1, 2, ...base.subarray(90, 95)]);
    await expect(apply(patch, 15)).rejects.toMatchObject(refusal);
    const inside = classic({
      control: [5n, 2n, 85n, 5n, 0n, -95n, 3n, 0n, 0n],
      diff: new Uint8Array(13),
      extra: Uint8Array.of(1, 2),
    });
    expect(await apply(inside, 15)).toEqual(Buffer.from([...made, ...base.subarray(0, 3)]));
  });

  test('begins with a seek where the target does not begin as the base does', async () => {
    const target = base.subarray(50);
    expect(await apply(makeClassicBsdiff(base, target), 50)).toEqual(Buffer.from(target));
  });

  test.each<[string, Uint8Array]>([
    ['has a negative length', classic({ control: [-1n, 0n, 0n, 10n, 0n, 0n], diff: ten })],
    ['has a negative number of extra bytes', classic({ control: [10n, -1n, 0n], diff: ten })],
    ['reads before the base', classic({ control: [0n, 0n, -1n, 10n, 0n, 0n], diff: ten })],
    ['reads behind the base', classic({ control: [0n, 0n, 91n, 10n, 0n, 0n], diff: ten })],
    ['seeks by 2^62', classic({ control: [0n, 0n, huge, 0n, 0n, -huge, 10n, 0n, 0n], diff: ten })],
    ['has a length of 2^63 - 1', classic({ control: [2n ** 63n - 1n, 0n, 0n], diff: ten })],
    ['makes more than its target', classic({ control: [10n, 1n, 0n], diff: ten, extra: ten, target: 10n })],
    ['makes less than its target', classic({ control: [9n, 0n, 0n], diff: ten.subarray(1), target: 10n })],
    ['has differences left', classic({ control: [9n, 1n, 0n], diff: ten, extra: ten.subarray(9), target: 10n })],
    ['has extra bytes left', classic({ control: [10n, 0n, 0n], diff: ten, extra: ten, target: 10n })],
    ['has too few differences', classic({ control: [10n, 0n, 0n], diff: ten.subarray(1), target: 10n })],
    ['ends within an entry', classic({ control: [10n, 0n], diff: ten })],
    ['has no entries', classic({ diff: ten })],
    ['says it is for 2^62 bytes', classic({ control: [10n, 0n, 0n], diff: ten, target: huge })],
    ['says it is for -10 bytes', classic({ control: [10n, 0n, 0n], diff: ten, target: -10n })],
    ['has streams of 2^62 bytes', classic({ control: [10n, 0n, 0n], diff: ten, lengths: [huge, huge] })],
    ['has streams longer than itself', classic({ control: [10n, 0n, 0n], diff: ten, lengths: [40n, 1000n] })],
    ['has a stream of negative length', classic({ control: [10n, 0n, 0n], diff: ten, lengths: [-32n, 40n] })],
    ['does nothing again and again', classic({ control: Array.from({ length: 3 * 200_000 }, () => 0n), diff: ten })],
    ['holds a bomb of differences', classic({ control: [10n, 0n, 0n], diff: new Uint8Array(30_000_000), target: 10n })],
    [
      'holds a bomb behind its target',
      classic({ control: [10n, 0n, 0n], diff: ten, extra: new Uint8Array(30_000_000), target: 10n }),
    ],
    ['has something behind it', Uint8Array.from([...classic({ control: [10n, 0n, 0n], diff: ten }), 0])],
    ['ends within its head', classic({ control: [10n, 0n, 0n], diff: ten }).subarray(0, 31)],
  ])('that %s is refused', async (_, patch) => {
    await expect(apply(patch, 10)).rejects.toMatchObject(refusal);
  });
});

type Stream = readonly [method: number, contentBytes: readonly number[], packed: Uint8Array];

const raw = (...bytes: readonly number[]): Stream => [0, [bytes.length], Uint8Array.from(bytes)];
const zstd = (content: Uint8Array, contentBytes: readonly number[] = [content.length]): Stream => {
  const frame = zstdCompressSync(content);
  return [1, contentBytes, Uint8Array.from([frame.length, ...frame])];
};

/** Of parts below 128 bytes, over a base of 100. */
function own(target: readonly number[], ...streams: readonly Stream[]): Uint8Array {
  return Uint8Array.from([
    ...new TextEncoder().encode('BSDIFFT1'),
    base.length,
    ...target,
    ...streams.flatMap(([method, contentBytes, packed]) => [method, ...contentBytes, packed.length]),
    ...streams.flatMap(([, , packed]) => [...packed]),
  ]);
}

/** Ten bytes from the start of the base; all of which may differ, or none; by nothing. */
const whole = raw(0, 10, 0);
const all = raw(0, 10);
const none = raw(10, 0);
/** 2^35 - 1, the largest number there is; and one that goes on. */
const largest = [0xff, 0xff, 0xff, 0xff, 0x7f];
const endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0];

describe('a patch of the own container', () => {
  test('is applied by hand', async () => {
    const patch = own([13], raw(180, 1, 10, 0, 199, 1, 1, 2), raw(1, 1, 3, 0, 2, 2, 2, 0), raw(5, 1, 250), raw(7, 8));
    const made = [...base.subarray(90), base[0]!, 7, 8];
    for (const [at, by] of [
      [1, 5],
      [7, 1],
      [8, 250],
    ] as const)
      made[at] = (made[at]! + by) & 255;
    expect(await apply(patch, 13)).toEqual(Buffer.from(made));
  });

  test.each<[string, Uint8Array]>([
    ['is for another base', own([10], whole, none, raw(), raw()).map((byte, at) => (at === 8 ? 99 : byte))],
    ['is for another target', own([11], whole, none, raw(), raw())],
    ['is for a target of 2^35 bytes', own(largest, whole, none, raw(), raw())],
    ['has a number that does not end', own(endless, whole, none, raw(), raw())],
    ['has a stream of an unknown method', own([10], whole, all, [3, [10], ten], raw())],
    ['reads before the base', own([10], raw(1, 10, 0), none, raw(), raw())],
    ['reads behind the base', own([10], raw(182, 1, 10, 0), none, raw(), raw())],
    ['seeks by 2^34', own([10], raw(...largest, 10, 0), none, raw(), raw())],
    ['has a length of 2^35', own([10], raw(0, ...largest, 0), none, raw(), raw())],
    ['makes more than its target', own([10], raw(0, 10, 1), none, raw(), raw(1))],
    ['makes less than its target', own([10], raw(0, 9, 0), raw(9, 0), raw(), raw())],
    ['has entries that do nothing', own([10], zstd(new Uint8Array(9000), [0xa8, 0x46]), none, raw(), raw())],
    ['has extra bytes left', own([10], whole, none, raw(), raw(1))],
    ['has too few extra bytes', own([10], raw(0, 9, 1), raw(9, 0), raw(), raw())],
    ['ends within an entry', own([10], raw(0, 10), none, raw(), raw())],
    ['has differences left', own([10], whole, raw(0, 11), zstd(new Uint8Array(11)), raw())],
    ['has too few differences', own([10], whole, all, raw(1, 2, 3), raw())],
    ['has a gap behind its target', own([10], whole, raw(11, 0), raw(), raw())],
    ['has gaps left', own([10], whole, raw(10, 0, 0, 0), raw(), raw())],
    ['has too few gaps', own([10], whole, raw(9, 0), raw(), raw())],
    ['has gaps without end', own([10], whole, zstd(new Uint8Array(20)), raw(), raw())],
    ['has a gap of 2^35', own([10], whole, raw(...largest, 0), raw(), raw())],
    ['has a stream that says too little', own([10], whole, all, zstd(ten, [9]), raw())],
    ['has a stream that says too much', own([10], whole, all, zstd(ten.subarray(1), [10]), raw())],
    ['holds a bomb', own([10], whole, all, zstd(new Uint8Array(30_000), [10]), raw())],
    ['says of a bomb how large it is', own([10], whole, all, zstd(new Uint8Array(30_000), [0xb0, 0xea, 1]), raw())],
    ['has a raw stream of another length', own([10], whole, all, [0, [10], ten.subarray(1)], raw())],
    ['has a block that is no zstd', own([10], whole, all, [1, [10], Uint8Array.of(3, 1, 2, 3)], raw())],
    ['has a block that is no Brotli', own([10], whole, all, [2, [10], Uint8Array.of(3, 255, 255, 255)], raw())],
    ['has a block that is cut', own([10], whole, all, cut(zstd(ten)), raw())],
    ['has a block longer than its stream', own([10], whole, all, [1, [10], Uint8Array.of(100, 1)], raw())],
    ['has something behind a frame', own([10], whole, all, padded(zstd(ten)), raw())],
    ['has a block that it needs not', own([10], whole, all, [1, [10], doubled(zstd(ten)[2])], raw())],
    ['has something behind its streams', Uint8Array.from([...own([10], whole, none, raw(), raw()), 0])],
    ['ends within its head', own([10], whole, none, raw(), raw()).subarray(0, 12)],
  ])('that %s is refused', async (_, patch) => {
    await expect(apply(patch, 10)).rejects.toMatchObject(refusal);
  });

  test('that the table of refusals varies is applied', async () => {
    expect(await apply(own([10], whole, none, raw(), raw()), 10)).toEqual(Buffer.from(base.subarray(0, 10)));
    expect(await apply(own([10], whole, all, zstd(ten), raw()), 10)).toEqual(Buffer.from(base.subarray(0, 10)));
    expect(await apply(classic({ control: [10n, 0n, 0n], diff: ten }), 10)).toEqual(Buffer.from(base.subarray(0, 10)));
  });

  test('cut anywhere is refused', async () => {
    const patch = await bsdiff.make(base, noise(300, 256, 2), {});
    for (let end = 0; end < patch.length; end += 1)
      await expect(apply(patch.subarray(0, end), 300)).rejects.toMatchObject(refusal);
  });
});

/** Its block ends early, and says so. */
function cut([method, contentBytes, packed]: Stream): Stream {
  return [method, contentBytes, Uint8Array.from([packed.length - 2, ...packed.subarray(1, -1)])];
}

function padded([method, contentBytes, packed]: Stream): Stream {
  return [method, contentBytes, Uint8Array.from([packed.length, ...packed.subarray(1), 0])];
}

function doubled(packed: Uint8Array): Uint8Array {
  return Uint8Array.from([...packed, ...packed]);
}
