/** Names that PostgreSQL would give, so that a schema is the same whether Themis or a script made it. */
import type { CatalogTable } from '../../model/schema/catalog.ts';
import { columnsIn } from './expression.ts';

/** Of an identifier in PostgreSQL, in bytes. */
export const longestNameBytes = 63;

const encoder = new TextEncoder();

export function nameBytes(name: string): number {
  return encoder.encode(name).length;
}

/** Of a check: `orders_price_check`, `orders_check` where it is about several columns; with a number where it is taken. */
export function checkName(table: CatalogTable, text: string, columns: readonly string[]): string {
  const about = columnsIn(text, columns);
  const taken = new Set(table.constraints.map(({ name }) => name));
  for (let number = 0; ; number += 1) {
    const label = number === 0 ? 'check' : `check${number}`;
    const name = joined(table.name, about.length === 1 ? about[0]! : null, label);
    if (!taken.has(name)) return name;
  }
}

/** Whichever of the two is longer loses bytes first (makeObjectName in indexcmds.c). */
function joined(table: string, column: string | null, label: string): string {
  const room = longestNameBytes - nameBytes(label) - (column === null ? 1 : 2);
  let first = nameBytes(table);
  let second = column === null ? 0 : nameBytes(column);
  while (first + second > room) {
    if (first > second) first -= 1;
    else second -= 1;
  }
  const parts = column === null ? [clipped(table, first)] : [clipped(table, first), clipped(column, second)];
  return [...parts, label].join('_');
}

/** As many whole characters as fit. */
function clipped(text: string, bytes: number): string {
  let kept = '';
  for (const character of text) {
    if (nameBytes(kept + character) > bytes) break;
    kept += character;
  }
  return kept;
}
