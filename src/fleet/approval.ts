import type { Digest } from '../kernel/digest.ts';
import { parseInstant } from '../kernel/units/instant.ts';
import type { DesiredApproval } from '../model/desired.ts';
import { emergencyUntilMs } from '../windows/terms.ts';

/**
 * Whether a stage of a target is approved now. An approval of another target is void, as if it were not there; one
 * that has expired, or whose expiry cannot be read, is there but invalid. An emergency approval opens every stage as
 * long as it counts; after that it is as if it were not there.
 */
export function stageApproval(
  approvals: readonly DesiredApproval[],
  target: Digest,
  stage: number,
  nowMs: number,
): 'approved' | 'absent' | 'invalid' {
  if (nowMs < emergencyUntilMs(approvals, target)) return 'approved';
  const fitting = approvals.filter(
    (one) => one.target === target && one.subject.kind === 'stage' && one.subject.stage === stage,
  );
  if (fitting.length === 0) return 'absent';
  const open = fitting.some((one) => one.expiresAt === undefined || (parseInstant(one.expiresAt) ?? -Infinity) > nowMs);
  return open ? 'approved' : 'invalid';
}
