/** What every delta algorithm owes: the target back, equal patches of equal files, and no harm from any other patch. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PatchAlgorithm } from '../../../src/patch/algorithm.ts';
import { runs } from '../runs.ts';
import { applyPatch, judgePatch } from './apply-patch.ts';
import { edited, kindsOfFiles, noise, programBytes } from './kinds-of-files.ts';
import { mutatedPatches } from './mutated-patches.ts';
import { relatedFiles } from './related-files.ts';

export function describeAlgorithm(algorithm: PatchAlgorithm, morePatches: readonly PatchOf[] = []): void {
  describe(`the algorithm ${algorithm.id}`, () => {
    test('gives the target back, whatever the files', async () => {
      for (const { name, base, target } of kindsOfFiles()) {
        const patch = await algorithm.make(base, target, {});
        expect(await judgePatch(algorithm, base, patch, target), name).toBe('ok');
        expect(Buffer.compare(await algorithm.make(base, target, {}), patch), name).toBe(0);
      }
    });

    test('gives the target back after random edits', async () => {
      await fc.assert(
        fc.asyncProperty(relatedFiles, async ({ base, target }) => {
          const patch = await algorithm.make(base, target, {});
          expect(await judgePatch(algorithm, base, patch, target)).toBe('ok');
        }),
        runs(20_000),
      );
    });

    test('makes no more than the target of a mutated patch, within its memory, or refuses it', async () => {
      const patches = [...(await smallPatches(algorithm)), ...morePatches];
      const before = process.memoryUsage().arrayBuffers;
      await fc.assert(
        fc.asyncProperty(mutatedPatches(patches.map(({ patch }) => patch)), async ({ index, patch }) => {
          const { base, target } = patches[index]!;
          // Anything but a refusal, and one byte too many, throws.
          await judgePatch(algorithm, base, patch, target);
          const held = process.memoryUsage().arrayBuffers - before;
          expect(held).toBeLessThan(2 * algorithm.limits.applyBytes);
        }),
        runs(100_000),
      );
    });

    test('makes nothing when it is cancelled', async () => {
      const bytes = programBytes(1000);
      const cancelled = { signal: AbortSignal.abort() };
      await expect(algorithm.make(bytes, bytes, cancelled)).rejects.toMatchObject({ code: 'CANCELLED' });
      const patch = await algorithm.make(bytes, bytes, {});
      const parts = algorithm.apply(bytes, patch, { targetBytes: 1000, ...cancelled })[Symbol.asyncIterator]();
      await expect(parts.next()).rejects.toMatchObject({ code: 'CANCELLED' });
    });

    test('refuses a target of another size', async () => {
      const bytes = programBytes(1000);
      const patch = await algorithm.make(bytes, bytes, {});
      for (const targetBytes of [0, 999, 1001, 2 ** 31])
        await expect(applyPatch(algorithm, bytes, patch, targetBytes)).rejects.toMatchObject({ code: 'PATCH_INVALID' });
    });
  });
}

export interface PatchOf {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
  readonly patch: Uint8Array;
}

async function smallPatches(algorithm: PatchAlgorithm): Promise<readonly PatchOf[]> {
  const code = programBytes(6000, 50_000);
  const pairs = [
    { base: code, target: edited(code) },
    { base: code, target: Buffer.concat([code.subarray(3000), code.subarray(0, 2500)]) },
    { base: new Uint8Array(), target: noise(300, 5) },
    { base: code, target: code },
  ];
  return await Promise.all(
    pairs.map(async ({ base, target }) => ({ base, target, patch: await algorithm.make(base, target, {}) })),
  );
}
