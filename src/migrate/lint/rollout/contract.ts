/** What operations take away in contract, under the name by which releases know it. */
import type { NamedIn } from '../../../model/schema-step.ts';
import { graceOf } from '../../steps/grace.ts';
import { tableName } from '../../sql/quote.ts';
import type { LintOperation } from '../rule.ts';
import { writtenName } from '../sql/names.ts';

export interface TakenAway {
  readonly operation: number;
  /** `Column users.email`. */
  readonly what: string;
  readonly table: NamedIn;
  readonly column: string | undefined;
  /** Another name, under which it goes on. */
  readonly renamed: boolean;
  readonly graceMs: number;
}

/** Of tables and columns; indexes and constraints are nothing that a query names. */
export function takenAway(operations: readonly LintOperation[]): readonly TakenAway[] {
  return operations.flatMap(({ kind, index, params }): readonly TakenAway[] => {
    const made = (written: string, column: string | undefined, renamed: boolean): TakenAway => {
      const table = tableName(written);
      const name = writtenName(table);
      const what = column === undefined ? `Table ${name}` : `Column ${name}.${column}`;
      const graceMs = graceOf(params as { gracePeriod?: string });
      return { operation: index, what, table, column, renamed, graceMs };
    };
    if (kind === 'dropTable') return [made(params.table, undefined, false)];
    if (kind === 'dropColumn') return [made(params.table, params.column, false)];
    if (kind === 'renameTable') return [made(params.from, undefined, true)];
    return kind === 'renameColumn' ? [made(params.table, params.from, true)] : [];
  });
}
