import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { asOperation } from '../as-operation.ts';
import type { LintRule, LintWorld } from '../rule.ts';
import { readExpression } from '../sql/expression.ts';
import { sameTable, writtenName } from '../sql/names.ts';
import type { AlterCommand } from '../sql/scripts.ts';
import { lastName, treeOf } from '../sql/tree.ts';

/** SET NOT NULL reads the whole table under its lock, unless a valid check says the same already. */
export const setNotNull: LintRule = {
  code: 'THM7205',
  name: 'set-not-null',
  severity: 'error',
  concerns: 'others',
  *check(world) {
    for (const alter of world.alters) {
      const column = notNullColumn(alter);
      const { table, statement } = alter;
      if (column === undefined || world.isNew(table, statement.operation)) continue;
      if (checkedBefore(world, alter, column) || checkedInCatalog(world, table, column)) continue;
      const written = writtenName(table);
      yield {
        operation: statement.operation,
        summary: `NOT NULL on ${written}.${column} reads the whole table under a lock.`,
        fix: `Write ${asOperation({ alterColumn: { table: written, column, nullable: false } })}: a check is validated first, while everybody goes on.`,
        cost: { table, work: 'scan', blocks: 'everybody', online: 'scan' },
      };
    }
  },
};

function notNullColumn({ command }: AlterCommand): string | undefined {
  if (command.subtype === 'AT_SetNotNull') return command.name;
  const constraint = command.subtype === 'AT_AddConstraint' ? treeOf(command.def, 'Constraint') : undefined;
  return constraint?.contype === 'CONSTR_NOTNULL' && constraint.skip_validation !== true
    ? lastName(constraint.keys)
    : undefined;
}

function checkedBefore({ alters }: LintWorld, own: AlterCommand, column: string): boolean {
  const before = alters.slice(0, alters.indexOf(own)).filter(({ table }) => sameTable(table, own.table));
  const checks = before.flatMap(({ command }) => {
    const constraint = command.subtype === 'AT_AddConstraint' ? treeOf(command.def, 'Constraint') : undefined;
    return constraint?.contype === 'CONSTR_CHECK' && saysNotNull(constraint.raw_expr, column) ? [constraint] : [];
  });
  return checks.some(
    ({ conname, initially_valid: valid }) =>
      valid === true ||
      before.some(({ command }) => command.subtype === 'AT_ValidateConstraint' && command.name === conname),
  );
}

function checkedInCatalog({ table: find, sql }: LintWorld, table: NamedIn, column: string): boolean {
  return (find(table)?.constraints ?? []).some(({ kind, validated, definition }) => {
    if (kind !== 'check' || !validated) return false;
    const [, expression = ''] = /^CHECK \((.*)\)$/su.exec(definition) ?? [];
    return saysNotNull(readExpression(sql, expression), column);
  });
}

function saysNotNull(expression: SqlNode | undefined, column: string): boolean {
  const test = treeOf(expression, 'NullTest');
  return test?.nulltesttype === 'IS_NOT_NULL' && lastName(treeOf(test.arg, 'ColumnRef')?.fields) === column;
}
