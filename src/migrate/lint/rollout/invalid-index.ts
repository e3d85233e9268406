import { relationOf } from '../../convert/tree.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { tableName } from '../../sql/quote.ts';
import { asOperation } from '../as-operation.ts';
import type { LintOperation, LintRule, LintWorld } from '../rule.ts';
import { rangesIn, writtenName } from '../sql/names.ts';

/** An index that a failed build left behind costs every write and serves no query, and IF NOT EXISTS takes it for one. */
export const invalidIndex: LintRule = {
  code: 'THM7236',
  name: 'invalid-index',
  severity: 'warning',
  *check(world) {
    const said = new Set<string>();
    for (const { operation, table } of touched(world)) {
      const known = world.table(table);
      if (known === undefined || said.has(writtenName(table))) continue;
      said.add(writtenName(table));
      for (const { name, valid } of known.indexes) {
        if (valid || rebuilds(world.operations, name)) continue;
        yield {
          operation,
          summary: `Index ${name} of ${writtenName(known)} is invalid: a build of it failed.`,
          fix: `Write ${asOperation({ dropIndex: { table: writtenName(known), name } })}, and add it again where it is wanted.`,
          cost: { table: known },
        };
      }
    }
  },
};

/** Themis itself drops an invalid index that it is to build. */
function rebuilds(operations: readonly LintOperation[], index: string): boolean {
  return operations.some(({ kind, params }) => (kind === 'addIndex' || kind === 'dropIndex') && params.name === index);
}

function* touched({
  operations,
  statements,
}: LintWorld): Generator<{ readonly operation: number; readonly table: NamedIn }> {
  for (const { kind, index, params } of operations) {
    if (kind === 'renameTable') yield { operation: index, table: tableName(params.from) };
    else if ('table' in params) yield { operation: index, table: tableName(params.table) };
    if (kind !== 'addConstraint' || params.foreignKey === undefined) continue;
    yield { operation: index, table: tableName(params.foreignKey.references.table) };
  }
  for (const { node, operation } of statements) {
    for (const range of rangesIn(node)) yield { operation, table: relationOf(range) };
  }
}
