import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { tableName } from '../../sql/quote.ts';
import type { LintRule, LintWorld } from '../rule.ts';
import { sameTable, writtenName } from '../sql/names.ts';

/** What the new release reads has to be there after expand. Only where the catalog knows the table, and nobody else may add to it. */
export const missingColumn: LintRule = {
  code: 'THM7242',
  name: 'missing-column',
  severity: 'error',
  *check(world) {
    if (world.catalog === null) return;
    for (const { name: probe, reads, needsLater } of world.probes.next) {
      if (needsLater === true) continue;
      const said = new Set<string>();
      for (const { tables, name, sure } of reads.columns) {
        const [table] = tables;
        if (!sure || tables.length !== 1 || table === undefined || has(world, table, name)) continue;
        const address = `${writtenName(table)}.${name}`;
        if (said.has(address)) continue;
        said.add(address);
        yield {
          operation: undefined,
          summary: `Probe ${probe} of the new release reads ${address}, which is neither there nor added by this migration.`,
          fix: 'Add it, or correct the probe.',
        };
      }
    }
  },
};

const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** True also where nobody can tell. */
function has(world: LintWorld, table: NamedIn, column: string): boolean {
  const known = world.table(table);
  if (known === undefined || systemColumns.has(column)) return true;
  if (known.columns.some(({ name }) => name === column)) return true;
  if (world.scripts.length > 0) return true;
  return world.operations.some(({ kind, params }) => {
    if (kind === 'custom') return true;
    if (kind === 'addColumn') return params.column.name === column && sameTable(tableName(params.table), table);
    return kind === 'renameColumn' && params.to === column && sameTable(tableName(params.table), table);
  });
}
