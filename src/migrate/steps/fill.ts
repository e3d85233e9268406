/**
 * Fills columns of rows that are there, batch by batch. A row that was changed between the look at its batch and the
 * write is looked at again by PostgreSQL: `where` stands in the statement too.
 */
import type { NamedIn, SchemaAction, WalkAction } from '../../model/schema/schema-step.ts';
import { expression } from '../sql/expression.ts';
import { identifier, qualified } from '../sql/quote.ts';

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

/** What a walk begins with where nobody says otherwise: few, as nobody knows the server yet; the runner adapts it. */
export const usualBatchRows = 1000;
/** Of a comparison, which keeps out nobody. */
export const usualChunkRows = 10_000;

export function filling({ table, key, set, where, firstBatchRows = usualBatchRows }: Filling): SchemaAction {
  const assignments = set.map(([column, sql]) => `${identifier(column)} = ${sql}`).join(', ');
  const rows = inBatch(key);
  const chosen = where === null ? rows : `${rows} AND ${expression(where)}`;
  const statement = `UPDATE ${qualified(table)} SET ${assignments} WHERE ${chosen}`;
  return { kind: 'walk', table, key, where, statement, firstBatchRows };
}

/**
 * Rows of the batch by their key, without names that an expression beside it could mean. Joined with the batch, a large
 * table would be read whole for each of them (2 million rows and batches of ten thousand: 900 ms instead of 160), so the
 * key is said as something that only its index answers.
 */
export function inBatch(key: WalkKey): string {
  const names = key.map(({ column }) => identifier(column));
  const [first, ...rest] = names as [string, ...string[]];
  if (rest.length === 0) return `${first} = ANY (ARRAY(SELECT ${first} FROM themis_batch))`;
  const columns = names.join(', ');
  const edge = (what: string, order: string): string =>
    `(SELECT ${what} FROM themis_batch ORDER BY ${names.map((name) => `${name} ${order}`).join(', ')} LIMIT 1)`;
  return [
    ...[first, `(${columns})`].flatMap((bound) => {
      const what = bound === first ? first : columns;
      return [`${bound} >= ${edge(what, 'ASC')}`, `${bound} <= ${edge(what, 'DESC')}`];
    }),
    `(${columns}) IN (SELECT ${columns} FROM themis_batch)`,
  ].join(' AND ');
}
