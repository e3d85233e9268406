import { sameType } from '../../shadow/conversion.ts';
import { wayOf } from '../../shadow/type.ts';
import { tableName } from '../../sql/quote.ts';
import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';

/** PostgreSQL cannot put a column where another one stood: what took the place of a column by name comes last. */
export const columnMoves: LintRule = {
  code: 'THM7249',
  name: 'column-moves',
  severity: 'warning',
  *check(world) {
    const { catalog } = world;
    if (catalog === null) return;
    for (const { kind, index, params } of world.operations) {
      if (kind !== 'alterColumn' || params.type === undefined) continue;
      const place = tableName(params.table);
      const table = world.table(place);
      const column = table?.columns.find(({ name }) => name === params.column);
      if (table === undefined || column === undefined || table.columns.at(-1) === column) continue;
      if (params.using === undefined && sameType(params.type, column.type)) continue;
      const target = { table, column, defaultAfter: column.default };
      if (wayOf({ ...params, type: params.type }, target, catalog) !== 'shadowColumn') continue;
      yield {
        operation: index,
        summary: `From its contract on ${column.name} is the last column of ${writtenName(place)}: an INSERT that names no columns puts its values elsewhere, without an error where the types fit.`,
        fix: 'Let every INSERT name its columns, or write method: shadowTable, which keeps their order.',
      };
    }
  },
};
