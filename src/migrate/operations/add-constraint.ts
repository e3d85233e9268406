/**
 * `addConstraint`: a check or foreign key holds for what is written from before the first node on, and is held against
 * the rows that are there when the data of the release is in place. A unique one needs its index first, built beside the
 * writers.
 */
import type { CatalogTable } from '../../model/schema/catalog.ts';
import type { LockLevel } from '../../model/schema/schema-step.ts';
import { columnOf, placeIn, refuse, tableOf } from '../find.ts';
import { refuseKind } from '../in-the-way.ts';
import { placeOf, refuseConstraint, refuseRelation } from '../names.ts';
import { isRefusal, type OperationWorld, type ParamsOf, type Refusal, type SchemaOperation } from '../operation.ts';
import { constraintText } from '../sql/constraint.ts';
import { indexDefinition } from '../sql/index-definition.ts';
import { newRowsStep, oldRowsLaterStep } from '../steps/constraint.ts';
import { uniqueSteps } from '../steps/unique.ts';

type Params = ParamsOf<'addConstraint'>;

export const addConstraint: SchemaOperation<'addConstraint'> = {
  kind: 'addConstraint',
  traits: (params) => ({
    phases: params.unique === undefined && params.validate !== false ? ['expand', 'migrate'] : ['expand'],
    transactional: params.unique === undefined && params.validate === false,
    inverse: { kind: 'inverse', describe: 'drops the constraint' },
    rewrites: false,
    lock: lockOf(params),
    graceMs: 0,
    tables: [
      placeOf(params.table),
      ...(params.foreignKey === undefined ? [] : [placeOf(params.foreignKey.references.table)]),
    ],
  }),
  describe: ({ table, name }) => `adds constraint ${name} to ${table}`,
  steps(params, phase, world) {
    if (phase === 'contract') return [];
    const table = tableOf(world.catalog, params.table);
    if (isRefusal(table)) return table;
    if (phase === 'migrate') {
      return params.unique === undefined && params.validate !== false ? [oldRowsLaterStep(table, params.name)] : [];
    }
    const refused = refuseConstraint(table, params.name) ?? refuseParams(table, params, world);
    if (refused !== undefined) return refused;
    const columns = table.columns.map(({ name }) => name);
    if (params.unique === undefined)
      return [newRowsStep(table, params.name, constraintText(params, placeIn(world.catalog)), lockOf(params))];
    const index = { name: params.name, columns: params.unique, unique: true, online: true };
    return uniqueSteps(table, params.name, indexDefinition(table, columns, index));
  },
};

function lockOf({ foreignKey }: Params): LockLevel {
  return foreignKey === undefined ? 'everybody' : 'writers';
}

const foreignKeysOfParts = 180_000;

function refuseParams(table: CatalogTable, params: Params, world: OperationWorld): Refusal | undefined {
  const { name, unique, foreignKey, validate = true } = params;
  if (unique !== undefined) {
    return (
      refuseKind(table, 'adding a unique constraint', ['partition']) ??
      refuseRelation(world.catalog, { schema: table.schema, name }, 'index') ??
      refuseColumns(table, unique) ??
      (validate ? undefined : refuseUnvalidated(name))
    );
  }
  const inParts = foreignKey === undefined || world.serverVersionNumber >= foreignKeysOfParts;
  const kinds = inParts ? (['partition', 'partitioned'] as const) : (['partition'] as const);
  const refused = refuseKind(table, 'adding a constraint', kinds);
  if (refused !== undefined || foreignKey === undefined) return refused;
  const pointed = tableOf(world.catalog, foreignKey.references.table);
  if (isRefusal(pointed)) return pointed;
  return refuseColumns(table, foreignKey.columns) ?? refuseColumns(pointed, foreignKey.references.columns);
}

function refuseColumns(table: CatalogTable, names: readonly string[]): Refusal | undefined {
  return names.map((name) => columnOf(table, name)).find(isRefusal);
}

function refuseUnvalidated(name: string): Refusal {
  return refuse(
    'THM7028',
    `Unique constraint ${name} has validate: false, but an index cannot leave out the rows that are there.`,
    'Leave out validate, or add a unique index with a where.',
  );
}
