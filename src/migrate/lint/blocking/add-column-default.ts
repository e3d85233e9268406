import type { Operation } from '../../../model/documents.ts';
import { asOperations, writtenOperations } from '../sql/as-operations.ts';
import type { LintRule } from '../rule.ts';
import { addedColumn, defaultExpressionOf } from '../sql/column.ts';
import { writtenName } from '../sql/names.ts';
import { volatileCall } from '../sql/volatility.ts';

/** A default that differs from row to row is computed for all of them under the lock. */
export const addColumnDefault: LintRule = {
  code: 'THM7201',
  name: 'add-column-default',
  severity: 'error',
  concerns: 'others',
  *check({ alters, catalog, sql, isNew }) {
    for (const alter of alters) {
      const column = addedColumn(alter);
      const { table, statement } = alter;
      if (column === undefined || isNew(table, statement.operation)) continue;
      const call = volatileCall(defaultExpressionOf(column), catalog);
      if (call === undefined) continue;
      yield {
        operation: statement.operation,
        summary: `Adding ${writtenName(table)}.${column.name} with ${call}() as its default writes every row anew under a lock.`,
        fix: fixOf(asOperations(sql, alter.alone), writtenName(table)),
        cost: { table, work: 'rewrite', blocks: 'everybody', online: 'fill' },
      };
    }
  },
};

function fixOf(safe: readonly Operation[] | undefined, table: string): string {
  return safe === undefined
    ? `Add it without the default, set the default, and fill ${table} with a backfill.`
    : `Write ${writtenOperations(safe)}: rows that are there are filled in batches.`;
}
