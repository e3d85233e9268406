/** What keeps something from being dropped or changed: PostgreSQL would say so too, but only when its turn comes. */
import type { Catalog, CatalogConstraint, CatalogTable } from '../model/schema/catalog.ts';
import type { NamedIn } from '../model/schema/schema-step.ts';
import { dependentsOf, type Dependent } from './catalog/dependents.ts';
import { refuse, shown } from './find.ts';
import type { Refusal } from './operation.ts';
import { columnsIn } from './sql/expression.ts';
import { identifier } from './sql/quote.ts';

/**
 * Whoever reads a relation, or one column of it, so that PostgreSQL would not let it go; what goes with it is not, nor is
 * one of `aside`, `schema.view`.
 */
export function refuseReaders(
  catalog: Catalog,
  relation: NamedIn,
  column?: string,
  aside: readonly string[] = [],
): Refusal | undefined {
  const place = column === undefined ? shown(relation) : `${shown(relation)}.${column}`;
  const own = (reader: Dependent): boolean =>
    column === undefined &&
    (reader.kind === 'policy' || reader.kind === 'rule') &&
    reader.place.startsWith(`${shown(relation)}.`);
  const readers = dependentsOf(catalog, relation, column).filter(
    (reader) => reader.certain && !own(reader) && !aside.includes(reader.place),
  );
  if (readers.length === 0) return undefined;
  const names = readers.map((reader) => `${reader.kind} ${reader.place}`).join(', ');
  return refuse(
    'THM7013',
    `${place} is read by ${names}.`,
    'Drop or replace what reads it first, with rawSql in the contract phase.',
  );
}

/** Foreign keys that point to a table; with `columns`: those that point to just these, or to the one given. */
export function refuseReferences(
  catalog: Catalog,
  table: CatalogTable,
  about: { readonly column: string } | { readonly columns: readonly string[] } | 'rows',
): Refusal | undefined {
  const place = shown(table);
  const meant = (key: CatalogConstraint, other: CatalogTable): boolean => {
    if (about === 'rows') return other !== table;
    const pointed = columnsPointedTo(key, table);
    return 'column' in about ? pointed.includes(about.column) : sameNames(pointed, about.columns);
  };
  const pointing = catalog.tables.flatMap((other) =>
    other.constraints
      .filter((key) => key.references === place && meant(key, other))
      .map(({ name }) => `${name} of ${shown(other)}`),
  );
  if (pointing.length === 0) return undefined;
  return refuse(
    'THM7021',
    `Foreign key ${pointing.join(', ')} points to ${place}.`,
    'Drop the foreign key first, with dropConstraint before this operation.',
  );
}

/** An index by which replicas know rows; `name`: its own. */
export function refuseIdentity(table: CatalogTable, name: string): Refusal | undefined {
  if (![name, identifier(name)].some((written) => table.replicaIdentity === `USING INDEX ${written}`)) return undefined;
  return refuse(
    'THM7026',
    `Index ${name} is the replica identity of ${shown(table)}: without it, no row could be changed.`,
    'Set another replica identity first, with rawSql.',
  );
}

function columnsPointedTo({ definition }: CatalogConstraint, table: CatalogTable): readonly string[] {
  const [, pointed = ''] = /\bREFERENCES .*?\(([^)]*)\)/u.exec(definition) ?? [];
  return columnsIn(
    pointed,
    table.columns.map(({ name }) => name),
  );
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name));
}

/** What is done row by row or without keeping writers out is of plain tables, and of partitioned ones where `parts`. */
export function refuseKind(
  table: CatalogTable,
  what: string,
  parts: readonly CatalogTable['kind'][],
): Refusal | undefined {
  if (table.kind === 'table' || parts.includes(table.kind)) return undefined;
  const kinds = { partitioned: 'a partitioned table', partition: 'a partition', foreign: 'a foreign table' };
  return refuse(
    'THM7012',
    `${shown(table)} is ${kinds[table.kind]}, where ${what} online is not possible.`,
    table.kind === 'partition' ? 'Change the table that it is a partition of.' : 'Say it with rawSql, in a quiet hour.',
  );
}
