/**
 * `alterColumn`: default, NULL and check as they are; the type in place where PostgreSQL touches no row for it, else by a
 * shadow: of the column, or of the table where a key, an identity or the like hangs on it.
 */
import type { CatalogColumn, CatalogTable } from '../../model/schema/catalog.ts';
import { defaultOf } from '../column-definition.ts';
import { columnOf, refuse, shown, tableOf } from '../find.ts';
import { placeOf } from '../names.ts';
import {
  isRefusal,
  type OperationWorld,
  type ParamsOf,
  type Refusal,
  type SchemaOperation,
  type StepDraft,
} from '../operation.ts';
import { changeInPlace, leftoversStep, oldFormGone, typeSteps } from '../shadow/type.ts';
import { sameType } from '../shadow/conversion.ts';
import { checkName } from '../sql/auto-name.ts';
import { expression } from '../sql/expression.ts';
import { checkSteps } from '../steps/constraint.ts';
import { graceOf } from '../steps/grace.ts';
import { notNullSteps, nullableSteps } from '../steps/not-null.ts';

type Params = ParamsOf<'alterColumn'>;

export const alterColumn: SchemaOperation<'alterColumn'> = {
  kind: 'alterColumn',
  traits: (params) => {
    const shadow = params.type !== undefined && params.method !== 'inPlace';
    return {
      phases: shadow ? ['expand', 'contract'] : ['expand'],
      transactional: !shadow && params.check === undefined && params.nullable === undefined,
      inverse: shadow ? oldFormGone : { kind: 'inverse', describe: `gives ${params.column} its old form back` },
      rewrites: params.type !== undefined,
      lock: 'everybody',
      graceMs: shadow ? graceOf(params) : 0,
      tables: [placeOf(params.table)],
    };
  },
  describe: (params) => `changes ${changes(params).join(', ')} of column ${params.column} of ${params.table}`,
  steps(params, phase, world) {
    const table = tableOf(world.catalog, params.table);
    if (isRefusal(table)) return table;
    if (phase === 'contract' && params.type !== undefined && params.method !== 'inPlace') {
      return [leftoversStep(table, params.column, world)];
    }
    return phase === 'expand' ? expandSteps(params, table, world) : [];
  },
};

function changes(params: Params): readonly string[] {
  return [
    ...(params.type === undefined ? [] : [`the type to ${params.type}`]),
    ...(changesDefault(params) ? ['the default'] : []),
    ...(params.nullable === undefined ? [] : [params.nullable ? 'it to allow NULL' : 'it to NOT NULL']),
    ...(params.check === undefined ? [] : ['the check']),
  ];
}

function changesDefault(params: Params): boolean {
  return params.dropDefault === true || defaultOf(params) !== undefined;
}

function expandSteps(params: Params, table: CatalogTable, world: OperationWorld): readonly StepDraft[] | Refusal {
  const column = columnOf(table, params.column);
  if (isRefusal(column)) return column;
  if (column.generated !== null && (params.type !== undefined || changesDefault(params))) {
    return refuse(
      'THM7061',
      `Column ${column.name} of ${shown(table)} is generated: its values are those of its expression.`,
      'Drop it and add it again with rawSql.',
    );
  }
  const defaultAfter = changesDefault(params) ? (defaultOf(params) ?? null) : column.default;
  const changed = typeAndDefault(params, { table, column, defaultAfter }, world);
  if (isRefusal(changed)) return changed;
  return [...changed, ...nullSteps(params, table, column, world), ...ownCheckSteps(params, table)];
}

interface Target {
  readonly table: CatalogTable;
  readonly column: CatalogColumn;
  readonly defaultAfter: string | null;
}

function typeAndDefault(params: Params, target: Target, world: OperationWorld): readonly StepDraft[] | Refusal {
  const { table, column, defaultAfter } = target;
  if (params.type !== undefined && (params.using !== undefined || !sameType(params.type, column.type))) {
    return typeSteps({ ...params, type: params.type }, target, world);
  }
  if (defaultAfter === column.default) return [];
  return [changeInPlace(table, column, { defaultAfter, types: null })];
}

function nullSteps(
  { nullable }: Params,
  table: CatalogTable,
  column: CatalogColumn,
  world: OperationWorld,
): readonly StepDraft[] {
  if (nullable === undefined || nullable === column.nullable) return [];
  return nullable ? nullableSteps(table, column.name, world) : notNullSteps(table, column.name, world);
}

function ownCheckSteps({ check, column }: Params, table: CatalogTable): readonly StepDraft[] {
  if (check === undefined) return [];
  const columns = table.columns.map(({ name }) => name);
  return checkSteps(table, checkName(table, check, columns), `CHECK ${expression(check)}`).map((step) => ({
    ...step,
    key: `check-${step.key}`,
    title: `${step.title} (${column})`,
  }));
}
