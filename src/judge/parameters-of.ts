import type { DesiredGate } from '../model/desired.ts';
import type { JudgeParameters } from '../model/verdict.ts';
import { rounded } from './numbers.ts';

/**
 * Probability of stopping a good rollout, over all its gates, stages, hops and looks together. What is promised is 0.05;
 * a fifth is kept for the little by which neighbouring blocks still depend on each other.
 */
const familyAlpha = 0.04;
const hourMs = 3_600_000;

export interface Rollout {
  /** How often a gate of this rollout is compared: the sum over its stages and hops of the gates compared there. */
  readonly comparisons: number;
  /** Between two looks; readings are not closer than that. */
  readonly lookMs: number;
  /** Of this gate, by `alphaShare`; 1: an even share. */
  readonly share?: number;
}

/**
 * alpha is divided over comparisons (Bonferroni). A gate's e-value may be looked at as often as one likes, so looks
 * cost nothing; another stage is another test, so stages do.
 */
export function parametersOf({ comparisons, lookMs, share = 1 }: Rollout): JudgeParameters {
  return {
    alpha: rounded((familyAlpha * share) / Math.max(1, comparisons)),
    blockMs: Math.max(5000, 2 * lookMs),
    historyMs: hourMs,
    staleMs: Math.max(120_000, 4 * lookMs),
  };
}

/**
 * How many even shares of alpha a gate gets among all of its rollout; they add up to the number of gates compared. Half goes
 * to gates that count failures: those are rare, so each factor in alpha costs them minutes, and the others seconds.
 */
export function alphaShare(gate: DesiredGate, gates: readonly DesiredGate[]): number {
  const compared = gates.filter(({ worseBy }) => worseBy !== null);
  const failures = compared.filter(countsFailures).length;
  const others = compared.length - failures;
  if (gate.worseBy === null || failures === 0 || others === 0) return 1;
  return compared.length / 2 / (countsFailures(gate) ? failures : others);
}

function countsFailures({ metric }: DesiredGate): boolean {
  return metric === 'errorRate' || metric === 'transactionFailureRate';
}

/** The gate where there is nothing to compare with (the last stage, leaders): its own limits still count. */
export function withoutComparison(gate: DesiredGate): DesiredGate {
  return { ...gate, worseBy: null };
}
