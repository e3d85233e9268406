import type { LintRule } from '../rule.ts';
import { lockedFromAll } from '../sql/locks.ts';
import { writtenName } from '../sql/names.ts';

/** Two tables locked one after the other: whoever uses them the other way round waits for ever, or is cut off. */
export const manyLocks: LintRule = {
  code: 'THM7217',
  name: 'many-locks',
  severity: 'warning',
  concerns: 'others',
  *check({ scripts, isNew }) {
    for (const { operation, statements, transactional } of scripts) {
      if (!transactional) continue;
      const locked = statements.flatMap(({ node }) => lockedFromAll(node)).filter((table) => !isNew(table, operation));
      const names = [...new Set(locked.map(writtenName))];
      if (names.length < 2) continue;
      yield {
        operation,
        summary: `One transaction locks ${names.slice(0, -1).join(', ')} and ${names.at(-1)!} from everybody, one after the other: that deadlocks with who uses them in another order.`,
        fix: 'Write one operation for each table.',
      };
    }
  },
};
