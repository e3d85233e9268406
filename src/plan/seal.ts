/**
 * The seal of a plan: SHA-256 over the canonical JSON of all that was reviewed. Left out is what may differ between two
 * plans of the same inputs, or only explains: times, schedule, deferral, findings, summary, and the digest itself.
 */
import type { Digest } from '../kernel/digest.ts';
import { digestJson } from '../kernel/digest.ts';
import type { Plan } from '../model/plan.ts';

const outside = ['createdAt', 'expiresAt', 'schedule', 'deferred', 'findings', 'summary', 'planDigest'] as const;

export type UnsealedPlan = Omit<Plan, 'planDigest'>;

/** Fields this version does not know are covered too: an added one is an alteration. */
export function planDigestOf(plan: UnsealedPlan): Digest {
  const covered: Record<string, unknown> = { ...plan };
  for (const field of outside) covered[field] = undefined;
  return digestJson(covered);
}

export function sealPlan(plan: UnsealedPlan): Plan {
  const planDigest = planDigestOf(plan);
  const { formatVersion, themisVersion, fleet, createdAt, expiresAt, scope, source } = plan;
  const { desiredDigest, targetDigest, observedDigest, ...rest } = plan;
  // The order of fields is that of the format's description.
  const head = { formatVersion, themisVersion, fleet, createdAt, expiresAt, scope, source };
  // Named twice: first for its place, then for its value, should an old seal be among the rest.
  return Object.assign({ ...head, desiredDigest, targetDigest, observedDigest, planDigest }, rest, { planDigest });
}

export function verifySeal(plan: Plan): boolean {
  return planDigestOf(plan) === plan.planDigest;
}
