/**
 * Statements that make tables with their columns. Defaults come after all tables: they may call what needs one of them.
 */
import type { Catalog, CatalogColumn, CatalogSequence, CatalogTable } from '../../../model/schema/catalog.ts';
import { shown } from '../../find.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { optionList, type ScriptStatement } from './statement.ts';

/** Parents before what is a part of them, or inherits. */
export function tablesInOrder({ tables }: Catalog): readonly CatalogTable[] {
  const placed = new Set<CatalogTable>();
  const add = (table: CatalogTable): void => {
    if (placed.has(table)) return;
    for (const parent of tables.filter((one) => table.inherits.includes(shown(one)))) add(parent);
    placed.add(table);
  };
  tables.forEach(add);
  return [...placed];
}

export function tableScript(table: CatalogTable, catalog: Catalog): ScriptStatement {
  const parents = parentsOf(table, catalog);
  const body =
    table.partition === null
      ? `(${columnsInOrder(table)
          .map((column) => columnScript(table, column, catalog))
          .join(', ')})`
      : `PARTITION OF ${parents[0]} ${table.partition}`;
  const inherits = table.partition === null && parents.length > 0 ? ` INHERITS (${parents.join(', ')})` : '';
  const partitioned = table.partitionKey === null ? '' : ` PARTITION BY ${table.partitionKey}`;
  const options = table.options.length === 0 ? '' : ` WITH (${optionList(table.options)})`;
  const create = `CREATE ${table.logged ? '' : 'UNLOGGED '}TABLE ${qualified(table)}`;
  return { what: `table ${shown(table)}`, sql: `${create} ${body}${inherits}${partitioned}${options}` };
}

/** What a column has beside its type. */
export function columnsScript(table: CatalogTable): readonly ScriptStatement[] {
  return columnsInOrder(table).flatMap((column) => {
    const isPartition = table.partition !== null;
    const alter = `ALTER TABLE ONLY ${qualified(table)} ALTER COLUMN ${identifier(column.name)}`;
    const changes = [
      ...(column.default === null ? [] : [`SET DEFAULT ${column.default}`]),
      ...(isPartition && !column.nullable ? ['SET NOT NULL'] : []),
      ...(column.storage === null ? [] : [`SET STORAGE ${column.storage}`]),
      ...(column.compression === null ? [] : [`SET COMPRESSION ${column.compression}`]),
      ...(column.statisticsTarget === null ? [] : [`SET STATISTICS ${column.statisticsTarget}`]),
      ...(column.options.length === 0 ? [] : [`SET (${optionList(column.options)})`]),
    ];
    return changes.map((change) => ({ what: `column ${shown(table)}.${column.name}`, sql: `${alter} ${change}` }));
  });
}

function columnsInOrder({ columns }: CatalogTable): readonly CatalogColumn[] {
  return columns.toSorted((a, b) => a.position - b.position);
}

function parentsOf({ inherits }: CatalogTable, { tables }: Catalog): readonly string[] {
  return inherits.flatMap((place) => tables.filter((one) => shown(one) === place).map(qualified));
}

function columnScript(table: CatalogTable, column: CatalogColumn, { sequences, others }: Catalog): string {
  const place = `${shown(table)}.${column.name}`;
  const sequence = sequences.find((one) => one.identity && one.ownedBy === place);
  const { name, type, collation, generated, nullable } = column;
  return [
    identifier(name),
    type,
    ...(collation === null || others.includes(`collation ${collation}`) ? [] : [`COLLATE ${collation}`]),
    ...(generated === null ? [] : [`GENERATED ALWAYS AS (${generated}) ${column.virtual ? 'VIRTUAL' : 'STORED'}`]),
    ...identityOf(column, sequence),
    ...(nullable ? [] : ['NOT NULL']),
  ].join(' ');
}

/** The type of the sequence is that of the column. */
function identityOf({ identity }: CatalogColumn, sequence: CatalogSequence | undefined): readonly string[] {
  if (identity === null) return [];
  const generated = `GENERATED ${identity.toUpperCase()} AS IDENTITY`;
  if (sequence === undefined) return [generated];
  return [`${generated} (SEQUENCE NAME ${qualified(sequence)} ${sequence.definition.replace(/^\w+ /u, '')})`];
}
