import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import type { Operation } from '../../../model/documents.ts';
import type { LintRule } from '../rule.ts';
import { asOperations, writtenOperations } from '../sql/as-operations.ts';
import { treeOf } from '../sql/tree.ts';

/** Outside of a transaction nobody knows whether a statement that was cut off has happened, so it is run again. */
export const bareRepeat: LintRule = {
  code: 'THM7244',
  name: 'bare-repeat',
  severity: 'warning',
  *check({ statements, scripts, sql }) {
    for (const { node, operation } of statements) {
      if (scripts.some((script) => script.operation === operation && script.params.transactional !== false)) continue;
      const index = treeOf(node, 'IndexStmt');
      if (index?.concurrent === true) {
        yield {
          operation,
          summary: `Index ${index.idxname ?? 'without a name'} is left invalid by a build that fails, and IF NOT EXISTS takes it for one that is there.`,
          fix: fixOf(asOperations(sql, node)),
        };
        continue;
      }
      const missing = missingGuard(node);
      if (missing === undefined) continue;
      yield {
        operation,
        summary: 'Without a transaction this is run again after it was cut off, and fails then where it had worked.',
        fix: `Write ${missing}, or leave out transactional: false.`,
      };
    }
  },
};

function missingGuard(node: SqlNode): string | undefined {
  const drop = treeOf(node, 'DropStmt') ?? treeOf(node, 'DropdbStmt');
  if (drop !== undefined) return drop.missing_ok === true ? undefined : 'IF EXISTS';
  const made = treeOf(node, 'CreateStmt') ?? treeOf(node, 'CreateSchemaStmt');
  if (made !== undefined) return made.if_not_exists === true ? undefined : 'IF NOT EXISTS';
  const value = treeOf(node, 'AlterEnumStmt');
  return value?.newVal === undefined || value.oldVal !== undefined || value.skipIfNewValExists === true
    ? undefined
    : 'IF NOT EXISTS';
}

function fixOf(safe: readonly Operation[] | undefined): string {
  return safe === undefined
    ? 'Write DROP INDEX CONCURRENTLY IF EXISTS in an operation before it.'
    : `Write ${writtenOperations(safe)}: one that is invalid is dropped and built again.`;
}
