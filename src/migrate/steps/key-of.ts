/** The key by which a table can be walked: its primary key, else a unique index over columns that are never NULL. */
import type { CatalogIndex, CatalogTable } from '../../model/schema/catalog.ts';
import { findColumn, refuse } from '../find.ts';
import type { Refusal } from '../operation.ts';
import { identifier } from '../sql/quote.ts';
import type { WalkKey } from './fill.ts';

export function keyOf(table: CatalogTable): WalkKey | Refusal {
  const primary = table.constraints.find(({ kind }) => kind === 'primaryKey');
  const unique = table.indexes
    .filter((index) => isKey(table, index))
    .sort((a, b) => a.columns.length - b.columns.length);
  const columns = primary?.columns ?? unique[0]?.columns;
  return columns === undefined
    ? refuse(
        'THM7011',
        `Table ${table.schema}.${table.name} has no key by which its rows can be walked.`,
        'Add a primary key, or a unique index over columns that are NOT NULL.',
      )
    : walkKey(table, columns);
}

/** The key of these columns, in their order. */
export function keyBy(table: CatalogTable, columns: readonly string[]): WalkKey | Refusal {
  const wanted = columns.toSorted().join('\0');
  const keys = [
    ...table.constraints.filter(({ kind }) => kind === 'primaryKey'),
    ...table.indexes.filter((index) => isKey(table, index)),
  ];
  return keys.some((key) => key.columns.toSorted().join('\0') === wanted)
    ? walkKey(table, columns)
    : refuse(
        'THM7017',
        `${columns.join(', ')} of ${table.schema}.${table.name} is no key: nothing says that its values are unique and never NULL.`,
        'Name the columns of the primary key, or of a unique index over columns that are NOT NULL.',
      );
}

function walkKey(table: CatalogTable, columns: readonly string[]): WalkKey {
  return columns.map((column) => ({ column, type: findColumn(table, column)!.type }));
}

/** Over plain columns only, of all rows: what the definition says beyond them makes it something else. */
function isKey(table: CatalogTable, index: CatalogIndex): boolean {
  if (!index.unique || !index.valid || index.columns.length === 0) return false;
  const bare = index.columns.map((name) => (simple.test(name) ? name : identifier(name))).join(', ');
  const [, over = ''] = / USING btree (\(.*\)(?: NULLS NOT DISTINCT)?)$/u.exec(index.definition) ?? [];
  const written = over.replaceAll(/"([a-z_][a-z0-9_]*)"/gu, '$1').replace(/ NULLS NOT DISTINCT$/u, '');
  return written === `(${bare})` && index.columns.every((name) => findColumn(table, name)?.nullable === false);
}

const simple = /^[a-z_][a-z0-9_]*$/u;
