import type { DesiredGate } from '../model/desired.ts';
import type { JudgeParameters } from '../model/verdict.ts';
import { rounded } from './numbers.ts';

/** Probability of stopping a good rollout, over all its gates, stages, hops and looks together. */
const familyAlpha = 0.05;
const hourMs = 3_600_000;

export interface Rollout {
  /** How often a gate of this rollout is compared: the sum over its stages and hops of the gates compared there. */
  readonly comparisons: number;
  /** Between two looks; readings are not closer than that. */
  readonly lookMs: number;
}

/**
 * alpha is divided evenly (Bonferroni). A gate's e-value may be looked at as often as one likes, so looks cost
 * nothing; another stage is another test, so stages do.
 */
export function parametersOf({ comparisons, lookMs }: Rollout): JudgeParameters {
  return {
    alpha: rounded(familyAlpha / Math.max(1, comparisons)),
    blockMs: Math.max(5000, 2 * lookMs),
    historyMs: hourMs,
    staleMs: Math.max(120_000, 4 * lookMs),
  };
}

/** The gate where there is nothing to compare with (the last stage, leaders): its own limits still count. */
export function withoutComparison(gate: DesiredGate): DesiredGate {
  return { ...gate, worseBy: null };
}
