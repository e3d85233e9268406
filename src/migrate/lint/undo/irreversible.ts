import type { LintRule } from '../rule.ts';
import { irreversibleIn } from './phase-of.ts';

/** Said at review, because it is the reviewer's last chance. */
export const irreversible: LintRule = {
  code: 'THM7234',
  name: 'irreversible',
  severity: 'info',
  *check({ operations }) {
    for (const operation of operations) {
      const found = irreversibleIn(operation);
      if (found === undefined) continue;
      yield {
        operation: operation.index,
        summary: `This ${operation.kind} cannot be undone once its ${found.phase} is done: it ${found.why}.`,
        fix: 'Make sure of a backup from which it comes back.',
      };
    }
  },
};
