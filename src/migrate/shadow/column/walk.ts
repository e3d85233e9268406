/** Filling and comparing a column beside another one, without a trigger of the user taking notice. */
import type { CatalogTable } from '../../../model/schema/catalog.ts';
import type { SchemaAction } from '../../../model/schema/schema-step.ts';
import { inBatch, usualBatchRows, usualChunkRows, type WalkKey } from '../../steps/fill.ts';
import { identifier, qualified } from '../../sql/quote.ts';

export interface ColumnPair {
  readonly table: CatalogTable;
  readonly key: WalkKey;
  /** SQL over the row of what the shadow has to be. */
  readonly value: string;
  readonly shadow: string;
  /** As PostgreSQL writes it. */
  readonly type: string;
}

/** They fire for a walk too: what they record or change would be made up. */
export function firesOnUpdate({ triggers }: CatalogTable): boolean {
  return triggers.some(({ definition, fires }) => fires !== 'never' && / UPDATE /u.test(definition));
}

/** Says before the first effect that a walk may keep the user's triggers from firing: not everybody may. */
export function mayBeUnseen(table: CatalogTable): readonly string[] {
  return firesOnUpdate(table)
    ? ['SET LOCAL session_replication_role = replica', 'SET LOCAL session_replication_role = DEFAULT']
    : [];
}

/**
 * The value is computed over the row that is written: one that a writer changed since the batch was looked at is computed
 * anew by PostgreSQL.
 */
function fillStatement({ table, key, value, shadow, type }: ColumnPair): string {
  const unseen = firesOnUpdate(table);
  const from = unseen
    ? ` FROM (SELECT pg_catalog.set_config('session_replication_role', 'replica', true) AS _themis_role OFFSET 0) AS _themis_unseen`
    : '';
  const differs = `quote_nullable((${identifier(shadow)})::text) <> quote_nullable(((${value})::${type})::text)`;
  return [
    `UPDATE ${qualified(table)} SET ${identifier(shadow)} = ${value}${from}`,
    `WHERE ${inBatch(key)} AND ${differs}${unseen ? ` AND _themis_role = 'replica'` : ''}`,
  ].join(' ');
}

export function fillColumn(pair: ColumnPair): SchemaAction {
  return {
    kind: 'walk',
    table: named(pair.table),
    key: pair.key,
    where: null,
    statement: fillStatement(pair),
    firstBatchRows: usualBatchRows,
  };
}

export function compareColumn(pair: ColumnPair): SchemaAction {
  const relation = qualified(pair.table);
  return {
    kind: 'compare',
    table: named(pair.table),
    key: pair.key,
    left: { relation, row: `quote_nullable(((${pair.value})::${pair.type})::text)` },
    right: { relation, row: `quote_nullable((${identifier(pair.shadow)})::text)` },
    repair: fillStatement(pair),
    attempts: 3,
    chunkRows: usualChunkRows,
  };
}

export function named({ schema, name }: CatalogTable) {
  return { schema, name };
}
