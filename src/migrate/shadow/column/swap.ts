/**
 * The moment in which a column and its shadow change names, and the one in which they change back: each a transaction
 * that keeps out everybody for as long as a few rows of the system catalogs take. Indexes, constraints and the default
 * leave the column that goes into hiding, so that it fails no writer, and come to the one that gets the name.
 */
import type { CatalogIndex, CatalogTable } from '../../../model/schema/catalog.ts';
import { block } from '../../sql/conditional.ts';
import { besidesDefinition } from '../../sql/index-definition.ts';
import { identifier, literal, qualified } from '../../sql/quote.ts';
import { statisticsScript } from '../../sql/statistics.ts';
import { adding, addingForNew } from '../../steps/constraint.ts';
import { commentOn } from '../comment.ts';
import { shadowDefinition } from '../indexes.ts';
import { checksOver, createTrigger, shadowNames, validIndexes, writing, type ColumnShadow } from './one-column.ts';
import { namesColumn } from '../rewrite.ts';
import { createFunction, dropFunction, dropTrigger, same } from '../triggers.ts';

export function swapStatements(shadow: ColumnShadow): readonly string[] {
  const { table, column, conversion, defaultAfter } = shadow;
  const { fresh, old, write, back, lost, index } = shadowNames(shadow);
  const name = identifier(column.name);
  // The hidden column stands where the other one stood: a row that is inserted without names has its value there.
  const placed = `IF TG_OP = 'INSERT' THEN IF num_nonnulls(NEW.${identifier(old)}) > 0 THEN NEW.${name} := ${convertedAgain(shadow, 'NEW')}; END IF; END IF;`;
  // What was there before the swap is kept to the letter for as long as nobody changes the value.
  const unless = namesOthers(shadow) ? null : same(`NEW.${name}`, `OLD.${name}`);
  return [
    `LOCK TABLE ${qualified(table)} IN ACCESS EXCLUSIVE MODE`,
    ...(conversion.forwardSafe ? [] : refuseLost(shadow, fresh, `${conversion.forward} IS NOT NULL`)),
    dropTrigger(write.trigger, table),
    dropFunction(write.function),
    `DROP INDEX IF EXISTS ${qualified(lost)}`,
    ...putDown(shadow),
    ...exchange(table, column.name, old, fresh),
    ...takeUp(shadow, defaultAfter),
    ...validIndexes(shadow).flatMap((each, number) => nameIndex(shadow, each, { name: index(number), column: fresh })),
    ...trimmings(shadow),
    ...createFunction({
      name: back.function,
      body: writing(table, { hidden: old, value: conversion.back, safe: false, unless, placed }),
    }),
    createTrigger(back, table),
  ];
}

export function swapBackStatements(shadow: ColumnShadow): readonly string[] {
  const { table, column, conversion } = shadow;
  const { fresh, old, back, lostBack, oldIndex } = shadowNames(shadow);
  return [
    `LOCK TABLE ${qualified(table)} IN ACCESS EXCLUSIVE MODE`,
    ...refuseLost(shadow, old, `${conversion.back} IS NOT NULL AND ${cameOtherwise(shadow)}`),
    dropTrigger(back.trigger, table),
    dropFunction(back.function),
    `DROP INDEX IF EXISTS ${qualified(lostBack)}`,
    ...putDown(shadow),
    ...exchange(table, column.name, fresh, old),
    ...takeUp(shadow, column.default),
    ...validIndexes(shadow).flatMap((each, number) => {
      const name = oldIndex(number);
      const hidden = { index: each, table, name, column: null };
      const absent = `to_regclass(${literal(qualified({ schema: table.schema, name }))}) IS NULL`;
      // Built beside the writers before, unless the run ended with the swap.
      return [
        block(`BEGIN IF ${absent} THEN ${shadowDefinition(hidden)}; END IF; END`),
        ...nameIndex(shadow, each, { name, column: old }),
      ];
    }),
  ];
}

/** Whether the way back reads other columns than its own. */
function namesOthers({ table, column, conversion }: ColumnShadow): boolean {
  return table.columns.some(({ name }) => name !== column.name && namesColumn(conversion.back, name));
}

/** SQL of what the hidden value would become; `row`: SQL of the row that has it. */
function convertedAgain(shadow: ColumnShadow, row: string): string {
  const { table, column, conversion } = shadow;
  const before = table.columns.map(({ name }) =>
    name === column.name
      ? `${row}.${identifier(shadowNames(shadow).old)} AS ${identifier(name)}`
      : `${row}.${identifier(name)}`,
  );
  return `(SELECT ${conversion.forward} FROM (SELECT ${before.join(', ')}) AS ${identifier(table.name)})`;
}

/** The value is not what the NULL of the hidden side has become. */
function cameOtherwise(shadow: ColumnShadow): string {
  const alias = identifier(shadow.table.name);
  return `NOT ${same(convertedAgain(shadow, alias), `${alias}.${identifier(shadow.column.name)}`)}`;
}

/** Fails where a row has a value on the side that is seen and none on the hidden one, though there should be one. */
function refuseLost({ table, column }: ColumnShadow, hidden: string, should: string): readonly string[] {
  const seen = identifier(column.name);
  const suspects = `SELECT * FROM ${qualified(table)} WHERE ${identifier(hidden)} IS NULL AND ${seen} IS NOT NULL`;
  const found = `EXISTS (WITH lost AS MATERIALIZED (${suspects}) SELECT FROM lost AS ${identifier(table.name)} WHERE ${should})`;
  const message = `a value of column ${column.name} of ${table.schema}.${table.name} does not convert`;
  return [
    // The partial index is empty; a planner that does not know so would read the table instead.
    'SET LOCAL enable_seqscan = off',
    block(`BEGIN IF ${found} THEN RAISE check_violation USING MESSAGE = ${literal(message)}; END IF; END`),
    'SET LOCAL enable_seqscan = DEFAULT',
  ];
}

function statisticsOver({ table, column }: ColumnShadow) {
  return table.statistics.filter(({ definition }) => {
    const [, over = ''] = / ON ([\s\S]*) FROM /u.exec(definition) ?? [];
    return namesColumn(over, column.name);
  });
}

/** Everything that asks something of the column with the name. */
function putDown(shadow: ColumnShadow): readonly string[] {
  const { table, column } = shadow;
  const { notNull } = shadowNames(shadow);
  const alter = `ALTER TABLE ${qualified(table)}`;
  const indexes = validIndexes(shadow);
  const constraints = [...checksOver(table, column.name).map(({ name }) => name), notNull].concat(
    indexes.flatMap(({ constraint }) => constraint ?? []),
  );
  return [
    ...constraints.map((name) => `${alter} DROP CONSTRAINT IF EXISTS ${identifier(name)}`),
    ...indexes
      .filter(({ constraint }) => constraint === null)
      .map(({ name }) => `DROP INDEX IF EXISTS ${qualified({ schema: table.schema, name })}`),
    ...statisticsOver(shadow).map((each) => `DROP STATISTICS IF EXISTS ${qualified(each)}`),
    `${alter} ALTER COLUMN ${identifier(column.name)} DROP DEFAULT`,
    `${alter} ALTER COLUMN ${identifier(column.name)} DROP NOT NULL`,
  ];
}

function exchange(table: CatalogTable, name: string, away: string, here: string): readonly string[] {
  const rename = `ALTER TABLE ${qualified(table)} RENAME COLUMN`;
  return [
    `${rename} ${identifier(name)} TO ${identifier(away)}`,
    `${rename} ${identifier(here)} TO ${identifier(name)}`,
  ];
}

/** The same of the column that has the name now; rows that are there are looked at afterwards. */
function takeUp(shadow: ColumnShadow, value: string | null): readonly string[] {
  const { table, column, world } = shadow;
  const { notNull } = shadowNames(shadow);
  const place = `${table.schema}.${table.name}.${column.name}`;
  const alter = `ALTER TABLE ${qualified(table)}`;
  return [
    ...(value === null ? [] : [`${alter} ALTER COLUMN ${identifier(column.name)} SET DEFAULT ${value}`]),
    ...world.catalog.sequences
      .filter(({ ownedBy }) => ownedBy === place)
      .map(
        (sequence) => `ALTER SEQUENCE ${qualified(sequence)} OWNED BY ${qualified(table)}.${identifier(column.name)}`,
      ),
    ...checksOver(table, column.name).flatMap(({ name, definition, comment }) => [
      addingForNew(table, name, definition),
      ...commentOn(`CONSTRAINT ${identifier(name)} ON ${qualified(table)}`, comment),
    ]),
    ...(column.nullable ? [] : [addingForNew(table, notNull, `CHECK (${identifier(column.name)} IS NOT NULL)`)]),
    ...statisticsOver(shadow).flatMap((each) => [
      ...statisticsScript(each),
      ...commentOn(`STATISTICS ${qualified(each)}`, each.comment),
    ]),
  ];
}

interface Built {
  readonly name: string;
  /** What the column was called when it was built: an index keeps that for itself. */
  readonly column: string;
}

/** Gives an index that was built under a hidden name its own, with what its definition leaves out. */
function nameIndex({ table, column }: ColumnShadow, index: CatalogIndex, built: Built): readonly string[] {
  const constraint = table.constraints.find(({ name }) => name === index.constraint);
  const hidden = qualified({ schema: table.schema, name: built.name });
  const called = `attrelid = ${literal(hidden)}::regclass AND attname = ${literal(built.column)}`;
  const rename = `ALTER TABLE ${hidden} RENAME COLUMN ${identifier(built.column)} TO ${identifier(column.name)}`;
  const own = block(
    `BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE ${called}) THEN ${rename}; END IF; END`,
  );
  if (constraint === undefined) {
    return [own, `ALTER INDEX ${hidden} RENAME TO ${identifier(index.name)}`, ...besidesDefinition(table, index)];
  }
  const [deferred = ''] = / DEFERRABLE(?: INITIALLY DEFERRED)?$/u.exec(constraint.definition) ?? [];
  return [
    own,
    adding(table, constraint.name, `UNIQUE USING INDEX ${identifier(built.name)}${deferred}`),
    ...commentOn(`CONSTRAINT ${identifier(constraint.name)} ON ${qualified(table)}`, constraint.comment),
    ...besidesDefinition(table, index),
  ];
}

/** What people said of the column; the old one keeps its own. */
function trimmings({ table, column }: ColumnShadow): readonly string[] {
  const alter = `ALTER TABLE ${qualified(table)} ALTER COLUMN ${identifier(column.name)}`;
  const { statisticsTarget, options, comment } = column;
  return [
    ...commentOn(`COLUMN ${qualified(table)}.${identifier(column.name)}`, comment),
    ...(statisticsTarget === null ? [] : [`${alter} SET STATISTICS ${statisticsTarget}`]),
    ...(options.length === 0 ? [] : [`${alter} SET (${options.join(', ')})`]),
    ...table.grants.filter((grant) => grantedColumn(grant) === column.name),
  ];
}

/** Of a right to a single column. */
export function grantedColumn(grant: string): string | undefined {
  const [, column] = /^GRANT [A-Z]+ \(("(?:[^"]|"")+"|[^")]+)\) /u.exec(grant) ?? [];
  return column?.startsWith('"') === true ? column.slice(1, -1).replaceAll('""', '"') : column;
}
