import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { relationOf } from '../../convert/tree.ts';
import type { LintRule } from '../rule.ts';
import { lockedFromAll } from '../sql/locks.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

/** A lock is kept until the transaction ends, whatever else the transaction does meanwhile. */
export const workUnderLock: LintRule = {
  code: 'THM7245',
  name: 'work-under-lock',
  severity: 'warning',
  concerns: 'others',
  *check({ scripts, isNew }) {
    for (const { operation, statements, transactional } of scripts) {
      if (!transactional) continue;
      const isOld = (node: SqlNode) => lockedFromAll(node).filter((table) => !isNew(table, operation));
      const first = statements.findIndex(({ node }) => isOld(node).length > 0);
      if (first < 0) continue;
      const work = statements.slice(first + 1).find(({ node }) => takesLong(node));
      if (work === undefined) continue;
      const [table] = isOld(statements[first]!.node);
      yield {
        operation,
        summary: `Nobody can use ${writtenName(table!)} until ${takesLong(work.node)!} that comes after it is done: one transaction does both.`,
        fix: 'Write an operation for each, the short one that locks last.',
        cost: { table: table! },
      };
    }
  },
};

/** What reads or writes as much as there is. */
function takesLong(node: SqlNode): string | undefined {
  const update = treeOf(node, 'UpdateStmt') ?? treeOf(node, 'DeleteStmt');
  if (update !== undefined) return `the writing of ${writtenName(relationOf(update.relation))}`;
  const insert = treeOf(node, 'InsertStmt');
  if (treeOf(insert?.selectStmt, 'SelectStmt')?.fromClause !== undefined) return 'the copying';
  const index = treeOf(node, 'IndexStmt');
  if (index !== undefined) return `index ${index.idxname ?? `of ${writtenName(relationOf(index.relation))}`}`;
  const validates = (treeOf(node, 'AlterTableStmt')?.cmds ?? []).some(
    (one) => treeOf(one, 'AlterTableCmd')?.subtype === 'AT_ValidateConstraint',
  );
  return validates ? 'the validation' : undefined;
}
