/**
 * Whether a phase may run in a database, from its history. Pure. Schema versions come one after the other, the phases of
 * a migration too, and what was applied is never applied again in another form.
 */
import { digestJson } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { parseInstant } from '../../../kernel/units/instant.ts';
import { schemaPhases, type AppliedMigration, type SchemaPhase } from '../../../model/schema/database.ts';
import { operationsDifference } from '../../../plan/schema/operations-difference.ts';
import type { RunRow } from '../ledger/runs.ts';
import type { SchemaMigration } from '../request.ts';

export type Admission =
  | { readonly kind: 'unchanged' }
  /** `again`: it was done before. */
  | { readonly kind: 'begin'; readonly again: boolean }
  /** Open, or stuck: of this phase, or an undo of this migration. */
  | { readonly kind: 'go-on'; readonly row: RunRow };

/** `again`: data that were migrated until then are migrated once more. Throws MIGRATION_CHANGED and MIGRATION_REFUSED. */
export function admit(
  rows: readonly RunRow[],
  migration: SchemaMigration,
  phase: SchemaPhase,
  again?: string,
): Admission {
  const { name, schemaVersion, operations } = migration;
  const unfinished = unfinishedOf(rows);
  if (unfinished !== undefined && unfinished.migration !== name) {
    throw refusal(
      `${unfinished.phase} of migration ${unfinished.migration} has not ended.`,
      'Finish or undo that first.',
    );
  }
  if (unfinished?.phase === 'undo') return { kind: 'go-on', row: unfinished };
  const applied = appliedIn(rows);
  const known = applied.find((one) => one.migration === name);
  const earlier = known ?? unfinished;
  if (earlier !== undefined) refuseChange(earlier, migration);
  if (unfinished !== undefined) {
    if (unfinished.phase === phase) return { kind: 'go-on', row: unfinished };
    if (rank(phase) > rank(unfinished.phase)) {
      throw refusal(`${unfinished.phase} of migration ${name} has not ended.`, 'Finish or undo that first.');
    }
    return { kind: 'unchanged' };
  }
  const done = known === undefined ? -1 : rank(known.done);
  if (known !== undefined && rank(phase) <= done) {
    const isAgain = phase === 'migrate' && known.done === phase && again !== undefined;
    return isAgain && parseInstant(known.finishedAt)! <= parseInstant(again)!
      ? { kind: 'begin', again: true }
      : { kind: 'unchanged' };
  }
  if (rank(phase) > done + 1) {
    const missing = schemaPhases[done + 1]!;
    throw refusal(
      `${phase} of migration ${name} comes after its ${missing}, which is not done.`,
      `Run ${missing} first.`,
    );
  }
  if (phase === 'expand') refuseVersion(applied, name, schemaVersion);
  if (operations.length === 0) throw refusal(`Migration ${name} has no operations.`, 'Say what it changes.');
  return { kind: 'begin', again: false };
}

/** By schema version. What was undone is not applied. */
export function appliedIn(rows: readonly RunRow[]): readonly AppliedMigration[] {
  const applied = new Map<string, AppliedMigration>();
  for (const { migration, schemaVersion, digest, operations, phase, outcome, finishedAt } of rows) {
    if (outcome !== 'done' || finishedAt === null) continue;
    if (phase === 'undo') applied.delete(migration);
    else applied.set(migration, { migration, schemaVersion, digest, operations, done: phase, finishedAt });
  }
  return [...applied.values()].sort((a, b) => a.schemaVersion - b.schemaVersion);
}

/** The run that somebody has to go on with: cut off, under way, or stuck. There is one at most. */
export function unfinishedOf(rows: readonly RunRow[]): RunRow | undefined {
  const last = rows.at(-1);
  return last !== undefined && (last.outcome === null || last.outcome === 'stuck') ? last : undefined;
}

function refuseChange(
  applied: Pick<RunRow, 'schemaVersion' | 'digest' | 'operations'>,
  { name, schemaVersion, operations }: SchemaMigration,
): void {
  if (applied.schemaVersion !== schemaVersion) {
    const message = `Migration ${name} was applied as schema version ${applied.schemaVersion}, and says ${schemaVersion} now.`;
    throw new ThemisError('MIGRATION_CHANGED', message, {
      hint: 'Give it its version back; a new change is a new migration.',
    });
  }
  if (applied.digest === digestJson(operations)) return;
  const difference = operationsDifference(applied.operations, operations).join('; ');
  throw new ThemisError('MIGRATION_CHANGED', `Migration ${name} is not as it was applied: ${difference}.`, {
    hint: 'Restore the file, or undo the migration first; a new change is a new migration.',
  });
}

function refuseVersion(applied: readonly AppliedMigration[], name: string, schemaVersion: number): void {
  const current = applied.at(-1)?.schemaVersion ?? 0;
  const holder = applied.find((one) => one.schemaVersion === schemaVersion);
  if (holder !== undefined) {
    throw refusal(
      `Schema version ${schemaVersion} is that of migration ${holder.migration}, not of ${name}.`,
      'Give it the next version.',
    );
  }
  if (schemaVersion === current + 1) return;
  const message = `The schema has version ${current}; migration ${name} brings it from ${schemaVersion - 1} to ${schemaVersion}.`;
  throw refusal(message, `Version ${current + 1} comes next.`);
}

function rank(phase: SchemaPhase | 'undo'): number {
  return (schemaPhases as readonly string[]).indexOf(phase);
}

function refusal(message: string, hint: string): ThemisError {
  return new ThemisError('MIGRATION_REFUSED', message, { hint });
}
