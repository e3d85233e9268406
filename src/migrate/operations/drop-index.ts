/** `dropIndex`: the queries of the old release need it, so it stands until none runs any more. Undo builds it anew. */
import type { Catalog, CatalogIndex, CatalogTable } from '../../model/schema/catalog.ts';
import { indexOf, refuse, shown, tableOf } from '../find.ts';
import { refuseIdentity, refuseKind, refuseReferences } from '../in-the-way.ts';
import { placeOf } from '../names.ts';
import { isRefusal, type ParamsOf, type Refusal, type SchemaOperation, type StepDraft } from '../operation.ts';
import { besidesDefinition, rebuilding } from '../sql/index-definition.ts';
import { graceOf } from '../steps/grace.ts';
import { inTransaction, undoing } from '../steps/steps.ts';

export const dropIndex: SchemaOperation<'dropIndex'> = {
  kind: 'dropIndex',
  traits: (params) => ({
    phases: ['contract'],
    transactional: false,
    inverse: { kind: 'inverse', describe: 'builds the index anew' },
    rewrites: false,
    lock: lockOf(params),
    graceMs: graceOf(params),
    tables: [placeOf(params.table)],
  }),
  describe: ({ table, name }) => `drops index ${name} of ${table}`,
  steps(params, phase, { catalog }) {
    if (phase === 'migrate') return [];
    const { online = true } = params;
    const table = tableOf(catalog, params.table);
    if (isRefusal(table)) return table;
    const index = indexOf(table, params.name);
    if (isRefusal(index)) return index;
    const refused =
      refuseKind(table, 'dropping an index', online ? ['partition'] : ['partition', 'partitioned']) ??
      refuseServing(table, index);
    if (refused !== undefined) return refused;
    return phase === 'expand' ? [] : (refusePointedTo(catalog, table, index) ?? drop(params, table, index));
  },
};

function drop(params: ParamsOf<'dropIndex'>, table: CatalogTable, index: CatalogIndex): readonly StepDraft[] {
  const { online = true } = params;
  const named = { schema: table.schema, name: index.name };
  const besides = besidesDefinition(table, index);
  return [
    ...(besides.length === 0
      ? []
      : [undoing('besides-back', `keeps what is said of index ${index.name}`, inTransaction(...besides))]),
    {
      key: 'drop',
      title: `drops index ${index.name} of ${shown(table)}`,
      action: { kind: 'drop-index', index: named, concurrently: online },
      undo: { kind: 'build-index', index: named, definition: rebuilding(index, online) },
      lock: lockOf(params),
      rewrites: false,
    },
  ];
}

function lockOf({ online = true }: ParamsOf<'dropIndex'>): 'schema' | 'everybody' {
  return online ? 'schema' : 'everybody';
}

function refuseServing(table: CatalogTable, { name, constraint }: CatalogIndex): Refusal | undefined {
  if (constraint !== null) {
    return refuse(
      'THM7020',
      `Index ${name} serves constraint ${constraint} of ${shown(table)}.`,
      'Drop the constraint with dropConstraint: its index goes with it.',
    );
  }
  return refuseIdentity(table, name);
}

/** A foreign key may point to columns by the index alone. Where another index has them too, PostgreSQL knows which. */
function refusePointedTo(catalog: Catalog, table: CatalogTable, { name, unique, columns }: CatalogIndex) {
  const same = (other: CatalogIndex): boolean =>
    other.unique && other.columns.length === columns.length && columns.every((each) => other.columns.includes(each));
  if (!unique || table.indexes.some((other) => other.name !== name && same(other))) return undefined;
  return refuseReferences(catalog, table, { columns });
}
