import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintProblem, LintRule } from '../rule.ts';
import { addedColumn, columnOf, isRequired } from '../sql/column.ts';
import { writtenName } from '../sql/names.ts';
import type { Column } from '../../../model/documents.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';

/** Rows that are there have nothing to put into it, and neither has a release that does not know it. */
export const addColumnRequired: LintRule = {
  code: 'THM7202',
  name: 'add-column-required',
  severity: 'error',
  *check({ alters, operations, sql, isNew }) {
    for (const alter of alters) {
      const column = addedColumn(alter);
      const { table, statement } = alter;
      if (column === undefined || !isRequired(column) || isNew(table, statement.operation)) continue;
      yield required(statement.operation, table, columnOf(sql, column));
    }
    for (const { kind, index, params } of operations) {
      if (kind !== 'addColumn' || params.column.nullable !== false) continue;
      const { default: value, defaultExpression } = params.column;
      const table = tableName(params.table);
      if ((value === undefined || value === null) && defaultExpression === undefined && !isNew(table, index)) {
        yield required(index, table, params.column);
      }
    }
  },
};

function required(operation: number, table: NamedIn, { name, type }: Column): LintProblem {
  const column = { name, type };
  const written = writtenName(table);
  return {
    operation,
    summary: `${written}.${column.name} takes no NULL and has no default: neither rows that are there nor a release that does not know it can fill it.`,
    fix: `Give it a default, or write ${asOperation({ addColumn: { table: written, column } })}, fill it, and make it NOT NULL in a later migration.`,
    cost: { table },
  };
}
