/** Indexes in SQL: of a document, and as PostgreSQL prints them. */
import type { CatalogIndex } from '../../model/schema/catalog.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { ParamsOf } from '../operation.ts';
import { expression } from './expression.ts';
import { identifier, list, literal, qualified } from './quote.ts';

export function indexDefinition(
  table: NamedIn,
  columns: readonly string[],
  index: Omit<ParamsOf<'addIndex'>, 'table'>,
): string {
  const { name, unique = false, online = true, method = 'btree', include, where } = index;
  return [
    `CREATE${unique ? ' UNIQUE' : ''} INDEX${online ? ' CONCURRENTLY' : ''} ${identifier(name)}`,
    `ON ${qualified(table)} USING ${method}`,
    `(${index.columns.map((key) => keyPart(key, columns)).join(', ')})`,
    ...(include === undefined ? [] : [`INCLUDE (${list(include)})`]),
    ...(where === undefined ? [] : [`WHERE ${expression(where)}`]),
  ].join(' ');
}

/** What may follow a column or an expression: collation, operator class, order. */
const options =
  /^(?<head>[\s\S]+?)(?<tail>(?:\s+COLLATE\s+[\w."-]+)?(?:\s+[\w.]+_ops(?:\s*\([^)]*\))?)?(?:\s+(?:ASC|DESC))?(?:\s+NULLS\s+(?:FIRST|LAST))?)$/iu;
const word = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

/** A column as it is called, or SQL: what is no column stands in parentheses, for PostgreSQL asks for them. */
function keyPart(written: string, columns: readonly string[]): string {
  if (columns.includes(written)) return identifier(written);
  const { head = written, tail = '' } = options.exec(written.trim())?.groups ?? {};
  const column = columnMeant(head, columns);
  return `${column === undefined ? expression(head) : identifier(column)}${tail}`;
}

/** `"Name"` and `NAME` mean a column like SQL does. */
export function columnMeant(written: string, columns: readonly string[]): string | undefined {
  const quoted = /^"((?:[^"]|"")+)"$/u.exec(written)?.[1]?.replaceAll('""', '"');
  const name = quoted ?? (word.test(written) ? written.toLowerCase() : written);
  return [written, name].find((one) => columns.includes(one));
}

/** A plain word of SQL that is no column: there is nothing else that it could mean. */
export function unknownColumn(written: string, columns: readonly string[]): boolean {
  return !columns.includes(written) && word.test(written) && columnMeant(written, columns) === undefined;
}

/** The definition that builds an index anew, in its tablespace, beside writers or not. */
export function rebuilding(index: CatalogIndex, online: boolean): string {
  const { definition, tablespace } = index;
  const head = online ? definition.replace(/^CREATE( UNIQUE)? INDEX /u, 'CREATE$1 INDEX CONCURRENTLY ') : definition;
  return tablespace === null ? head : beforePredicate(head, ` TABLESPACE ${identifier(tablespace)}`);
}

/** Statements for what a definition leaves out. */
export function besidesDefinition(table: NamedIn, index: CatalogIndex): readonly string[] {
  const place = qualified({ schema: table.schema, name: index.name });
  return [
    ...(index.comment === null ? [] : [`COMMENT ON INDEX ${place} IS ${literal(index.comment)}`]),
    ...(index.clustered ? [`ALTER TABLE ${qualified(table)} CLUSTER ON ${identifier(index.name)}`] : []),
  ];
}

/** Where WHERE stands outside of texts, names and parentheses; else the end. */
function beforePredicate(definition: string, text: string): string {
  let depth = 0;
  for (const match of definition.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]| WHERE /gu)) {
    if (match[0] === '(') depth += 1;
    if (match[0] === ')') depth -= 1;
    if (depth === 0 && match[0] === ' WHERE ')
      return definition.slice(0, match.index) + text + definition.slice(match.index);
  }
  return definition + text;
}
