/** Names that an operation would give, and what is there under them already. */
import type { Catalog, CatalogTable } from '../model/catalog.ts';
import type { NamedIn } from '../model/schema-step.ts';
import { refuse, shown } from './find.ts';
import type { Refusal } from './operation.ts';
import { longestNameBytes, nameBytes } from './sql/auto-name.ts';
import { tableName } from './sql/quote.ts';

/** What Themis puts beside the things of a schema begins so, and is no part of the catalog. */
export const hiddenPrefix = '_themis_';
const ownSchema = 'themis';

/** A new name; undefined where nothing is against it. */
export function refuseName(name: string): Refusal | undefined {
  if (name.startsWith(hiddenPrefix)) {
    return refuse(
      'THM7015',
      `Names that begin with ${hiddenPrefix}, like ${name}, are those of Themis.`,
      'Choose another name.',
    );
  }
  const bytes = nameBytes(name);
  if (bytes <= longestNameBytes) return undefined;
  return refuse(
    'THM7018',
    `${name} is ${bytes} bytes long, and PostgreSQL would cut it off after ${longestNameBytes}.`,
    'Choose a shorter name.',
  );
}

/**
 * A new table or index: also where a table, view, sequence or index has the name, for they share their names. A table
 * is a type besides.
 */
export function refuseRelation(
  catalog: Catalog,
  { schema, name }: NamedIn,
  made: 'table' | 'index' = 'table',
): Refusal | undefined {
  const refused = refuseName(name);
  if (refused !== undefined) return refused;
  if (schema === ownSchema) {
    return refuse('THM7016', `Schema ${ownSchema} is that of Themis.`, 'Name another schema.');
  }
  const kind = relationKind(catalog, schema, name) ?? (made === 'table' ? typeKind(catalog, schema, name) : undefined);
  if (kind === undefined) return undefined;
  return refuse(
    'THM7006',
    `There is a ${kind} ${schema}.${name} already.`,
    'Choose another name, or leave out the operation if it is the one meant.',
  );
}

export function refuseConstraint(table: CatalogTable, name: string): Refusal | undefined {
  if (!table.constraints.some((constraint) => constraint.name === name)) return refuseName(name);
  return refuse(
    'THM7009',
    `Table ${shown(table)} has a constraint ${name} already.`,
    'Choose another name, or leave out the operation if it is the one meant.',
  );
}

/** `schema.table` of a document, with the schema it lies in where nobody says. */
export function placeOf(written: string): string {
  return shown(tableName(written));
}

function relationKind(catalog: Catalog, schema: string, name: string): string | undefined {
  const here = (thing: NamedIn): boolean => thing.schema === schema && thing.name === name;
  if (catalog.tables.some(here)) return 'table';
  if (catalog.views.some(here)) return 'view';
  if (catalog.sequences.some(here)) return 'sequence';
  const withIndexes = [...catalog.tables, ...catalog.views].filter((relation) => relation.schema === schema);
  return withIndexes.some(({ indexes }) => indexes.some((index) => index.name === name)) ? 'index' : undefined;
}

function typeKind({ enums, types }: Catalog, schema: string, name: string): string | undefined {
  return [...enums, ...types].some((type) => type.schema === schema && type.name === name) ? 'type' : undefined;
}
