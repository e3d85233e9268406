import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import type { LintRule } from '../rule.ts';
import { treeOf } from '../sql/tree.ts';

/** What PostgreSQL refuses to run in a transaction. Several statements that are sent at once are one, too. */
export const outsideTransaction: LintRule = {
  code: 'THM7208',
  name: 'outside-transaction',
  severity: 'error',
  isFact: true,
  *check({ statements, scripts }) {
    for (const { node, operation, transactional } of statements) {
      const what = transactional ? bareOnly(node) : undefined;
      if (what === undefined) continue;
      const alone = scripts.find((script) => script.operation === operation)!.statements.length === 1;
      yield {
        operation,
        summary: `${what} cannot run in a transaction, and ${alone ? 'this operation is one' : 'the statements of one operation are one'}.`,
        fix: alone ? 'Set transactional: false.' : 'Give it a rawSql operation of its own, with transactional: false.',
      };
    }
  },
};

function bareOnly(node: SqlNode): string | undefined {
  if (treeOf(node, 'IndexStmt')?.concurrent === true) return 'CREATE INDEX CONCURRENTLY';
  if (treeOf(node, 'DropStmt')?.concurrent === true) return 'DROP INDEX CONCURRENTLY';
  const options = (list: readonly SqlNode[] | undefined): readonly (string | undefined)[] =>
    (list ?? []).map((one) => treeOf(one, 'DefElem')?.defname);
  if (options(treeOf(node, 'ReindexStmt')?.params).includes('concurrently')) return 'REINDEX CONCURRENTLY';
  const vacuum = treeOf(node, 'VacuumStmt');
  if (vacuum?.is_vacuumcmd === true) return 'VACUUM';
  if (treeOf(node, 'AlterSystemStmt') !== undefined) return 'ALTER SYSTEM';
  if (treeOf(node, 'CreatedbStmt') !== undefined) return 'CREATE DATABASE';
  if (treeOf(node, 'DropdbStmt') !== undefined) return 'DROP DATABASE';
  if (treeOf(node, 'CreateTableSpaceStmt') !== undefined) return 'CREATE TABLESPACE';
  const detaches = (treeOf(node, 'AlterTableStmt')?.cmds ?? []).some(
    (one) => treeOf(treeOf(one, 'AlterTableCmd')?.def, 'PartitionCmd')?.concurrent === true,
  );
  return detaches ? 'DETACH PARTITION CONCURRENTLY' : undefined;
}
