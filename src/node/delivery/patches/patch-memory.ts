/** Whether this node applies a patch: by an algorithm it has, within the limits of that, and in the memory it may take. Pure. */
import { ThemisError } from '../../../kernel/error.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import { findPatchAlgorithm, patchAlgorithm } from '../../../patch/index.ts';
import type { PatchStep } from './plan-patches.ts';

/** Bytes that are held at once while it is applied: what it starts at, itself, and what its algorithm works with. */
export function patchMemoryOf({ file, baseBytes }: PatchStep): number {
  const files = { baseBytes, targetBytes: file.targetSize, mayFreeBase: true };
  return baseBytes + file.patchSize + patchAlgorithm(file.algorithm).limits.applyBytes(files);
}

export type Objection = 'no algorithm' | 'too large' | 'too much memory';

/** Why it is not applied; undefined where it is. `memoryBytes`: as node.yaml says. */
export function objectionTo(step: PatchStep, memoryBytes: number): Objection | undefined {
  const { file, baseBytes } = step;
  const limits = findPatchAlgorithm(file.algorithm)?.limits;
  if (limits === undefined) return 'no algorithm';
  if (baseBytes > limits.baseBytes || file.targetSize > limits.targetBytes) return 'too large';
  return patchMemoryOf(step) > memoryBytes ? 'too much memory' : undefined;
}

/** PATCH_INVALID, or POLICY_REFUSED for what node.yaml decides. */
export function refusalFor(step: PatchStep, objection: Objection, memoryBytes: number): ThemisError {
  const { path, algorithm } = step.file;
  switch (objection) {
    case 'no algorithm':
      return new ThemisError('PATCH_INVALID', `This Themis has no ${algorithm}.`);
    case 'too large':
      return new ThemisError('PATCH_INVALID', `${path} is too large for ${algorithm}.`);
    case 'too much memory':
      return new ThemisError(
        'POLICY_REFUSED',
        `The patch of ${path} takes ${formatSize(patchMemoryOf(step))} of memory; patchMemory in node.yaml allows ${formatSize(memoryBytes)}.`,
      );
  }
}
