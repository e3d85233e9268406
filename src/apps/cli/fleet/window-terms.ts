/** What windows are asked with, where no plan says it: how long a node takes, and since when tenants know. */
import type { Digest } from '../../../kernel/digest.ts';
import { parseInstant } from '../../../kernel/units/instant.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import { estimateMs } from '../../../plan/rollout/estimate.ts';

/** Switch and rollback of one node, as this fleet measured them, else as declared for a node without history. */
export function expectedNeedMs({ estimates }: RolloutRecord): number {
  return estimateMs('node-update', 0, estimates) + estimateMs('node-rollback', 0, estimates);
}

/** When a rollout of the target started: tenants are told then. Else it could start now. */
export function noticeStartMs({ current }: RolloutRecord, target: Digest, nowMs: number): number {
  if (current === null || current.target !== target) return nowMs;
  return parseInstant(current.startedAt) ?? nowMs;
}
