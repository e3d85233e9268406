import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeClassicBsdiff } from '../../../src/patch/bsdiff.ts';
import type { PatchAlgorithm } from '../../../src/patch/algorithm.ts';
import { patchAlgorithms } from '../../../src/patch/index.ts';
import { judgePatch } from '../../support/patch/apply-patch.ts';
import { edited, noise, programBytes } from '../../support/patch/kinds-of-files.ts';
import { mutatedPatches } from '../../support/patch/mutated-patches.ts';
import { hasXdelta3, makeWithXdelta3 } from '../../support/patch/xdelta3-program.ts';
import { runs } from '../../support/runs.ts';

interface Files {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
}
interface PatchOf extends Files {
  readonly patch: Uint8Array;
}

const code = programBytes(6000, 50_000);
const text = new TextEncoder().encode('call printf; mov eax, ebx; ret; '.repeat(20));

/** Small, so that damage meets every part of a patch; each brings other instructions about. */
const pairs: readonly Files[] = [
  { base: code, target: edited(code) },
  { base: code, target: Buffer.concat([code.subarray(3000), code.subarray(0, 2500)]) },
  { base: text, target: Buffer.concat([noise(80, 256, 4), text.subarray(300), Uint8Array.of(1, 2, 3), text]) },
  { base: noise(50, 256, 2), target: new Uint8Array(700) },
  { base: new Uint8Array(0), target: noise(300, 5) },
  { base: text, target: text },
];

const warmUpRounds = 50;

/** What `make` does not make, but `apply` reads. */
function madeOtherwise(id: PatchAlgorithm['id']): readonly PatchOf[] {
  if (id === 'BSDIFF')
    return pairs.map(({ base, target }) => ({ base, target, patch: makeClassicBsdiff(base, target) }));
  if (id !== 'XDELTA3' || !hasXdelta3) return [];
  const base = programBytes(30_000, 90_000);
  const target = edited(base, 9);
  return [[], ['-S', 'djw'], ['-S', 'djw', '-n']].map((options) => ({
    base,
    target,
    patch: makeWithXdelta3(options, base, target),
  }));
}

describe.each(patchAlgorithms)('$id', (algorithm) => {
  test('makes of a damaged patch no more than the target, within its memory, or refuses it', async () => {
    const made = pairs.map(async (pair) => ({ ...pair, patch: await algorithm.make(pair.base, pair.target, {}) }));
    const patches: readonly PatchOf[] = [...(await Promise.all(made)), ...madeOtherwise(algorithm.id)];
    // The engine's own heap and compiled code come first: they are not of a patch.
    for (let round = 0; round < warmUpRounds; round += 1) {
      for (const { base, patch, target } of patches) await judgePatch(algorithm, base, patch, target);
    }
    // What libraries in C++ take counts too: the peak of the process, which never falls.
    const beforeBytes = process.memoryUsage().rss;
    await fc.assert(
      fc.asyncProperty(mutatedPatches(patches.map(({ patch }) => patch)), async ({ index, patch }) => {
        const { base, target } = patches[index]!;
        // Anything but a refusal, and one byte too many, throws.
        await judgePatch(algorithm, base, patch, target);
      }),
      runs(100_000),
    );
    const files = { baseBytes: code.length, targetBytes: code.length };
    expect(process.resourceUsage().maxRSS * 1024 - beforeBytes).toBeLessThan(algorithm.limits.applyBytes(files));
  });

  test('makes of a base that is not its own no more than the target, or refuses it', async () => {
    const target = edited(code);
    const patch = await algorithm.make(code, target, {});
    await fc.assert(
      fc.asyncProperty(mutatedPatches([code]), async ({ patch: other }) => {
        await judgePatch(algorithm, other, patch, target);
      }),
      runs(5000),
    );
  });
});
