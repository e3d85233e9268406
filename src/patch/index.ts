/**
 * The delta algorithms, one line each; all face the same contract suite. Order says nothing: whoever makes a delta tries
 * those that are allowed and keeps the smallest patch.
 */
import { ThemisError } from '../kernel/error.ts';
import type { DeltaAlgorithm } from '../model/delta.ts';
import type { PatchAlgorithm } from './algorithm.ts';
import { bsdiff } from './bsdiff.ts';
import { refmix } from './refmix.ts';
import { vcdiff } from './vcdiff.ts';
import { xdelta3 } from './xdelta3.ts';
import { zstdDict } from './zstd-dict.ts';

export const patchAlgorithms = [bsdiff, vcdiff, xdelta3, zstdDict, refmix] as const satisfies readonly PatchAlgorithm[];

/** undefined where this Themis does not know the algorithm. */
export function findPatchAlgorithm(id: DeltaAlgorithm): PatchAlgorithm | undefined {
  return patchAlgorithms.find((algorithm) => algorithm.id === id);
}

/** For ids that come from the registry. */
export function patchAlgorithm(id: DeltaAlgorithm): PatchAlgorithm {
  const found = findPatchAlgorithm(id);
  if (found === undefined) throw new ThemisError('BUG', `${id} is not registered`);
  return found;
}
