import { relationOf } from '../../convert/tree.ts';
import type { SqlNode, SqlParser } from '../../../ports/schema/sql-parser.ts';
import { asOperation } from '../as-operation.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf, type TreeOf } from '../sql/tree.ts';

/** One statement over a table holds the lock of every row that it wrote until its end, and leaves as many dead ones. */
export const writeAllRows: LintRule = {
  code: 'THM7214',
  name: 'write-all-rows',
  severity: 'error',
  *check({ statements, sql, isNew }) {
    for (const { node, operation } of statements) {
      const update = treeOf(node, 'UpdateStmt');
      const write = update ?? treeOf(node, 'DeleteStmt');
      if (write === undefined) continue;
      const table = relationOf(write.relation);
      if (isNew(table, operation)) continue;
      const all = isAlways(write.whereClause);
      const what = update === undefined ? 'DELETE' : 'UPDATE';
      yield {
        operation,
        severity: all ? 'error' : 'warning',
        summary: all
          ? `${what} writes every row of ${writtenName(table)} in one transaction.`
          : `${what} writes in one transaction what its condition finds in ${writtenName(table)}, however much that is.`,
        fix:
          update === undefined
            ? 'Delete in batches outside of the migration, or drop the table after grace.'
            : asBackfill(sql, update),
        cost: { table, work: 'rewrite', online: 'fill' },
      };
    }
  },
};

function isAlways(where: SqlNode | undefined): boolean {
  if (where === undefined) return true;
  return treeOf(where, 'A_Const')?.boolval?.boolval === true;
}

function asBackfill(
  sql: SqlParser,
  { relation, targetList = [], whereClause, fromClause }: TreeOf<'UpdateStmt'>,
): string {
  const set = targetList.flatMap((node) => {
    const target = treeOf(node, 'ResTarget');
    const isPlain = target?.val !== undefined && !('MultiAssignRef' in target.val) && target.indirection === undefined;
    const text = isPlain ? sql.deparse(target.val!) : undefined;
    return target?.name === undefined || text === undefined ? [] : [[target.name, text] as const];
  });
  const where = whereClause === undefined || isAlways(whereClause) ? undefined : sql.deparse(whereClause);
  const isWhole = set.length === targetList.length && fromClause === undefined && relation?.alias === undefined;
  if (!isWhole) return 'Write a backfill: it goes through the table in batches.';
  const table = writtenName(relationOf(relation));
  const backfill = { table, set: Object.fromEntries(set), ...(where === undefined ? {} : { where }) };
  return `Write ${asOperation({ backfill })}: it goes through the table in batches.`;
}
