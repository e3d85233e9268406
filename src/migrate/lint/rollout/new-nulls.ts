import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { tableName } from '../../sql/quote.ts';
import { readersOf } from '../readers.ts';
import type { LintRule, LintWorld } from '../rule.ts';
import { writtenName } from '../sql/names.ts';

/** Once NULL is allowed the new release may write it, and the running one, which never met it there, reads it. */
export const newNulls: LintRule = {
  code: 'THM7246',
  name: 'new-nulls',
  severity: 'warning',
  *check(world) {
    for (const { operation, table, column } of loosened(world)) {
      const [probe] = readersOf(world, 'running', table, column);
      if (probe === undefined) continue;
      yield {
        operation,
        summary: `${writtenName(table)}.${column} may be NULL from now on, and probe ${probe} of the running release reads it.`,
        fix: 'Make sure that the running release stands it, or that the new one writes none before every node has it.',
      };
    }
  },
};

function* loosened({
  operations,
  alters,
}: LintWorld): Generator<{ readonly operation: number; readonly table: NamedIn; readonly column: string }> {
  for (const { kind, index, params } of operations) {
    if (kind !== 'alterColumn' || params.nullable !== true) continue;
    yield { operation: index, table: tableName(params.table), column: params.column };
  }
  for (const { command, table, statement } of alters) {
    if (command.subtype !== 'AT_DropNotNull') continue;
    yield { operation: statement.operation, table, column: command.name ?? '' };
  }
}
