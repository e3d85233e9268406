import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintRule } from '../rule.ts';
import { sameTable } from '../sql/names.ts';

/** A backfill runs after the last node has the release, an alterColumn before the first: NOT NULL would come too early. */
export const beforeBackfill: LintRule = {
  code: 'THM7243',
  name: 'before-backfill',
  severity: 'error',
  *check({ operations }) {
    const filled = operations.flatMap(({ kind, params }) =>
      kind === 'backfill' ? Object.keys(params.set).map((column) => ({ table: tableName(params.table), column })) : [],
    );
    for (const { kind, index, params } of operations) {
      if (kind !== 'alterColumn' || (params.nullable !== false && params.check === undefined)) continue;
      const { table, column, nullable } = params;
      if (!filled.some((one) => one.column === column && sameTable(one.table, tableName(table)))) continue;
      const what = nullable === false ? 'NOT NULL' : 'a check';
      const safe = asOperation({
        alterColumn: nullable === false ? { table, column, nullable } : { table, column, check: params.check! },
      });
      yield {
        operation: index,
        summary: `${table}.${column} gets ${what} in expand, and is filled only after that, by the backfill of this migration.`,
        fix: `Put ${safe} into a later migration that depends on this one.`,
      };
    }
  },
};
