/** Statements that make what is no table: schemas, types, sequences, functions, views. */
import type {
  CatalogEnum,
  CatalogFunction,
  CatalogSchema,
  CatalogSequence,
  CatalogTable,
  CatalogType,
  CatalogView,
} from '../../../model/schema/catalog.ts';
import { shown } from '../../find.ts';
import { identifier, literal, qualified } from '../../sql/quote.ts';
import { optionList, type ScriptStatement } from './statement.ts';

export function schemaScript({ name }: CatalogSchema): ScriptStatement {
  return { what: `schema ${name}`, sql: `CREATE SCHEMA IF NOT EXISTS ${identifier(name)}` };
}

export function enumScript(type: CatalogEnum): ScriptStatement {
  return {
    what: `type ${shown(type)}`,
    sql: `CREATE TYPE ${qualified(type)} AS ENUM (${type.values.map(literal).join(', ')})`,
  };
}

export function typeScript(type: CatalogType): ScriptStatement {
  const { kind, definition } = type;
  const as = kind === 'range' ? 'AS RANGE' : 'AS';
  return {
    what: `type ${shown(type)}`,
    sql: `CREATE ${kind === 'domain' ? 'DOMAIN' : 'TYPE'} ${qualified(type)} ${as} ${definition ?? '()'}`,
  };
}

/** One of an identity column is made with that. */
export function sequenceScript(sequence: CatalogSequence): ScriptStatement {
  const unlogged = sequence.logged ? '' : 'UNLOGGED ';
  return {
    what: `sequence ${shown(sequence)}`,
    sql: `CREATE ${unlogged}SEQUENCE ${qualified(sequence)} AS ${sequence.definition}`,
  };
}

export function sequenceOwnerScript(
  sequence: CatalogSequence,
  tables: readonly CatalogTable[],
): readonly ScriptStatement[] {
  const owner = tables
    .flatMap((table) => table.columns.map((column) => ({ table, column })))
    .find(({ table, column }) => `${shown(table)}.${column.name}` === sequence.ownedBy);
  if (owner === undefined) return [];
  const column = `${qualified(owner.table)}.${identifier(owner.column.name)}`;
  const sql = `ALTER SEQUENCE ${qualified(sequence)} OWNED BY ${column}`;
  return [{ what: `sequence ${shown(sequence)}`, sql }];
}

/** `"public"."normalise"(text)`, as statements name it. */
export function signature({ schema, name }: CatalogFunction): string {
  const at = name.indexOf('(');
  return `${identifier(schema)}.${identifier(name.slice(0, at))}${name.slice(at)}`;
}

const parallel: Readonly<Record<string, string>> = { s: 'SAFE', r: 'RESTRICTED', u: 'UNSAFE' };

/** Null: an aggregate over an order, of which a catalog does not know enough. */
export function functionScript(one: CatalogFunction): ScriptStatement | null {
  const what = functionPlace(one);
  if (one.kind !== 'aggregate') return { what, sql: one.definition };
  const [, parts, kind, safety] = /^(.*), KIND = (\w), PARALLEL = (\w)$/su.exec(one.definition) ?? [];
  if (parts === undefined || kind !== 'n') return null;
  const named = signature(one);
  const sql = `CREATE AGGREGATE ${named.endsWith('()') ? `${named.slice(0, -1)}*)` : named}`;
  return { what, sql: `${sql} (${parts}, PARALLEL = ${parallel[safety ?? ''] ?? 'UNSAFE'})` };
}

export function functionPlace(one: CatalogFunction): string {
  return `${one.kind} ${shown(one)}`;
}

export function viewPlace(view: CatalogView): string {
  return `${view.materialized ? 'materialized view' : 'view'} ${shown(view)}`;
}

export function viewScript(view: CatalogView): readonly ScriptStatement[] {
  const what = viewPlace(view);
  const options = view.options.length === 0 ? '' : ` WITH (${optionList(view.options)})`;
  const kind = view.materialized ? 'MATERIALIZED VIEW' : 'VIEW';
  const defaults = view.columns.flatMap((column) =>
    column.default === null
      ? []
      : [`ALTER VIEW ${qualified(view)} ALTER COLUMN ${identifier(column.name)} SET DEFAULT ${column.default}`],
  );
  const create = `CREATE ${kind} ${qualified(view)}${options} AS ${view.definition.replace(/;\s*$/u, '')}`;
  return [create, ...defaults].map((sql) => ({ what, sql }));
}
