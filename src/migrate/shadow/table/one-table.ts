/** A table and its shadow: their names, their columns, and the rows of one as rows of the other. */
import type { CatalogColumn, CatalogConstraint, CatalogIndex, CatalogTable } from '../../../model/schema/catalog.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { OperationWorld } from '../../operation.ts';
import { identifier, list, qualified } from '../../sql/quote.ts';
import type { WalkKey } from '../../steps/fill.ts';
import type { Conversion } from '../conversion.ts';
import { firstOf } from '../triggers.ts';

export interface TableShadow {
  readonly table: CatalogTable;
  readonly column: CatalogColumn;
  /** Of the old form; the shadow has a unique index over the same columns from the start. */
  readonly key: WalkKey;
  readonly conversion: Conversion;
  /** SQL of the default in the new form. */
  readonly defaultAfter: string | null;
  readonly world: OperationWorld;
}

export interface Side {
  readonly function: NamedIn;
  readonly trigger: string;
  readonly truncateTrigger: string;
  /** Keys of rows that could not be written on the other side. */
  readonly missed: NamedIn;
}

export function tableNames({ table: { schema }, world }: Pick<TableShadow, 'table' | 'world'>) {
  const hidden = (purpose: string): string => world.hidden(purpose);
  const side = (purpose: string): Side => ({
    function: { schema, name: hidden(purpose) },
    trigger: firstOf(hidden(purpose)),
    truncateTrigger: firstOf(hidden(`${purpose}_all`)),
    missed: { schema, name: hidden(`${purpose}_missed`) },
  });
  return {
    fresh: { schema, name: hidden('table') },
    old: { schema, name: hidden('old_table') },
    settled: { schema, name: hidden('settled') },
    write: side('copy'),
    back: side('copy_back'),
    freshIndex: (number: number) => hidden(`part${number}`),
    oldIndex: (number: number) => hidden(`old_part${number}`),
    freshSequence: (number: number) => hidden(`sequence${number}`),
    oldSequence: (number: number) => hidden(`old_sequence${number}`),
  };
}

/** From one table to the other. */
export interface Direction {
  readonly shadow: TableShadow;
  readonly source: NamedIn;
  readonly target: NamedIn;
  /** SQL over a row of the source. */
  readonly value: string;
  readonly side: Side;
}

export function directions(shadow: TableShadow): { readonly forward: Direction; readonly back: Direction } {
  const { table, conversion } = shadow;
  const { fresh, old, write, back } = tableNames(shadow);
  const here = { schema: table.schema, name: table.name };
  return {
    forward: { shadow, source: here, target: fresh, value: conversion.forward, side: write },
    back: { shadow, source: here, target: old, value: conversion.back, side: back },
  };
}

/** Of generated columns the target makes its own. */
export function writtenColumns({ table }: TableShadow): readonly string[] {
  return table.columns.filter(({ generated }) => generated === null).map(({ name }) => name);
}

export function keyColumns({ key }: TableShadow): readonly string[] {
  return key.map(({ column }) => column);
}

/** The key of the target's row, over a row of the source. */
export function targetKey({ shadow, value }: Direction): string {
  return keyColumns(shadow)
    .map((name) => (name === shadow.column.name ? value : identifier(name)))
    .join(', ');
}

/** `INSERT ... SELECT` of the source's rows that `where` names; the source goes by the table's name. */
export function copying({ shadow, source, target, value }: Direction, where: string): string {
  const columns = writtenColumns(shadow);
  const values = columns.map((name) => (name === shadow.column.name ? value : identifier(name)));
  return [
    `INSERT INTO ${qualified(target)} (${list(columns)}) OVERRIDING SYSTEM VALUE`,
    `SELECT ${values.join(', ')} FROM ${qualified(source)} AS ${identifier(shadow.table.name)} WHERE ${where}`,
  ].join(' ');
}

export function overwriting({ shadow }: Direction): string {
  const key = keyColumns(shadow);
  const rest = writtenColumns(shadow).filter((name) => !key.includes(name));
  const set = rest.map((name) => `${identifier(name)} = EXCLUDED.${identifier(name)}`).join(', ');
  return `ON CONFLICT (${list(key)}) DO ${rest.length === 0 ? 'NOTHING' : `UPDATE SET ${set}`}`;
}

/** Writes once more what a trigger could not; fails with the reason where it still cannot be written. */
export function healing(direction: Direction): readonly string[] {
  const { shadow, target, side } = direction;
  const key = list(keyColumns(shadow));
  const missed = qualified(side.missed);
  const alias = identifier(shadow.table.name);
  return [
    `DELETE FROM ${qualified(target)} WHERE (${key}) IN (SELECT ${targetKey(direction)} FROM ${missed} AS ${alias})`,
    copying(direction, `(${key}) IN (SELECT ${key} FROM ${missed})`),
    `DELETE FROM ${missed}`,
  ];
}

export interface TablePart {
  readonly index: CatalogIndex;
  readonly constraint: CatalogConstraint | null;
  readonly number: number;
}

/** Indexes that are whole, with the constraints they serve. */
export function tableParts({ table }: Pick<TableShadow, 'table'>): readonly TablePart[] {
  return table.indexes
    .filter(({ valid }) => valid)
    .map((index, number) => ({
      index,
      constraint: table.constraints.find(({ name }) => name === index.constraint) ?? null,
      number,
    }));
}
