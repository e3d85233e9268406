import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { isRefusal, type ParamsOf } from '../../operation.ts';
import { tableName } from '../../sql/quote.ts';
import { keyBy, keyOf } from '../../steps/key-of.ts';
import type { LintRule, LintWorld } from '../rule.ts';
import { sameTable } from '../sql/names.ts';

/** A table is walked by a key that tells every row from every other, and finds the next one without looking at all. */
export const backfillKey: LintRule = {
  code: 'THM7235',
  name: 'backfill-key',
  severity: 'error',
  *check(world) {
    for (const { kind, index, params } of world.operations) {
      if (kind !== 'backfill') continue;
      const table = tableName(params.table);
      const problem = hasKey(world, table, params) ? undefined : refusedOf(world, table, params.key);
      if (problem !== undefined) yield { operation: index, ...problem, cost: { table } };
    }
  },
};

/** One that this migration makes. */
function hasKey({ operations }: LintWorld, table: NamedIn, { key }: ParamsOf<'backfill'>): boolean {
  const made = operations.flatMap(({ kind, params }) => {
    if (kind === 'addIndex' && params.unique === true && params.where === undefined) return on(params, params.columns);
    if (kind === 'addConstraint') return on(params, params.unique);
    if (kind !== 'createTable') return [];
    return [params.primaryKey, ...(params.constraints ?? []).map(({ unique }) => unique)].flatMap((one) =>
      on(params, one),
    );
  });
  const keys = made.filter((one) => sameTable(one.table, table));
  if (key === undefined) return keys.length > 0;
  return keys.some(({ columns }) => columns.length === key.length && columns.every((column) => key.includes(column)));
}

function on({ table }: { readonly table: string }, columns: readonly string[] | undefined) {
  return columns === undefined ? [] : [{ table: tableName(table), columns }];
}

/** Undefined where nobody knows the table, or it has one. */
function refusedOf(
  { table: find, operations }: LintWorld,
  table: NamedIn,
  key: readonly string[] | undefined,
): { readonly summary: string; readonly fix: string } | undefined {
  const known = find(table);
  if (known !== undefined) {
    const result = key === undefined ? keyOf(known) : keyBy(known, key);
    return isRefusal(result) ? { summary: result.refused.summary, fix: result.refused.fix! } : undefined;
  }
  const isMade = operations.some(
    ({ kind, params }) => kind === 'createTable' && sameTable(tableName(params.table), table),
  );
  if (!isMade) return undefined;
  return {
    summary: `Table ${table.schema}.${table.name} is created without the key by which its rows are to be walked.`,
    fix: 'Give it a primaryKey.',
  };
}
