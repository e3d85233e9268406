import { tableName } from '../../sql/quote.ts';
import type { LintRule } from '../rule.ts';

/** A constraint that is never validated says nothing about the rows that were there. */
export const unvalidated: LintRule = {
  code: 'THM7241',
  name: 'unvalidated',
  severity: 'warning',
  *check({ operations, isNew }) {
    for (const { kind, index, params } of operations) {
      if (kind !== 'addConstraint' || params.validate !== false) continue;
      const table = tableName(params.table);
      if (isNew(table, index)) continue;
      yield {
        operation: index,
        summary: `Constraint ${params.name} of ${params.table} is not validated: rows that are there may break it, and the planner does not trust it.`,
        fix: 'Leave out validate: validation keeps nobody out.',
        cost: { table, online: 'scan' },
      };
    }
  },
};
