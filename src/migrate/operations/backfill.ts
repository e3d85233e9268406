/**
 * `backfill`: fills columns of the rows that are there, in batches, after the last node has the release. Only rows are
 * locked, and only those of one batch at a time.
 */
import type { CatalogTable } from '../../model/schema/catalog.ts';
import { columnOf, shown, tableOf } from '../find.ts';
import { refuseKind } from '../in-the-way.ts';
import { placeOf } from '../names.ts';
import { isRefusal, type ParamsOf, type Refusal, type SchemaOperation } from '../operation.ts';
import { columnsIn, expression } from '../sql/expression.ts';
import { filling, type WalkKey } from '../steps/fill.ts';
import { keyBy, keyOf } from '../steps/key-of.ts';

type Params = ParamsOf<'backfill'>;

const irreversible = { kind: 'irreversible', why: 'the values from before the backfill are kept nowhere' } as const;

export const backfill: SchemaOperation<'backfill'> = {
  kind: 'backfill',
  traits: ({ table, undo }) => ({
    phases: ['migrate'],
    transactional: false,
    inverse: undo === undefined ? irreversible : { kind: 'inverse', describe: `sets ${assigned(undo)}` },
    rewrites: true,
    lock: 'none',
    graceMs: 0,
    tables: [placeOf(table)],
  }),
  describe: ({ table, set }) => `fills ${Object.keys(set).join(', ')} of ${table}`,
  steps(params, phase, { catalog }) {
    if (phase !== 'migrate') return [];
    const table = tableOf(catalog, params.table);
    if (isRefusal(table)) return table;
    const refused = refuseKind(table, 'filling', ['partitioned', 'partition']) ?? refuseColumns(table, params);
    if (refused !== undefined) return refused;
    const key = params.key === undefined ? keyOf(table) : keyBy(table, params.key);
    if (isRefusal(key)) return key;
    const { set, undo, where = null } = params;
    return [
      {
        key: 'fill',
        title: `fills ${Object.keys(set).join(', ')} of ${shown(table)}`,
        action: walk(table, key, params, set, where),
        undo: undo === undefined ? irreversible : walk(table, key, params, undo, rowsBack(params)),
        lock: 'none',
        rewrites: true,
      },
    ];
  },
};

function walk(
  { schema, name }: CatalogTable,
  key: WalkKey,
  { batchSize }: Params,
  set: Params['set'],
  where: string | null,
) {
  return filling({
    table: { schema, name },
    key,
    set: Object.entries(set).map(([column, sql]) => [column, expression(sql)] as const),
    where,
    ...(batchSize === undefined ? {} : { firstBatchRows: batchSize }),
  });
}

/** The same rows, unless filling them changed which they are: then all, and what `undo` says has to suit every row. */
function rowsBack({ set, where }: Params): string | null {
  return where === undefined || columnsIn(where, Object.keys(set)).length > 0 ? null : where;
}

function assigned(set: Params['set']): string {
  return Object.entries(set)
    .map(([column, sql]) => `${column} to ${sql}`)
    .join(', ');
}

function refuseColumns(table: CatalogTable, { set, undo = {}, key = [] }: Params): Refusal | undefined {
  return [...Object.keys(set), ...Object.keys(undo), ...key].map((name) => columnOf(table, name)).find(isRefusal);
}
