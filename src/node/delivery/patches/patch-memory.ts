/** Whether this node applies a patch: by an algorithm it has, within the limits of that, and in the memory it may take. Pure. */
import { ThemisError } from '../../../kernel/error.ts';
import { findPatchAlgorithm, patchAlgorithm } from '../../../patch/index.ts';
import type { PatchStep } from './plan-patches.ts';

/** Bytes that are held at once while it is applied: what it starts at, itself, and what its algorithm works with. */
export function patchMemoryOf({ file, baseBytes }: PatchStep): number {
  const files = { baseBytes, targetBytes: file.targetSize, mayFreeBase: true };
  return baseBytes + file.patchSize + patchAlgorithm(file.algorithm).limits.applyBytes(files);
}

/** Why it is not applied: PATCH_INVALID or POLICY_REFUSED; undefined where it is. `memoryBytes`: as node.yaml says. */
export function objectionTo(step: PatchStep, memoryBytes: number): ThemisError | undefined {
  const { file, baseBytes } = step;
  const algorithm = findPatchAlgorithm(file.algorithm);
  if (algorithm === undefined) return new ThemisError('PATCH_INVALID', `This Themis has no ${file.algorithm}.`);
  const { limits } = algorithm;
  if (baseBytes > limits.baseBytes || file.targetSize > limits.targetBytes)
    return new ThemisError('PATCH_INVALID', `${file.path} is too large for ${file.algorithm}.`);
  const neededBytes = patchMemoryOf(step);
  if (neededBytes <= memoryBytes) return undefined;
  return new ThemisError(
    'POLICY_REFUSED',
    `The patch of ${file.path} takes ${neededBytes} bytes of memory; patchMemory in node.yaml allows ${memoryBytes}.`,
  );
}
