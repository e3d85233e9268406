/** What operations take away in contract, under the name by which releases know it. */
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { graceOf } from '../../steps/grace.ts';
import { tableName } from '../../sql/quote.ts';
import type { LintOperation } from '../rule.ts';
import { writtenName } from '../sql/names.ts';

export interface TakenAway {
  readonly operation: number;
  /** `column users.email`. */
  readonly what: string;
  readonly table: NamedIn;
  readonly column: string | undefined;
  /** `is dropped`, or `loses its old name`. */
  readonly how: string;
  readonly graceMs: number;
}

/** Of tables and columns; indexes and constraints are nothing that a query names. */
export function takenAway(operations: readonly LintOperation[]): readonly TakenAway[] {
  return operations.flatMap(({ kind, index, params }): readonly TakenAway[] => {
    const made = (written: string, column: string | undefined, how: string): TakenAway => {
      const table = tableName(written);
      const name = writtenName(table);
      const what = column === undefined ? `table ${name}` : `column ${name}.${column}`;
      const graceMs = graceOf(params as { gracePeriod?: string });
      return { operation: index, what, table, column, how, graceMs };
    };
    if (kind === 'dropTable') return [made(params.table, undefined, 'is dropped')];
    if (kind === 'dropColumn') return [made(params.table, params.column, 'is dropped')];
    if (kind === 'renameTable') return [made(params.from, undefined, 'loses its old name')];
    return kind === 'renameColumn' ? [made(params.table, params.from, 'loses its old name')] : [];
  });
}
