import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintProblem, LintRule, LintWorld } from '../rule.ts';
import { readType } from '../sql/expression.ts';
import { writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';
import { keepsRows, readTypeName, typeText, type ReadType } from '../sql/type-name.ts';

/** ALTER TYPE writes the table and its indexes anew, unless what is on disk is right for the new type too. */
export const changeType: LintRule = {
  code: 'THM7204',
  name: 'change-type',
  severity: 'error',
  concerns: 'others',
  *check(world) {
    for (const { table, command, statement } of world.alters) {
      if (command.subtype !== 'AT_AlterColumnType' || world.isNew(table, statement.operation)) continue;
      const definition = treeOf(command.def, 'ColumnDef');
      const using = definition?.raw_default;
      const column = command.name ?? '';
      const type = readTypeName(definition?.typeName);
      if (using === undefined && keeps(world, table, column, type)) continue;
      const text = using === undefined ? undefined : world.sql.deparse(using);
      yield changed(world, statement.operation, table, {
        column,
        type: typeText(type),
        ...(text === undefined ? {} : { using: text }),
      });
    }
    for (const { kind, index, params } of world.operations) {
      if (kind !== 'alterColumn' || params.type === undefined || params.method !== 'inPlace') continue;
      const table = tableName(params.table);
      if (world.isNew(table, index)) continue;
      const type = readTypeName(readType(world.sql, params.type));
      if (params.using === undefined && keeps(world, table, params.column, type)) continue;
      const { column, using } = params;
      yield changed(world, index, table, { column, type: params.type, ...(using === undefined ? {} : { using }) });
    }
  },
};

function keeps({ table: find, sql }: LintWorld, table: NamedIn, name: string, to: ReadType): boolean {
  const known = find(table)?.columns.find((column) => column.name === name);
  return known !== undefined && keepsRows(readTypeName(readType(sql, known.type)), to);
}

function changed(
  world: LintWorld,
  operation: number,
  table: NamedIn,
  change: { readonly column: string; readonly type: string; readonly using?: string },
): LintProblem {
  const written = writtenName(table);
  const address = `${table.schema}.${table.name}.${change.column}`;
  const views = (world.catalog?.views ?? []).filter(({ reads }) => reads.includes(address));
  return {
    operation,
    summary: `Changing ${written}.${change.column} to ${change.type} in place writes the table anew under a lock.`,
    fix: `Write ${asOperation({ alterColumn: { table: written, ...change, method: 'auto' } })}: a shadow is filled beside it and swapped in.`,
    details: views.map((view) => `View ${writtenName(view)} reads the column, so the statement fails.`),
    cost: { table, work: 'rewrite', blocks: 'everybody', online: 'fill' },
  };
}
