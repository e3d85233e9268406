/** Columns as SQL defines them. */
import type { Column } from '../../../model/documents.ts';
import type { SqlNode, SqlParser } from '../../../ports/schema/sql-parser.ts';
import type { AlterCommand } from './scripts.ts';
import { treeOf, type TreeOf } from './tree.ts';
import { isSerial, readTypeName, typeText, type ReadType } from './type-name.ts';

export interface ColumnDefinition {
  readonly name: string;
  readonly type: ReadType;
  readonly constraints: readonly TreeOf<'Constraint'>[];
}

export function readColumn(node: SqlNode | undefined): ColumnDefinition | undefined {
  const definition = treeOf(node, 'ColumnDef');
  if (definition === undefined) return undefined;
  return {
    name: definition.colname ?? '',
    type: readTypeName(definition.typeName),
    constraints: (definition.constraints ?? []).flatMap((one) => treeOf(one, 'Constraint') ?? []),
  };
}

/** The column that a command of ALTER TABLE adds. */
export function addedColumn({ command }: AlterCommand): ColumnDefinition | undefined {
  return command.subtype === 'AT_AddColumn' ? readColumn(command.def) : undefined;
}

export function defaultExpressionOf({ constraints }: ColumnDefinition): SqlNode | undefined {
  return constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
}

/** NULL is refused, and nothing says what stands there instead. */
export function isRequired(column: ColumnDefinition): boolean {
  const kinds = new Set(column.constraints.map(({ contype }) => contype));
  const given = kinds.has('CONSTR_DEFAULT') || kinds.has('CONSTR_IDENTITY') || kinds.has('CONSTR_GENERATED');
  return (kinds.has('CONSTR_NOTNULL') || kinds.has('CONSTR_PRIMARY')) && !given && !isSerial(column.type);
}

/** As a document writes it, without what only SQL can say. */
export function columnOf(sql: SqlParser, definition: ColumnDefinition): Column {
  const expression = defaultExpressionOf(definition);
  const text = expression === undefined ? undefined : sql.deparse(expression);
  return {
    name: definition.name,
    type: typeText(definition.type),
    ...(definition.constraints.some(({ contype }) => contype === 'CONSTR_NOTNULL') ? { nullable: false } : {}),
    ...(text === undefined ? {} : { defaultExpression: text }),
  };
}
