/**
 * One hash over all rows, computed where they lie. Each row is hashed, and the hashes are added up: a sum does not depend
 * on an order, so nothing is sorted and a table of any size takes one pass and a few numbers of memory. That finds what
 * went wrong by accident; against somebody who makes up rows for it a sum of hashes is no proof.
 */
import { digestJson, type Digest } from '../../kernel/digest.ts';
import type { Catalog, CatalogTable } from '../../model/schema/catalog.ts';
import type { DatabaseSession } from '../../ports/schema/database.ts';
import { list, qualified } from '../sql/quote.ts';

const lockTimeoutMs = 10_000;

/** What a value reads like is of the session, and rows that a policy hides are an error rather than left out. */
const settings = [
  ['search_path', 'pg_catalog'],
  ['row_security', 'off'],
  ['timezone', 'UTC'],
  ['datestyle', 'ISO, MDY'],
  ['intervalstyle', 'postgres'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  ['xmloption', 'content'],
] as const;

/**
 * Over the tables of `catalog`, partitions one by one; foreign tables and materialized views have no rows of their own.
 * Columns count by name, wherever they stand; those that Themis hides do not. In a transaction of its own, and of one
 * moment. Throws what the session throws.
 */
export async function dataDigest(session: DatabaseSession, { tables }: Catalog): Promise<Digest> {
  const own = tables.filter(({ kind }) => kind === 'table' || kind === 'partition');
  if (own.length === 0) return digestJson([]);
  const { rows } = await session.transaction({ lockTimeoutMs, statementTimeoutMs: null }, async () => {
    for (const [name, value] of settings) await session.query(`SET LOCAL ${name} = '${value}'`);
    return session.query(own.map(sumOf).join(' UNION ALL '));
  });
  const sums = new Map(rows.map(({ number, ...sum }) => [Number(number), sum]));
  return digestJson(
    own.map(({ schema, name, columns }, index) => [
      schema,
      name,
      columns.map((column) => column.name),
      sums.get(index),
    ]),
  );
}

/** The sums of both halves of the first 128 bits, and how many there were. */
function sumOf(table: CatalogTable, index: number): string {
  const row = `ROW(${list(table.columns.map(({ name }) => name))})`;
  const half = (from: number): string =>
    `sum(('x' || encode(substring(r.hash FROM ${from} FOR 8), 'hex'))::bit(64)::bigint)::text`;
  return `SELECT ${index}::text AS number, count(*)::text AS count, ${half(1)} AS high, ${half(9)} AS low
    FROM (SELECT sha256(convert_to(${row}::text, 'UTF8')) AS hash FROM ONLY ${qualified(table)}) r`;
}
