/** Lookups in a catalog, with the refusal where something is not as an operation needs it. */
import type {
  Catalog,
  CatalogColumn,
  CatalogConstraint,
  CatalogEnum,
  CatalogIndex,
  CatalogTable,
  CatalogView,
} from '../model/catalog.ts';
import type { NamedIn } from '../model/schema-step.ts';
import type { Refusal } from './operation.ts';
import { isOldNameOf } from './sql/old-name.ts';
import { tableName } from './sql/quote.ts';

export function findTable({ tables }: Catalog, { schema, name }: NamedIn): CatalogTable | undefined {
  return tables.find((table) => table.schema === schema && table.name === name);
}

export function findColumn(table: CatalogTable, name: string): CatalogColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

/** `schema.table`, for people. */
export function shown({ schema, name }: NamedIn): string {
  return `${schema}.${name}`;
}

/** The table as written in a document; by its old name too, while a view keeps that after a rename. */
export function tableOf(catalog: Catalog, written: string): CatalogTable | Refusal {
  return (
    findTable(catalog, tableName(written)) ??
    tableBehind(catalog, tableName(written)) ??
    refuse(
      'THM7001',
      `There is no table ${written}.`,
      'Name one that is there, with its schema where it is not public.',
    )
  );
}

/** Where a table lies, found as `tableOf` finds it; as it is written where there is none yet. */
export function placeIn(catalog: Catalog): (written: string) => NamedIn {
  return (written) => {
    const table = tableOf(catalog, written);
    return 'refused' in table ? tableName(written) : table;
  };
}

/** What was renamed twice has an old name of an old name. */
function tableBehind({ tables, views }: Catalog, named: NamedIn): CatalogTable | undefined {
  const seen = new Set<CatalogView>();
  let view = views.find((one) => shown(one) === shown(named));
  while (view !== undefined && !seen.has(view)) {
    const current = view;
    seen.add(current);
    const table = tables.find((one) => isOldNameOf(current, one));
    if (table !== undefined) return table;
    view = views.find((one) => isOldNameOf(current, one));
  }
  return undefined;
}

export function columnOf(table: CatalogTable, name: string): CatalogColumn | Refusal {
  return (
    findColumn(table, name) ??
    refuse(
      'THM7002',
      `Table ${shown(table)} has no column ${name}.`,
      `It has ${table.columns.map((column) => column.name).join(', ')}.`,
    )
  );
}

export function indexOf(table: CatalogTable, name: string): CatalogIndex | Refusal {
  return (
    table.indexes.find((index) => index.name === name) ??
    refuse(
      'THM7003',
      `Table ${shown(table)} has no index ${name}.`,
      'Name one of its own indexes, as the database shows it.',
    )
  );
}

export function constraintOf(table: CatalogTable, name: string): CatalogConstraint | Refusal {
  return (
    table.constraints.find((constraint) => constraint.name === name) ??
    refuse(
      'THM7004',
      `Table ${shown(table)} has no constraint ${name}.`,
      'Name a check, a key or a foreign key of it; NOT NULL is changed with alterColumn.',
    )
  );
}

/** By its name, in public first; else by `schema.name`, or the only one of that name. */
export function enumOf({ enums }: Catalog, written: string): CatalogEnum | Refusal {
  const named = enums.filter(({ name }) => name === written);
  const dotted = enums.find((type) => shown(type) === written);
  const found =
    named.find(({ schema }) => schema === 'public') ?? dotted ?? (named.length === 1 ? named[0] : undefined);
  return (
    found ??
    refuse(
      'THM7005',
      `There is no enumerated type ${written}, or more than one.`,
      'Name one that is there; where it is not in public, as schema.name.',
    )
  );
}

export function refuse(code: Refusal['refused']['code'], summary: string, fix: string): Refusal {
  return { refused: { code, summary, fix } };
}
