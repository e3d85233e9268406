/** Lookups in a catalog, with the refusal where something is not as an operation needs it. */
import type { Catalog, CatalogColumn, CatalogTable } from '../model/catalog.ts';
import type { NamedIn } from '../model/schema-step.ts';
import type { Refusal } from './operation.ts';
import { tableName } from './sql/quote.ts';

export function findTable({ tables }: Catalog, { schema, name }: NamedIn): CatalogTable | undefined {
  return tables.find((table) => table.schema === schema && table.name === name);
}

export function findColumn(table: CatalogTable, name: string): CatalogColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

/** The table as written in a document. */
export function tableOf(catalog: Catalog, written: string): CatalogTable | Refusal {
  return (
    findTable(catalog, tableName(written)) ??
    refuse(
      'THM7001',
      `There is no table ${written}.`,
      'Name one that is there, with its schema where it is not public.',
    )
  );
}

export function refuse(code: Refusal['refused']['code'], summary: string, fix: string): Refusal {
  return { refused: { code, summary, fix } };
}
