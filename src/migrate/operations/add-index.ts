/** `addIndex`: built beside the writers, in two scans, unless it says that they may be kept out. */
import type { CatalogTable } from '../../model/catalog.ts';
import type { LockLevel } from '../../model/schema-step.ts';
import { columnOf, shown, tableOf } from '../find.ts';
import { refuseKind } from '../in-the-way.ts';
import { placeOf, refuseRelation } from '../names.ts';
import { isRefusal, type ParamsOf, type Refusal, type SchemaOperation } from '../operation.ts';
import { indexDefinition, unknownColumn } from '../sql/index-definition.ts';

type Params = ParamsOf<'addIndex'>;

export const addIndex: SchemaOperation<'addIndex'> = {
  kind: 'addIndex',
  traits: (params) => ({
    phases: ['expand'],
    transactional: false,
    inverse: { kind: 'inverse', describe: 'drops the index' },
    rewrites: false,
    lock: lockOf(params),
    graceMs: 0,
    tables: [placeOf(params.table)],
  }),
  describe: ({ table, name, unique = false }) => `adds ${unique ? 'unique ' : ''}index ${name} to ${table}`,
  steps(params, phase, { catalog }) {
    if (phase !== 'expand') return [];
    const { online = true } = params;
    const table = tableOf(catalog, params.table);
    if (isRefusal(table)) return table;
    const index = { schema: table.schema, name: params.name };
    const refused =
      refuseKind(table, 'adding an index', online ? ['partition'] : ['partition', 'partitioned']) ??
      refuseRelation(catalog, index, 'index') ??
      refuseColumns(table, params);
    if (refused !== undefined) return refused;
    const columns = table.columns.map(({ name }) => name);
    return [
      {
        key: 'build',
        title: `builds index ${params.name} of ${shown(table)}`,
        action: { kind: 'build-index', index, definition: indexDefinition(table, columns, params) },
        undo: { kind: 'drop-index', index, concurrently: online },
        lock: lockOf(params),
        rewrites: false,
      },
    ];
  },
};

function lockOf({ online = true }: Params): LockLevel {
  return online ? 'schema' : 'writers';
}

function refuseColumns(table: CatalogTable, { columns, include = [] }: Params): Refusal | undefined {
  const names = table.columns.map(({ name }) => name);
  const unknown = columns.find((column) => unknownColumn(column, names)) ?? include.find((one) => !names.includes(one));
  const refused = unknown === undefined ? undefined : columnOf(table, unknown);
  return refused !== undefined && isRefusal(refused) ? refused : undefined;
}
