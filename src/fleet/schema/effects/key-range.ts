/**
 * Rows of a table between two keys, in SQL. Keys travel as text and are cast where they are used, so that any type that
 * has a unique index can lead a walk.
 */
import type { SqlValue, Row } from '../../../ports/schema/database.ts';
import { identifier } from '../../../migrate/sql/quote.ts';

/** Values of the key's columns, as the database prints them. */
export type Key = readonly string[];
export type KeyColumns = readonly { readonly column: string; readonly type: string }[];

export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** After one key and up to another; null: from the first, to the last. */
export function between(columns: KeyColumns, after: Key | null, upTo: Key | null): Condition {
  const parameters: SqlValue[] = [];
  const bound = (key: Key): string =>
    columns.map(({ type }, index) => `$${parameters.push(key[index]!)}::text::${type}`).join(', ');
  const parts = [
    ...(after === null ? [] : [`(${names(columns)}) > (${bound(after)})`]),
    ...(upTo === null ? [] : [`(${names(columns)}) <= (${bound(upTo)})`]),
  ];
  return { sql: parts.length === 0 ? 'true' : parts.join(' AND '), parameters };
}

export function names(columns: KeyColumns): string {
  return columns.map(({ column }) => identifier(column)).join(', ');
}

export function descending(columns: KeyColumns): string {
  return columns.map(({ column }) => `${identifier(column)} DESC`).join(', ');
}

/** The key as columns `key0`, `key1` of a result; `keyOf` reads them. */
export function keyColumns(columns: KeyColumns): string {
  return columns.map(({ column }, index) => `${identifier(column)}::text AS key${index}`).join(', ');
}

export function keyOf(columns: KeyColumns, row: Row | undefined): Key | null {
  return row === undefined ? null : columns.map((_, index) => row[`key${index}`]!);
}

/**
 * `statement` with the keys of some rows as the relation `themis_batch`. Nobody changes them while it runs, so that it
 * waits for none of them. Whoever holds rows and waits for others can hold up a writer who does the same from the other
 * end, and the server ends one of the two: it may wait only where its row is the only one, and fails at once elsewhere.
 */
export function overBatch({ table, columns, where, statement, mayWait }: Batch, range: Condition): string {
  // On a line of its own: it may end in a comment.
  const rows = where === null ? range.sql : `${range.sql} AND (${where}\n)`;
  const keys = names(columns);
  const lock = `FOR NO KEY UPDATE${mayWait ? '' : ' NOWAIT'}`;
  return `WITH themis_batch AS MATERIALIZED (
    SELECT ${keys} FROM ${table} WHERE ${rows} ORDER BY ${keys} ${lock}) ${statement}`;
}

interface Batch {
  readonly table: string;
  readonly columns: KeyColumns;
  readonly where: string | null;
  readonly statement: string;
  readonly mayWait: boolean;
}
