/**
 * What making a file takes at most: base, patch, and what the algorithm holds beside them, of the step that takes the
 * most; each step starts at what the one before it made. Pure.
 */
import { patchAlgorithm } from '../../../patch/index.ts';
import type { PatchPlan } from './plan-patches.ts';

/** In bytes. `baseBytes`: of the file that the first step starts at. */
export function memoryOf({ steps }: Pick<PatchPlan, 'steps'>, baseBytes: number): number {
  let most = 0;
  let from = baseBytes;
  for (const { file } of steps) {
    const { algorithm, patchSize, targetSize } = file;
    const files = { baseBytes: from, targetBytes: targetSize, mayFreeBase: true };
    most = Math.max(most, from + patchSize + patchAlgorithm(algorithm).limits.applyBytes(files));
    from = targetSize;
  }
  return most;
}
