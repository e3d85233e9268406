/**
 * The registry of delta algorithms: one file and one line each. A `delta.json` may name what this list has not: those
 * files come whole, and no others.
 */
import { ThemisError } from '../kernel/error.ts';
import type { PatchAlgorithm } from './algorithm.ts';
import { bsdiff } from './bsdiff.ts';
import { refmix } from './refmix.ts';
import { vcdiff } from './vcdiff.ts';
import { xdelta3 } from './xdelta3.ts';
import { zstdDict } from './zstd-dict.ts';

export const patchAlgorithms = [bsdiff, vcdiff, xdelta3, zstdDict, refmix] as const satisfies readonly PatchAlgorithm[];

export function findPatchAlgorithm(id: string): PatchAlgorithm | undefined {
  return patchAlgorithms.find((algorithm) => algorithm.id === id);
}

/** PATCH_INVALID for one that this Themis has not. */
export function patchAlgorithm(id: string): PatchAlgorithm {
  const found = findPatchAlgorithm(id);
  if (found !== undefined) return found;
  throw new ThemisError('PATCH_INVALID', `This Themis has no ${id}.`);
}
