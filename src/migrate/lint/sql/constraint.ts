/** Constraints as SQL adds them: on their own, or with a column. */
import { relationOf } from '../../convert/tree.ts';
import type { Operation } from '../../../model/documents.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { LintWorld } from '../rule.ts';
import { asOperations } from './as-operations.ts';
import { addedColumn } from './column.ts';
import type { AlterCommand } from './scripts.ts';
import { treeOf, type TreeOf } from './tree.ts';

export interface AddedConstraint {
  readonly table: NamedIn;
  readonly operation: number;
  /** The command that adds it. */
  readonly alter: AlterCommand;
  readonly constraint: TreeOf<'Constraint'>;
  /** It came with this column. */
  readonly column: string | undefined;
}

export function addedConstraints(alters: readonly AlterCommand[]): readonly AddedConstraint[] {
  return alters.flatMap((alter): readonly AddedConstraint[] => {
    const { table, statement, command } = alter;
    const place = { table, operation: statement.operation, alter };
    const own = command.subtype === 'AT_AddConstraint' ? treeOf(command.def, 'Constraint') : undefined;
    if (own !== undefined) return [{ ...place, constraint: own, column: undefined }];
    const column = addedColumn(alter);
    return (column?.constraints ?? []).map((constraint) => ({ ...place, constraint, column: column!.name }));
  });
}

/** The operations that add it, with the column that it comes with; undefined where they would not say all of it. */
export function constraintOperations(
  { sql, table: find }: LintWorld,
  { alter, constraint }: AddedConstraint,
): readonly Operation[] | undefined {
  if (constraint.contype !== 'CONSTR_FOREIGN' || constraint.pk_attrs !== undefined) {
    return asOperations(sql, alter.alone);
  }
  const target = find(relationOf(constraint.pktable));
  const key = target?.constraints.find(({ kind }) => kind === 'primaryKey')?.columns;
  if (key === undefined) return undefined;
  const named = { ...constraint, pk_attrs: key.map((sval) => ({ String: { sval } })) };
  return asOperations(sql, withConstraint(alter.alone, constraint, named));
}

function withConstraint<Tree>(tree: Tree, from: unknown, to: unknown): Tree {
  if (tree === from) return to as Tree;
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((item: unknown) => withConstraint(item, from, to)) as Tree;
  const fields = Object.entries(tree).map(([name, value]) => [name, withConstraint<unknown>(value, from, to)]);
  return Object.fromEntries(fields) as Tree;
}
