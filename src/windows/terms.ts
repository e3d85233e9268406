/**
 * Conditions that are no calendar: consent, notice, emergency. Approvals count for their target only, and until they
 * expire; an expiry that cannot be read has passed.
 */
import type { Digest } from '../kernel/digest.ts';
import { parseInstant } from '../kernel/units/instant.ts';
import type { DesiredApproval, DesiredTenant } from '../model/desired.ts';

/** Until when an approval counts: Infinity where it never expires. */
function validUntilMs({ expiresAt }: DesiredApproval): number {
  return expiresAt === undefined ? Infinity : (parseInstant(expiresAt) ?? -Infinity);
}

/**
 * Until when an emergency approval of the target opens windows, blackouts, consent, notice and stage approvals; never
 * skew, quorum, gates or bakes. -Infinity where there is none; one without an expiry is invalid.
 */
export function emergencyUntilMs(approvals: readonly DesiredApproval[], target: Digest): number {
  const fitting = approvals.filter(
    (one) => one.target === target && one.subject.kind === 'emergency' && one.expiresAt !== undefined,
  );
  return Math.max(-Infinity, ...fitting.map(validUntilMs));
}

/** By tenant: until when it consents to the target. */
export function consents(approvals: readonly DesiredApproval[], target: Digest): ReadonlyMap<string, number> {
  const until = new Map<string, number>();
  for (const one of approvals) {
    if (one.target !== target || one.subject.kind !== 'tenant') continue;
    const { tenant } = one.subject;
    until.set(tenant, Math.max(until.get(tenant) ?? -Infinity, validUntilMs(one)));
  }
  return until;
}

/** A critical release passes where the tenant says so. */
export function asksForConsent({ policy }: DesiredTenant, critical: boolean): boolean {
  if (critical && policy.criticalAutoUpdate) return false;
  return policy.consent === 'required' || !policy.autoUpdate;
}
