/** Which tables a statement keeps everybody out of: ACCESS EXCLUSIVE. */
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { relationOf } from '../../convert/tree.ts';
import { objectName } from './names.ts';
import { treeOf } from './tree.ts';

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

export function lockedFromAll(node: SqlNode): readonly NamedIn[] {
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
