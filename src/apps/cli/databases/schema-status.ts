/** What `migrate status` tells: each database, its migrations in the files and in the database, and its history. */
import type { DesiredMigration } from '../../../model/desired.ts';
import type { AppliedMigration, ObservedDatabase, SchemaHistoryRow } from '../../../model/schema/database.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import { parseInstant } from '../../../kernel/units/instant.ts';
import { graceOf, phasesAfter } from '../../../plan/schema/operation-words.ts';
import type { DatabaseStatus, MigrationStatus } from '../../../report/schema-status-table.ts';

export interface SeenDatabase {
  readonly observed: ObservedDatabase;
  /** Oldest first. */
  readonly history: readonly SchemaHistoryRow[];
}

/** `migrations`: of the files, of all databases. Pure. */
export function databaseStatus(
  { observed, history }: SeenDatabase,
  migrations: readonly DesiredMigration[],
  { schemas }: RolloutRecord,
  nowMs: number,
): DatabaseStatus {
  const { name } = observed;
  const desired = migrations.filter(({ database }) => database === name);
  if (!observed.reachable) return { name, reachable: false, failure: observed.failure, desired: desired.length };
  const { engine, serverVersion, schemaVersion, applied, open } = observed;
  const gone = applied.filter(({ migration }) => !desired.some((one) => one.name === migration));
  const known = [
    ...gone.map((found) => migrationStatus(found.migration, found.schemaVersion, 'gone', found)),
    ...desired.map((file) => {
      const found = applied.find(({ migration }) => migration === file.name);
      return migrationStatus(file.name, file.schemaVersion, fileOf(file, found), found);
    }),
  ];
  const byOf = (migration: string, phase: string): string | null =>
    history.findLast((row) => row.migration === migration && row.phase === phase && row.outcome === 'done')?.by ?? null;
  return {
    name,
    reachable: true,
    engine,
    serverVersion,
    schemaVersion,
    open,
    migrations: known
      .map(({ status, found }): MigrationStatus => {
        const completeSince = Object.hasOwn(schemas, status.name) ? schemas[status.name]!.completeSince : null;
        return {
          ...status,
          by: found === undefined ? null : byOf(status.name, found.done),
          completeSince,
          graceLeftMs: found === undefined ? null : graceLeft(found, completeSince, nowMs),
        };
      })
      .sort((a, b) => a.schemaVersion - b.schemaVersion),
    history,
  };
}

function fileOf({ digest }: DesiredMigration, found: AppliedMigration | undefined): MigrationStatus['file'] {
  return found === undefined || found.digest === digest ? 'same' : 'changed';
}

function migrationStatus(
  name: string,
  schemaVersion: number,
  file: MigrationStatus['file'],
  found: AppliedMigration | undefined,
) {
  const left = found === undefined ? null : phasesAfter(found.operations, found.done);
  const status = { name, schemaVersion, file, phase: found?.done ?? null, left, since: found?.finishedAt ?? null };
  return { status, found };
}

/** null: there is nothing to wait for, or nobody knows yet since when it counts. */
function graceLeft({ done, operations }: AppliedMigration, completeSince: string | null, nowMs: number): number | null {
  if (completeSince === null || !phasesAfter(operations, done).includes('contract')) return null;
  return Math.max(0, (parseInstant(completeSince) ?? 0) + graceOf(operations) - nowMs);
}
