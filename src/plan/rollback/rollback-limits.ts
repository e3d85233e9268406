/** The limits a rollback keeps: the strictest that the last plan named, else the defaults of a Rollout. */
import type { Plan } from '../../model/plan.ts';

export interface RollbackLimits {
  readonly maxUnavailable: number;
  readonly maxMinorSkew: number;
  readonly healthTimeoutMs: number;
}

const defaults: RollbackLimits = { maxUnavailable: 1, maxMinorSkew: 1, healthTimeoutMs: 30_000 };

export function rollbackLimits(lastPlan: Plan | undefined): RollbackLimits {
  if (lastPlan === undefined) return defaults;
  let maxUnavailable = Infinity;
  let maxMinorSkew = 0;
  for (const constraint of lastPlan.constraints) {
    if (constraint.kind === 'maxUnavailable') maxUnavailable = Math.min(maxUnavailable, constraint.value);
    // The plan was allowed this much apart; going back the same way needs as much.
    if (constraint.kind === 'maxMinorSkew') maxMinorSkew = Math.max(maxMinorSkew, constraint.value);
  }
  let healthTimeoutMs = 0;
  for (const step of lastPlan.steps) {
    const timeout = step.params?.['healthTimeoutMs'];
    if (typeof timeout === 'number') healthTimeoutMs = Math.max(healthTimeoutMs, timeout);
  }
  return {
    maxUnavailable: Number.isFinite(maxUnavailable) ? maxUnavailable : defaults.maxUnavailable,
    maxMinorSkew: maxMinorSkew || defaults.maxMinorSkew,
    healthTimeoutMs: healthTimeoutMs || defaults.healthTimeoutMs,
  };
}
