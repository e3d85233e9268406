import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintProblem, LintRule } from '../rule.ts';
import { addedColumn, type ColumnDefinition } from '../sql/column.ts';
import { readType } from '../sql/expression.ts';
import { writtenName } from '../sql/names.ts';
import { isSerial, readTypeName } from '../sql/type-name.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';

/** serial, identity and stored columns have a value in every row from the start, so all are written under the lock. */
export const addColumnGenerated: LintRule = {
  code: 'THM7203',
  name: 'add-column-generated',
  severity: 'error',
  concerns: 'others',
  *check({ alters, operations, sql, isNew }) {
    for (const alter of alters) {
      const column = addedColumn(alter);
      const { table, statement } = alter;
      const what = column === undefined ? undefined : whatGenerates(column);
      if (what === undefined || isNew(table, statement.operation)) continue;
      yield generated(statement.operation, table, column!.name, what, column!.type.name);
    }
    for (const { kind, index, params } of operations) {
      if (kind !== 'addColumn') continue;
      const type = readTypeName(readType(sql, params.column.type));
      const table = tableName(params.table);
      if (isSerial(type) && !isNew(table, index))
        yield generated(index, table, params.column.name, type.name, type.name);
    }
  },
};

const stored = 'a stored generated column';

function whatGenerates({ type, constraints }: ColumnDefinition): string | undefined {
  if (isSerial(type)) return type.name;
  for (const { contype, generated_kind: kind } of constraints) {
    if (contype === 'CONSTR_IDENTITY') return 'an identity column';
    if (contype === 'CONSTR_GENERATED' && kind !== 'v') return stored;
  }
  return undefined;
}

function generated(operation: number, table: NamedIn, name: string, what: string, type: string): LintProblem {
  const plain = { smallserial: 'smallint', serial: 'integer', bigserial: 'bigint' }[type] ?? type;
  const column = { name, type: plain };
  const rest =
    what === stored
      ? 'keep it right by a trigger, and fill it with a backfill; a VIRTUAL one is computed when it is read'
      : 'fill it with a backfill, and set its default afterwards';
  return {
    operation,
    summary: `Adding ${writtenName(table)}.${name} as ${what} writes every row anew under a lock.`,
    fix: `Write ${asOperation({ addColumn: { table: writtenName(table), column } })}, ${rest}.`,
    cost: { table, work: 'rewrite', blocks: 'everybody', online: 'fill' },
  };
}
