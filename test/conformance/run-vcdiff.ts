/** Judges VCDIFF cases with the algorithm that applies patches. */
import type { PatchAlgorithm } from '../../src/patch/algorithm.ts';
import { judgePatch } from '../support/patch/apply-patch.ts';
import type { VcdiffCase } from './vcdiff-cases.ts';

export interface VcdiffSummary {
  readonly cases: number;
  readonly wrongAccepts: readonly string[];
  readonly wrongRejects: readonly string[];
}

export async function runVcdiff(algorithm: PatchAlgorithm, cases: readonly VcdiffCase[]): Promise<VcdiffSummary> {
  const wrongAccepts: string[] = [];
  const wrongRejects: string[] = [];
  for (const { id, shouldApply, source, delta, target } of cases) {
    const found = await judgePatch(algorithm, source, delta, target);
    // Other bytes than the target, or another size of it, is no refusal of the patch.
    if (shouldApply && found !== 'ok') wrongRejects.push(`${id}: ${found}`);
    if (!shouldApply && ['ok', 'other bytes', 'TARGET_SIZE'].includes(found)) wrongAccepts.push(`${id}: ${found}`);
  }
  return { cases: cases.length, wrongAccepts, wrongRejects };
}

/** Nothing wrong, and nothing of the directory left out. */
export function isVcdiffConformant({ cases, wrongAccepts, wrongRejects }: VcdiffSummary, held: number): boolean {
  return held > 0 && cases === held && wrongAccepts.length + wrongRejects.length === 0;
}

export function vcdiffLine({ cases, wrongAccepts, wrongRejects }: VcdiffSummary): string {
  return `vcdiff: ${cases} cases, ${wrongAccepts.length} wrong accepts, ${wrongRejects.length} wrong rejects`;
}
