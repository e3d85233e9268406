import { relationOf } from '../../convert/tree.ts';
import type { NamedIn } from '../../../model/schema-step.ts';
import type { SqlNode } from '../../../ports/sql-parser.ts';
import type { LintRule } from '../rule.ts';
import { objectName, writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

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

const dropped = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW']);
/** Of ALTER TABLE: those that take a weaker lock. */
const milder = new Set([
  'AT_ValidateConstraint',
  'AT_SetStatistics',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_AttachPartition',
  'AT_EnableTrig',
  'AT_DisableTrig',
  'AT_EnableTrigAll',
  'AT_DisableTrigAll',
]);

function lockedFromAll(node: SqlNode): readonly NamedIn[] {
  const alter = treeOf(node, 'AlterTableStmt');
  if (alter !== undefined) {
    const strong = (alter.cmds ?? []).some((one) => {
      const command = treeOf(one, 'AlterTableCmd');
      const foreign = treeOf(command?.def, 'Constraint')?.contype === 'CONSTR_FOREIGN';
      return !milder.has(command?.subtype ?? '') && !foreign;
    });
    return strong ? [relationOf(alter.relation)] : [];
  }
  const drop = treeOf(node, 'DropStmt');
  if (drop !== undefined) return dropped.has(drop.removeType ?? '') ? (drop.objects ?? []).map(objectName) : [];
  const rename = treeOf(node, 'RenameStmt');
  if (rename?.relation !== undefined) return [relationOf(rename.relation)];
  const truncate = treeOf(node, 'TruncateStmt');
  if (truncate !== undefined) return (truncate.relations ?? []).map((one) => relationOf(treeOf(one, 'RangeVar')));
  const lock = treeOf(node, 'LockStmt');
  if (lock?.mode === 8) return (lock.relations ?? []).map((one) => relationOf(treeOf(one, 'RangeVar')));
  return [];
}
