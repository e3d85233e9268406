import { formatDuration } from '../../../kernel/units/duration.ts';
import type { LintRule } from '../rule.ts';
import { takenAway } from './contract.ts';

const shortestMs = 3_600_000;

/** Until grace has passed a drop can be undone; after that nobody brings the data back. */
export const shortGrace: LintRule = {
  code: 'THM7231',
  name: 'short-grace',
  severity: 'warning',
  *check(world) {
    for (const { operation, what, table, how, graceMs } of takenAway(world.operations)) {
      if (world.isNew(table, operation) || graceMs >= shortestMs) continue;
      const grace = graceMs === 0 ? 'Without grace' : `After a grace of ${formatDuration(graceMs)}`;
      yield {
        operation,
        summary: `${grace} ${what} ${how}: a fault that shows later finds nothing to go back to.`,
        fix: 'Leave out gracePeriod, which is a week then, or make it longer.',
        cost: { table },
      };
    }
  },
};
