/**
 * A catalog as statements that make the same schema in an empty database, in an order in which most of them can be run.
 * What it cannot know in advance (a function that calls another, a view on a view) is for whoever runs it to try again
 * later: see `copy-schema.ts`. What a catalog knows by name alone is left out, and named.
 */
import type { Catalog, CatalogConstraint, CatalogTable } from '../../model/schema/catalog.ts';
import { shown } from '../find.ts';
import { accessScript } from './script/access.ts';
import { rolesScript } from './script/roles.ts';
import type { ScriptStatement } from './script/statement.ts';
import {
  constraintsScript,
  indexesScript,
  isMade,
  restScript,
  rulesScript,
  triggersScript,
} from './script/table-parts.ts';
import { columnsScript, tableScript, tablesInOrder } from './script/tables.ts';
import {
  enumScript,
  functionPlace,
  functionScript,
  schemaScript,
  sequenceOwnerScript,
  sequenceScript,
  typeScript,
  viewScript,
} from './script/things.ts';

export interface CatalogScript {
  readonly statements: readonly ScriptStatement[];
  /** `extension citext`, `foreign table public.far`, `tablespace fast of table public.logs`. */
  readonly leftOut: readonly string[];
}

export function catalogScript(catalog: Catalog): CatalogScript {
  const { schemas, enums, types, sequences, views } = catalog;
  const tables = tablesInOrder(catalog).filter(({ kind }) => kind !== 'foreign');
  const [functions, strange] = partition(catalog.functions, (one) => functionScript(one) !== null);
  const made = { ...catalog, tables, functions };
  const relations = [...tables, ...views];
  return {
    statements: [
      ...rolesScript(made),
      ...schemas.map(schemaScript),
      ...enums.map(enumScript),
      ...types.map(typeScript),
      ...sequences.filter(({ identity }) => !identity).map(sequenceScript),
      ...functions.flatMap((one) => functionScript(one) ?? []),
      ...tables.map((table) => tableScript(table, made)),
      ...tables.flatMap(columnsScript),
      ...sequences.filter(({ identity }) => !identity).flatMap((sequence) => sequenceOwnerScript(sequence, tables)),
      ...tables.flatMap((table) => constraintsScript(table, isKey)),
      ...tables.flatMap((table) => constraintsScript(table, (one) => !isKey(one) && one.kind !== 'foreignKey')),
      ...tables.flatMap((table) => constraintsScript(table, ({ kind }) => kind === 'foreignKey')),
      ...views.flatMap(viewScript),
      ...relations.flatMap(indexesScript),
      ...relations.flatMap(triggersScript),
      ...relations.flatMap(rulesScript),
      ...tables.flatMap(restScript),
      ...accessScript(made),
    ],
    leftOut: [
      ...catalog.others,
      ...catalog.tables.filter(({ kind }) => kind === 'foreign').map((table) => `foreign table ${shown(table)}`),
      ...strange.map(functionPlace),
      ...tables.flatMap(leftOutOf),
    ],
  };
}

function partition<Thing>(things: readonly Thing[], isFirst: (thing: Thing) => boolean): readonly [Thing[], Thing[]] {
  const { first = [], second = [] } = Object.groupBy(things, (thing) => (isFirst(thing) ? 'first' : 'second'));
  return [first, second];
}

function isKey({ kind }: CatalogConstraint): boolean {
  return kind === 'primaryKey' || kind === 'unique';
}

function leftOutOf(table: CatalogTable): readonly string[] {
  const { tablespace, accessMethod, indexes } = table;
  const of = `of table ${shown(table)}`;
  return [
    ...(tablespace === null ? [] : [`tablespace ${tablespace} ${of}`]),
    ...(accessMethod === null || accessMethod === 'heap' ? [] : [`access method ${accessMethod} ${of}`]),
    ...indexes
      .filter((index) => index.constraint === null && !isMade(index))
      .map(({ name }) => `invalid index ${name} ${of}`),
  ];
}
