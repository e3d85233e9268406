import fc from 'fast-check';
import { describe, test } from 'vitest';
import { makeClassicBsdiff } from '../../../src/patch/bsdiff.ts';
import { patchAlgorithms } from '../../../src/patch/index.ts';
import { judgePatch } from '../../support/patch/apply-patch.ts';
import { mutate, mutations } from '../../support/patch/mutations.ts';
import { noise } from '../../support/patch/noise.ts';
import type { FilePair } from '../../support/patch/related-files.ts';
import { runs } from '../../support/runs.ts';

const text = new TextEncoder().encode('call printf; mov eax, ebx; ret; '.repeat(20));

/** Small, so that a mutation meets every part of a patch; each brings other instructions about. */
const pairs: readonly FilePair[] = [
  { base: noise(600, 1), target: noise(600, 1).map((byte, at) => (at % 8 === 3 ? byte + 16 : byte)) },
  { base: text, target: Uint8Array.from([...text.subarray(300), 1, 2, 3, ...text.subarray(10, 200)]) },
  { base: noise(50, 2), target: new Uint8Array(700) },
  { base: new Uint8Array(0), target: noise(40, 3) },
  { base: text, target: Uint8Array.from([...noise(80, 4), ...text, ...noise(80, 4)]) },
];

describe.each(patchAlgorithms)('$id', (algorithm) => {
  test('a damaged patch or base leads to a refusal or to other bytes, and never to more than the target', async () => {
    const made = await Promise.all(
      pairs.map(async (pair) => ({ ...pair, patch: await algorithm.make(pair.base, pair.target, {}) })),
    );
    const all = algorithm.id === 'BSDIFF' ? [...made, ...pairs.map((pair) => classic(pair))] : made;
    await fc.assert(
      // What is neither a refusal nor bytes is an error that goes on, and so are bytes too many.
      fc.asyncProperty(fc.constantFrom(...all), mutations, fc.nat(7), async ({ base, target, patch }, by, choice) => {
        if (choice === 0) await judgePatch(algorithm, mutate(base, by), patch, target);
        else await judgePatch(algorithm, base, mutate(patch, by), target);
      }),
      runs(100_000),
    );
  });
});

function classic(pair: FilePair): FilePair & { readonly patch: Uint8Array } {
  return { ...pair, patch: makeClassicBsdiff(pair.base, pair.target) };
}
