/**
 * Fills columns of rows that are there, batch by batch. A row that was changed between the look at its batch and the
 * write is looked at again by PostgreSQL: `where` stands in the statement too.
 */
import type { NamedIn, SchemaAction, WalkAction } from '../../model/schema/schema-step.ts';
import { expression } from '../sql/expression.ts';
import { identifier, list, qualified } from '../sql/quote.ts';

export type WalkKey = WalkAction['key'];

export interface Filling {
  readonly table: NamedIn;
  readonly key: WalkKey;
  /** Column to SQL: `DEFAULT`, or an expression over the row, in parentheses. */
  readonly set: readonly (readonly [column: string, sql: string])[];
  /** SQL expression over the row; null: all. */
  readonly where: string | null;
  readonly firstBatchRows?: number;
}

/** What a walk begins with where nobody says otherwise; the runner adapts it. */
export const usualBatchRows = 10_000;

export function filling({ table, key, set, where, firstBatchRows = usualBatchRows }: Filling): SchemaAction {
  const assignments = set.map(([column, sql]) => `${identifier(column)} = ${sql}`).join(', ');
  const rows = inBatch(key);
  const chosen = where === null ? rows : `${rows} AND ${expression(where)}`;
  const statement = `UPDATE ${qualified(table)} SET ${assignments} WHERE ${chosen}`;
  return { kind: 'walk', table, key, where, statement, firstBatchRows };
}

/** Rows of the batch by their key, without names that an expression beside it could mean. */
export function inBatch(key: WalkKey): string {
  const columns = list(key.map(({ column }) => column));
  return `(${columns}) IN (SELECT ${columns} FROM themis_batch)`;
}
