/** SQL as PostgreSQL prints it, read word by word: whether it names a column, and the same with another name. */
import { identifier } from '../sql/quote.ts';

const name = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const types = String.raw`character varying|double precision|bit varying|(?:timestamp|time)(?:\(\d+\))? with(?:out)? time zone`;

/** What is a name and no column: texts, types, collations, names with a schema, functions and the access method. */
const word = new RegExp(
  String.raw`'(?:[^']|'')*'|::(?:${types}|${name}(?:\.${name})*)|\b(?:COLLATE|USING) ${name}(?:\.${name})*|${name}(?:\.${name})+|${name}(?=\()|(?<column>${name})`,
  'gu',
);

/** The same expression over another column. */
export function withColumn(sql: string, from: string, to: string): string {
  return sql.replaceAll(word, (found: string, ...rest: unknown[]) => {
    const { column } = rest.at(-1) as { readonly column?: string };
    return column !== undefined && meant(column) === from ? identifier(to) : found;
  });
}

export function namesColumn(sql: string, column: string): boolean {
  for (const { groups } of sql.matchAll(word)) {
    const found = groups!['column'];
    if (found !== undefined && meant(found) === column) return true;
  }
  return false;
}

function meant(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written;
}

const indexHead = new RegExp(
  String.raw`^CREATE (?<unique>UNIQUE )?INDEX ${name} ON (?:ONLY )?${name}(?:\.${name})*`,
  'u',
);

/** What stands behind the table in the definition of an index: ` USING btree (email) WHERE ...`. */
export function indexBody(definition: string): string {
  return definition.replace(indexHead, '');
}

const triggerHead = new RegExp(String.raw`^CREATE (?:CONSTRAINT )?TRIGGER ${name} `, 'u');
const triggerTable = new RegExp(String.raw` ON ${name}(?:\.${name})* `, 'u');

/** `BEFORE UPDATE OF email FOR EACH ROW WHEN (email > '')`: a trigger without what it is called, is on and calls. */
export function triggerCondition(definition: string): string {
  return definition
    .replace(triggerHead, '')
    .replace(triggerTable, ' ')
    .replace(/ EXECUTE (?:FUNCTION|PROCEDURE) [\s\S]*$/u, '')
    .replaceAll(/\b(?:new|old)\./giu, '');
}
