/** Columns that a migration gives a type, wherever it does. */
import { namesOf, relationOf } from '../../convert/tree.ts';
import { tableName } from '../../sql/quote.ts';
import type { LintWorld } from '../rule.ts';
import { readColumn } from '../sql/column.ts';
import { readType } from '../sql/expression.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';
import { readTypeName, type ReadType } from '../sql/type-name.ts';

export interface TypedColumn {
  readonly operation: number;
  /** `users.id`. */
  readonly address: string;
  readonly type: ReadType;
  readonly primaryKey: boolean;
}

export function* typedColumns(world: LintWorld): Generator<TypedColumn> {
  yield* ofOperations(world);
  for (const { command, table, statement } of world.alters) {
    const place = { operation: statement.operation, primaryKey: false };
    const column = readColumn(command.def);
    if (command.subtype === 'AT_AddColumn' && column !== undefined) {
      yield { ...place, address: `${writtenName(table)}.${column.name}`, type: column.type };
    }
    if (command.subtype === 'AT_AlterColumnType' && column !== undefined) {
      yield { ...place, address: `${writtenName(table)}.${command.name ?? ''}`, type: column.type };
    }
  }
  for (const { node, operation } of world.statements) {
    const create = treeOf(node, 'CreateStmt');
    if (create === undefined) continue;
    const table = writtenName(relationOf(create.relation));
    const keys = new Set(
      (create.tableElts ?? []).flatMap((element) => {
        const constraint = treeOf(element, 'Constraint');
        return constraint?.contype === 'CONSTR_PRIMARY' ? namesOf(constraint.keys) : [];
      }),
    );
    for (const element of create.tableElts ?? []) {
      const column = readColumn(element);
      if (column === undefined) continue;
      const own = column.constraints.some(({ contype }) => contype === 'CONSTR_PRIMARY');
      const primaryKey = own || keys.has(column.name);
      yield { operation, address: `${table}.${column.name}`, type: column.type, primaryKey };
    }
  }
}

function* ofOperations({ operations, sql, table: find }: LintWorld): Generator<TypedColumn> {
  for (const { kind, index, params } of operations) {
    const read = (type: string): ReadType => readTypeName(readType(sql, type));
    if (kind === 'createTable') {
      for (const { name, type } of params.columns) {
        const primaryKey = params.primaryKey?.includes(name) ?? false;
        yield { operation: index, address: `${params.table}.${name}`, type: read(type), primaryKey };
      }
    } else if (kind === 'addColumn') {
      const { name, type } = params.column;
      yield { operation: index, address: `${params.table}.${name}`, type: read(type), primaryKey: false };
    } else if (kind === 'alterColumn' && params.type !== undefined) {
      const keys = find(tableName(params.table))?.constraints.filter((one) => one.kind === 'primaryKey') ?? [];
      const primaryKey = keys.some(({ columns }) => columns.includes(params.column));
      yield { operation: index, address: `${params.table}.${params.column}`, type: read(params.type), primaryKey };
    }
  }
}
