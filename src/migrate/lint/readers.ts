/** Which probes read a table or column. */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { LintWorld } from './rule.ts';
import { readsColumn, readsTable } from './sql/query-reads.ts';

/** Names of the probes. */
export function readersOf(
  { probes, table: lookUp }: LintWorld,
  of: 'running' | 'next',
  table: NamedIn,
  column: string | undefined,
): readonly string[] {
  return probes[of].flatMap(({ name, reads }) =>
    (column === undefined ? readsTable(reads, table) : readsColumn(reads, table, column, lookUp)) ? [name] : [],
  );
}
