/**
 * What a plan and an approval are bound to. Both are SHA-256 over the canonical JSON of normalised desired state, so
 * files, order, comments and spelling do not count. The format is an interface: a field that moves between the two,
 * or leaves them, voids approvals.
 */
import { digestJson, type Digest } from '../kernel/digest.ts';
import type { Desired } from '../model/desired.ts';

/** Every document but Approvals, and the lock. */
export function desiredDigest(desired: Desired): Digest {
  return digestJson({
    ...target(desired),
    notifications: desired.notifications,
    otherRollouts: desired.otherRollouts,
    tenants: desired.tenants,
    updatePolicies: desired.updatePolicies,
  });
}

/** What will run: the Fleet, the Rollout it names, Migrations, Databases, Verifications, and the lock. */
export function targetDigest(desired: Desired): Digest {
  return digestJson(target(desired));
}

function target(desired: Desired): object {
  return {
    databases: desired.databases,
    fleet: desired.fleet,
    lock: desired.lock ?? null,
    migrations: desired.migrations,
    rollout: desired.rollout,
    verifications: desired.verifications,
  };
}
