import { expect, test } from 'vitest';
import type { DeltaAlgorithm } from '../../../../src/model/delta.ts';
import { memoryOf } from '../../../../src/node/delivery/patches/memory-of.ts';

const mebibyte = 2 ** 20;

function step(algorithm: DeltaAlgorithm, patchMiB: number, targetMiB: number) {
  const hash = ''.padStart(64, '0');
  const file = {
    path: 'bin/server',
    baseHash: hash,
    targetHash: hash,
    patchUrl: 'patches/a',
    patchHash: hash,
    patchSize: patchMiB * mebibyte,
    targetSize: targetMiB * mebibyte,
    algorithm,
  };
  return { file, path: 'patches/a' };
}

test.each<[string, Parameters<typeof memoryOf>[0]['steps'], number]>([
  ['BSDIFF: base, patch and 64 MiB', [step('BSDIFF', 3, 500)], 100 + 3 + 64],
  ['VCDIFF: the same', [step('VCDIFF', 3, 500)], 100 + 3 + 64],
  ['REFMIX: 256 MiB', [step('REFMIX', 1, 110)], 100 + 1 + 256],
  ['ZSTD_DICT: the target once more', [step('ZSTD_DICT', 6, 110)], 100 + 6 + 64 + 110],
  ['ZSTD_DICT: the base once more, where it is larger', [step('ZSTD_DICT', 6, 90)], 100 + 6 + 64 + 100],
  ['a chain: what its dearest step needs', [step('BSDIFF', 3, 300), step('BSDIFF', 2, 10)], 300 + 2 + 64],
])('%s', (_, steps, mebibytes) => {
  expect(memoryOf({ steps }, 100 * mebibyte)).toBe(mebibytes * mebibyte);
});
