import { relationOf } from '../../convert/tree.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** As the parser counts them: SHARE and all above keep out writers, the last one readers too. */
const shareMode = 5;
const accessExclusiveMode = 8;

/** LOCK TABLE keeps others out until the transaction ends, and they queue while it waits itself. */
export const lockTable: LintRule = {
  code: 'THM7212',
  name: 'lock-table',
  severity: 'error',
  concerns: 'others',
  *check({ statements, isNew }) {
    for (const { node, operation } of statements) {
      const lock = treeOf(node, 'LockStmt');
      if (lock === undefined || (lock.mode ?? 0) < shareMode) continue;
      for (const relation of lock.relations ?? []) {
        const table = relationOf(treeOf(relation, 'RangeVar'));
        if (isNew(table, operation)) continue;
        const whom = lock.mode === accessExclusiveMode ? 'everybody' : 'writers';
        yield {
          operation,
          summary: `LOCK TABLE keeps ${whom} out of ${writtenName(table)} until the operation ends.`,
          fix: 'Remove it: operations of Themis take the weakest lock that does, for a moment, and give up rather than wait.',
          cost: { table },
        };
      }
    }
  },
};
