/** An enumerated type made anew with the values of a catalog, and everything that uses it moved over. */
import type { CatalogColumn, CatalogEnum, CatalogTable } from '../../model/schema/catalog.ts';
import { shown } from '../find.ts';
import type { OperationWorld } from '../operation.ts';
import { identifier, literal, qualified } from './quote.ts';
import { namesColumn, triggerCondition } from '../shadow/rewrite.ts';
import { block } from './conditional.ts';
import { creatingView, isPlain, viewsOver } from './view.ts';
import { besidesDefinition, rebuilding } from './index-definition.ts';

/** What uses the type in a way that keeps it from being made anew; undefined where nothing is known to. */
export function keptBy(type: CatalogEnum, { catalog }: OperationWorld): string | undefined {
  const name = printed(type);
  const word = new RegExp(`(?<![\\w."])${RegExp.escape(name)}(?![\\w."])`, 'u');
  const using = catalog.tables.filter((table) => columnsOf(type, table).length > 0);
  const places = using.flatMap((table) => columnsOf(type, table).map((column) => `${shown(table)}.${column.name}`));
  const reads = (list: readonly string[]): boolean => list.some((read) => places.includes(read));
  const found = [
    ...catalog.types.filter(({ definition }) => word.test(definition)).map((each) => `type ${shown(each)}`),
    ...catalog.functions
      .filter((code) => word.test(code.name) || reads(code.reads))
      .map((code) => `function ${shown(code)}`),
    ...viewsOver(catalog, places)
      .filter((view) => !isPlain(view))
      .map((view) => `view ${shown(view)}`),
    ...catalog.tables.flatMap(({ policies }) =>
      policies.filter((policy) => reads(policy.reads)).map((policy) => `policy ${policy.name}`),
    ),
    ...using.flatMap((table) => hangingOn(type, table)),
  ];
  return found[0] === undefined ? undefined : `${found.join(', ')} hangs on type ${shown(type)}`;
}

/** Of one table, what looks at values of the type and cannot be made again beside them. */
function hangingOn(type: CatalogEnum, table: CatalogTable): readonly string[] {
  const columns = columnsOf(type, table).map(({ name }) => name);
  const names = (sql: string): boolean => columns.some((column) => namesColumn(sql, column));
  return [
    ...table.columns
      .filter(({ generated }) => generated !== null && names(generated))
      .map(({ name }) => `generated column ${name} of ${shown(table)}`),
    ...table.constraints
      .filter(({ kind, definition }) => (kind === 'foreignKey' || kind === 'exclusion') && names(definition))
      .map(({ name }) => `constraint ${name} of ${shown(table)}`),
    ...table.triggers
      .filter(({ definition }) => names(triggerCondition(definition)))
      .map(({ name }) => `trigger ${name} of ${shown(table)}`),
    ...(table.partitionKey !== null && names(table.partitionKey) ? [`the partition key of ${shown(table)}`] : []),
  ];
}

/**
 * For one transaction. What `keptBy` finds, and rows that have a value of theirs, make it fail before anything is
 * committed.
 */
export function remaking(type: CatalogEnum, world: OperationWorld): readonly string[] {
  const old = { schema: type.schema, name: world.hidden('old_type') };
  const values = type.values.map((value) => literal(value)).join(', ');
  const using = world.catalog.tables.filter(
    (table) => table.inherits.length === 0 && columnsOf(type, table).length > 0,
  );
  const moves = using.map((table) => move(type, table));
  const places = using.flatMap((table) => columnsOf(type, table).map(({ name }) => `${shown(table)}.${name}`));
  const views = viewsOver(world.catalog, places).filter(isPlain);
  return [
    ...views.toReversed().map((view) => `DROP VIEW ${qualified(view)}`),
    ...moves.flatMap(({ before }) => before),
    `ALTER TYPE ${qualified(type)} RENAME TO ${identifier(old.name)}`,
    `CREATE TYPE ${qualified(type)} AS ENUM (${values})`,
    `ALTER TYPE ${qualified(type)} OWNER TO ${identifier(type.owner)}`,
    ...(type.comment === null ? [] : [`COMMENT ON TYPE ${qualified(type)} IS ${literal(type.comment)}`]),
    ...type.grants,
    ...moves.flatMap(({ during, after }) => [...during, ...after]),
    ...views.flatMap(creatingView),
    `DROP TYPE ${qualified(old)}`,
  ];
}

interface Move {
  readonly before: readonly string[];
  readonly during: readonly string[];
  readonly after: readonly string[];
}

/** Defaults, checks and index predicates hold constants of the old type: they go before and come back after. */
function move(type: CatalogEnum, table: CatalogTable): Move {
  const alter = `ALTER TABLE ${qualified(table)}`;
  const named = (text: string): boolean => text.includes(`::${printed(type)}`);
  const checks = table.constraints.filter(({ kind, definition }) => kind === 'check' && named(definition));
  const indexes = table.indexes.filter(({ constraint, definition }) => constraint === null && named(definition));
  const columns = columnsOf(type, table);
  return {
    before: [
      ...checks.map(({ name }) => `${alter} DROP CONSTRAINT ${identifier(name)}`),
      ...indexes.map(({ name }) => `DROP INDEX ${qualified({ schema: table.schema, name })}`),
    ],
    during: [moving(type, table, columns)],
    after: [
      ...checks.map(
        ({ name, definition, validated }) =>
          `${alter} ADD CONSTRAINT ${identifier(name)} ${definition}${validated ? '' : ' NOT VALID'}`,
      ),
      ...checks.flatMap(({ name, comment }) =>
        comment === null
          ? []
          : [`COMMENT ON CONSTRAINT ${identifier(name)} ON ${qualified(table)} IS ${literal(comment)}`],
      ),
      ...indexes.map((index) => rebuilding(index, false)),
      ...indexes.flatMap((index) => besidesDefinition(table, index)),
    ],
  };
}

/** Of two columns of the type one may be the second name of the other, which is gone by then. */
function moving(type: CatalogEnum, table: CatalogTable, columns: readonly CatalogColumn[]): string {
  const alter = `ALTER TABLE ${qualified(table)}`;
  const types = new Set(columns.map((column) => column.type));
  const parts = columns.map((column) => ({ name: column.name, sql: moveColumn(type, column).join(', ') }));
  if (types.size === columns.length) return `${alter} ${parts.map(({ sql }) => sql).join(', ')}`;
  const rows = parts.map(({ name, sql }, number) => `(${number}, ${literal(name)}, ${literal(sql)})`).join(', ');
  const there = `attrelid = ${literal(qualified(table))}::regclass AND attname = part.name AND NOT attisdropped`;
  return block(
    [
      `BEGIN EXECUTE (SELECT ${literal(`${alter} `)} || pg_catalog.string_agg(part.sql, ', ' ORDER BY part.number)`,
      `FROM (VALUES ${rows}) AS part(number, name, sql)`,
      `WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE ${there})); END`,
    ].join(' '),
  );
}

function moveColumn(type: CatalogEnum, { name, type: text, default: value }: CatalogColumn): readonly string[] {
  const array = text.endsWith('[]') ? '[]' : '';
  const column = `ALTER COLUMN ${identifier(name)}`;
  const change = `${column} TYPE ${qualified(type)}${array} USING ${identifier(name)}::text${array}::${qualified(type)}${array}`;
  return value === null ? [change] : [`${column} DROP DEFAULT`, change, `${column} SET DEFAULT ${value}`];
}

function columnsOf(type: CatalogEnum, table: CatalogTable): readonly CatalogColumn[] {
  const name = printed(type);
  return table.columns.filter((column) => column.type === name || column.type === `${name}[]`);
}

/** As `format_type` prints it with nothing on the search path. */
function printed({ schema, name }: CatalogEnum): string {
  return [schema, name].map((part) => (plain.test(part) ? part : identifier(part))).join('.');
}

const plain = /^[a-z_][a-z0-9_]*$/u;
