/** What every delta algorithm of the registry keeps, whatever it is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deltaAlgorithms } from '../../src/model/delta.ts';
import { patchAlgorithms } from '../../src/patch/index.ts';
import { applyPatch, judgePatch } from '../support/patch/apply-patch.ts';
import { kindsOfFiles, noise } from '../support/patch/kinds-of-files.ts';
import { relatedFiles } from '../support/patch/related-files.ts';
import { runs } from '../support/runs.ts';

const empty = new Uint8Array(0);
const period = (text: string, times: number): Uint8Array => new TextEncoder().encode(text.repeat(times));
const moved = (bytes: Uint8Array, at: number): Uint8Array =>
  Uint8Array.from([...bytes.subarray(at), ...bytes.subarray(0, at)]);
/** As a linker does it: every eighth byte is greater. */
const relocated = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at % 8 === 3 ? byte + 16 : byte));

/** More than a block of any algorithm that works in blocks, and cheap to align. */
function large(seed: number): Uint8Array {
  const bytes = new Uint8Array(4_300_000);
  for (let at = 0; at < bytes.length; at += 86_000) bytes.set(noise(1000, 256, at + seed), at);
  return bytes;
}

const files: readonly (readonly [name: string, base: Uint8Array, target: Uint8Array])[] = [
  ...kindsOfFiles().map(({ name, base, target }) => [name, base, target] as const),
  ['one byte', Uint8Array.of(7), Uint8Array.of(8)],
  ['the same byte', Uint8Array.of(7), Uint8Array.of(7)],
  ['another period', period('abcabd', 2000), period('abcabe', 2000)],
  ['the base many times over', noise(997, 256, 3), Buffer.alloc(300_000, noise(997, 256, 3))],
  ['two halves in the other order', noise(60_000, 256, 4), moved(noise(60_000, 256, 4), 25_000)],
  ['references that moved', noise(60_000, 256, 5), relocated(noise(60_000, 256, 5))],
  ['a large file', large(1), large(2)],
];

test('every algorithm a delta may name is registered once', () => {
  expect(patchAlgorithms.map(({ id }) => id as string).sort()).toEqual([...deltaAlgorithms].sort());
});

describe.each(patchAlgorithms)('$id', (algorithm) => {
  test.each(files)('makes and applies %s', async (_, base, target) => {
    const patch = await algorithm.make(base, target, {});
    expect(await judgePatch(algorithm, base, patch, target)).toBe('ok');
    expect(await judgePatch(algorithm, base, patch, new Uint8Array(target.length + 1))).not.toMatch(/^(?:ok|other)/u);
  });

  test('what is made of edited, equal, empty and unrelated files gives the target, in no more bytes than it has', async () => {
    await fc.assert(
      fc.asyncProperty(relatedFiles, async ({ base, target }) => {
        const patch = await algorithm.make(base, target, {});
        expect(await applyPatch(algorithm, base, patch, target.length)).toEqual(Buffer.from(target));
      }),
      runs(5000),
    );
  });

  test('equal files give equal patches, and stay as they are', async () => {
    const base = noise(20_000, 256, 8);
    const target = relocated(moved(base, 7000));
    const before = [base.slice(), target.slice()];
    const patch = await algorithm.make(base, target, {});
    expect(await algorithm.make(base.slice(), target.slice(), {})).toEqual(patch);
    await applyPatch(algorithm, base, patch, target.length);
    expect([base, target]).toEqual(before);
  });

  test('files and patches may lie anywhere in memory', async () => {
    const base = noise(20_000, 256, 9);
    const target = relocated(base);
    const shifted = (bytes: Uint8Array, by: number): Uint8Array => {
      const room = new Uint8Array(bytes.length + by);
      room.set(bytes, by);
      return room.subarray(by);
    };
    const patch = await algorithm.make(shifted(base, 1), shifted(target, 2), {});
    expect(patch).toEqual(await algorithm.make(base, target, {}));
    expect(await judgePatch(algorithm, shifted(base, 3), shifted(patch, 1), target)).toBe('ok');
  });

  test('a patch is refused for a target of any other size', async () => {
    const base = noise(5000, 256, 10);
    const target = relocated(base);
    const patch = await algorithm.make(base, target, {});
    for (const size of [0, 1, target.length - 1, target.length + 1, 2 * target.length, algorithm.limits.targetBytes])
      await expect(applyPatch(algorithm, base, patch, size)).rejects.toMatchObject({ code: 'PATCH_INVALID' });
  });

  test('over another base it is refused or makes other bytes', async () => {
    const base = noise(5000, 256, 11);
    const target = moved(base, 2000);
    const patch = await algorithm.make(base, target, {});
    for (const other of [empty, base.subarray(0, -1), base.subarray(0, 100), relocated(base), noise(9000, 256, 12)])
      expect(await judgePatch(algorithm, other, patch, target)).not.toBe('ok');
  });

  test('bytes that are no patch are refused', async () => {
    const base = noise(5000, 256, 13);
    for (const bytes of [empty, Uint8Array.of(0), new Uint8Array(100), noise(1000, 256, 14), base])
      await expect(applyPatch(algorithm, base, bytes, 5000)).rejects.toMatchObject({ code: 'PATCH_INVALID' });
  });

  test('making and applying end when they are cancelled', async () => {
    const base = noise(5000, 256, 15);
    const cancelled = algorithm.make(base, relocated(base), { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    const patch = await algorithm.make(base, relocated(base), {});
    const applied = algorithm.apply(base, patch, { targetBytes: base.length, signal: AbortSignal.abort() });
    await expect(Array.fromAsync(applied)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
