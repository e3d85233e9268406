/** Constraints as SQL adds them: on their own, or with a column. */
import { namesOf, relationOf } from '../../convert/tree.ts';
import type { Operation } from '../../../model/documents.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlParser } from '../../../ports/schema/sql-parser.ts';
import { addedColumn } from './column.ts';
import { writtenName } from './names.ts';
import type { AlterCommand } from './scripts.ts';
import { treeOf, type TreeOf } from './tree.ts';

export interface AddedConstraint {
  readonly table: NamedIn;
  readonly operation: number;
  readonly constraint: TreeOf<'Constraint'>;
  /** It came with this column. */
  readonly column: string | undefined;
}

export function addedConstraints(alters: readonly AlterCommand[]): readonly AddedConstraint[] {
  return alters.flatMap((alter): readonly AddedConstraint[] => {
    const { table, statement, command } = alter;
    const place = { table, operation: statement.operation };
    const own = command.subtype === 'AT_AddConstraint' ? treeOf(command.def, 'Constraint') : undefined;
    if (own !== undefined) return [{ ...place, constraint: own, column: undefined }];
    const column = addedColumn(alter);
    return (column?.constraints ?? []).map((constraint) => ({ ...place, constraint, column: column!.name }));
  });
}

/** The operation that adds it; undefined where there is none. */
export function constraintOperation(sql: SqlParser, added: AddedConstraint): Operation | undefined {
  const { table, constraint, column } = added;
  const own = column === undefined ? [] : [column];
  const keys = [...namesOf(constraint.keys), ...namesOf(constraint.fk_attrs), ...own];
  const suffix = { CONSTR_CHECK: 'check', CONSTR_FOREIGN: 'fkey', CONSTR_UNIQUE: 'key' }[constraint.contype as string];
  const name = constraint.conname ?? [table.name, ...keys, suffix ?? 'key'].join('_').slice(0, 63);
  const base = { table: writtenName(table), name };
  switch (constraint.contype) {
    case 'CONSTR_CHECK': {
      const check = constraint.raw_expr === undefined ? undefined : sql.deparse(constraint.raw_expr);
      return check === undefined ? undefined : { addConstraint: { ...base, check } };
    }
    case 'CONSTR_FOREIGN': {
      const columns = namesOf(constraint.pk_attrs);
      const references = {
        table: writtenName(relationOf(constraint.pktable)),
        columns: columns.length === 0 ? ['id'] : [...columns],
      };
      return { addConstraint: { ...base, foreignKey: { columns: keys, references } } };
    }
    case 'CONSTR_UNIQUE':
      return { addConstraint: { ...base, unique: keys } };
    default:
      return undefined;
  }
}
