/** Targets from 16 MiB on are made in two parts: by whom, and beside what, changes nothing. */
import { expect, test } from 'vitest';
import { openWorkers } from '../../../src/apps/worker/open-workers.ts';
import { digestBytes } from '../../../src/kernel/digest.ts';
import { refmix } from '../../../src/patch/refmix.ts';
import { applyPatch } from '../../support/patch/apply-patch.ts';
import { noise } from '../../support/patch/kinds-of-files.ts';
import { isSoak } from '../../support/runs.ts';

const workerMs = 300_000;

test('makes and applies the same with any number of workers', { timeout: workerMs }, async () => {
  const base = noise(2 ** 24, 256, 3);
  const target = Buffer.concat([base.subarray(0, 5000), noise(100, 256, 7), base.subarray(5000)]);
  for (let at = 500_009; at < target.length; at += 500_009) target[at] = target[at]! ^ 1;
  const patch = await refmix.make(base, target, {});
  const digest = digestBytes(target);
  expect(digestBytes(await applyPatch(refmix, base, patch, target.length))).toBe(digest);
  for (const workers of [1, 2, 3]) {
    const compute = openWorkers(workers, workerMs);
    try {
      if (isSoak || workers === 2)
        expect(digestBytes(await refmix.make(base, target, { compute }))).toBe(digestBytes(patch));
      expect(digestBytes(await applyPatch(refmix, base, patch, target.length, compute))).toBe(digest);
    } finally {
      await compute.close();
    }
  }
});
