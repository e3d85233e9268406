/**
 * Which tables and columns a query names. Without a catalog nobody knows whose a bare column is, so it may be of any table
 * that the statement names: a rule that asks is told so rather than told no.
 */
import { namesOf, relationOf } from '../../convert/tree.ts';
import type { CatalogTable } from '../../../model/schema/catalog.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlNode, SqlParser } from '../../../ports/schema/sql-parser.ts';
import { rangesIn, sameTable } from './names.ts';
import { nodesOf, treeOf } from './tree.ts';

export interface QueryReads {
  readonly tables: readonly NamedIn[];
  readonly columns: readonly ReadColumn[];
}

export interface ReadColumn {
  /** Of which it may be one. */
  readonly tables: readonly NamedIn[];
  readonly name: string;
  /** Nothing else in the statement gives names that it might be. */
  readonly sure: boolean;
}

export function readsOf(sql: SqlParser, text: string): QueryReads {
  const parsed = sql.parse(text);
  if (!('statements' in parsed)) return { tables: [], columns: [] };
  const each = parsed.statements.map(({ node }) => readsOfStatement(node));
  return { tables: each.flatMap(({ tables }) => tables), columns: each.flatMap(({ columns }) => columns) };
}

function readsOfStatement(node: SqlNode): QueryReads {
  const withNames = new Set([...nodesOf(node, 'CommonTableExpr')].map(({ ctename }) => ctename));
  const ranges = rangesIn(node)
    .filter((range) => range.schemaname !== undefined || !withNames.has(range.relname))
    .map((range) => ({ table: relationOf(range), as: range.alias?.aliasname ?? range.relname ?? '' }));
  const tables = ranges.map(({ table }) => table);
  const plain = withNames.size === 0 && !hasOtherSources(node);
  const taken = new Set([...ranges.map(({ as }) => as), ...outputNames(node)]);
  const columns = [...nodesOf(node, 'ColumnRef')].flatMap(({ fields = [] }): readonly ReadColumn[] => {
    const names = namesOf(fields);
    // A star names no column: it reads whatever is there.
    if (names.length === 0 || names.length < fields.length) return [];
    const name = names.at(-1)!;
    const owner = names.at(-2);
    if (owner === undefined) return [{ tables, name, sure: plain && !taken.has(name) }];
    const owners = ranges.filter(({ as }) => as === owner).map(({ table }) => table);
    return [{ tables: owners, name, sure: owners.length === 1 }];
  });
  return { tables, columns: [...columns, ...writtenColumns(node)] };
}

function hasOtherSources(node: SqlNode): boolean {
  return (['RangeFunction', 'RangeSubselect', 'RangeTableFunc', 'JsonTable'] as const).some(
    (kind) => !nodesOf(node, kind).next().done,
  );
}

function outputNames(node: SqlNode): readonly string[] {
  return [...nodesOf(node, 'ResTarget')].flatMap(({ name }) => name ?? []);
}

function* writtenColumns(node: SqlNode): Generator<ReadColumn> {
  const inserts = [...nodesOf(node, 'InsertStmt')].map(({ relation, cols }) => ({ relation, targets: cols }));
  const updates = [...nodesOf(node, 'UpdateStmt')].map(({ relation, targetList }) => ({
    relation,
    targets: targetList,
  }));
  for (const { relation, targets = [] } of [...inserts, ...updates]) {
    for (const target of targets) {
      const name = treeOf(target, 'ResTarget')?.name;
      if (name !== undefined) yield { tables: [relationOf(relation)], name, sure: true };
    }
  }
}

export function readsTable({ tables }: QueryReads, table: NamedIn): boolean {
  return tables.some((one) => sameTable(one, table));
}

/** `lookUp` tells whose a bare column is, where it knows the tables. */
export function readsColumn(
  { columns }: QueryReads,
  table: NamedIn,
  name: string,
  lookUp: (table: NamedIn) => CatalogTable | undefined,
): boolean {
  const has = (one: NamedIn): boolean | undefined => lookUp(one)?.columns.some((column) => column.name === name);
  return columns.some(
    ({ tables, name: read }) =>
      read === name &&
      tables.some((one) => sameTable(one, table)) &&
      (tables.length === 1 ||
        (has(table) !== false && !tables.some((one) => !sameTable(one, table) && has(one) === true))),
  );
}
