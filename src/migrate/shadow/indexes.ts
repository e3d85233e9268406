/** Indexes over a column, for its shadow: the same but for the name and the column. */
import type { CatalogIndex, CatalogTable } from '../../model/catalog.ts';
import type { NamedIn, SchemaAction } from '../../model/schema-step.ts';
import { rebuilding } from '../sql/index-definition.ts';
import { identifier, qualified } from '../sql/quote.ts';
import { indexBody, namesColumn, withColumn } from './rewrite.ts';

/** Those that have the column in a key, in an expression or in their predicate. */
export function indexesOver({ indexes }: CatalogTable, column: string): readonly CatalogIndex[] {
  return indexes.filter(
    ({ columns, definition }) => columns.includes(column) || namesColumn(indexBody(definition), column),
  );
}

export interface ShadowIndex {
  readonly index: CatalogIndex;
  readonly table: NamedIn;
  readonly name: string;
  /** What to call the column instead; null: as it is. */
  readonly column: { readonly from: string; readonly to: string } | null;
}

export function shadowDefinition({ index, table, name, column }: ShadowIndex): string {
  const body = indexBody(index.definition);
  const unique = index.unique ? 'UNIQUE ' : '';
  const over = column === null ? body : withColumn(body, column.from, column.to);
  return `CREATE ${unique}INDEX ${identifier(name)} ON ${qualified(table)}${over}`;
}

export function buildIndex(shadow: ShadowIndex): SchemaAction {
  const { index, table, name } = shadow;
  const definition = rebuilding({ ...index, definition: shadowDefinition(shadow) }, true);
  return { kind: 'build-index', index: { schema: table.schema, name }, definition };
}

export function dropIndex(schema: string, name: string): SchemaAction {
  return { kind: 'drop-index', index: { schema, name }, concurrently: true };
}
