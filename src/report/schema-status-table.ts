/** `themis migrate status`, for people. The same value is what `-o json` prints. */
import { formatDuration } from '../kernel/units/duration.ts';
import type { Failure } from '../kernel/outcome.ts';
import type { DatabaseEngine, OpenSchemaRun, SchemaHistoryRow, SchemaPhase } from '../model/schema/database.ts';
import { formatTable } from './table.ts';

export type DatabaseStatus =
  | {
      readonly name: string;
      readonly reachable: true;
      readonly engine: DatabaseEngine;
      readonly serverVersion: string;
      readonly schemaVersion: number;
      readonly open: OpenSchemaRun | null;
      /** By schema version: those of the files, and those that only the database has. */
      readonly migrations: readonly MigrationStatus[];
      /** Oldest first. */
      readonly history: readonly SchemaHistoryRow[];
    }
  | {
      readonly name: string;
      readonly reachable: false;
      readonly failure: Failure;
      /** Migrations that the files have for it. */
      readonly desired: number;
    };

export interface MigrationStatus {
  readonly name: string;
  readonly schemaVersion: number;
  /** The furthest that is done; null: none. */
  readonly phase: SchemaPhase | null;
  /** What comes after that; null: nothing is done yet. */
  readonly left: readonly SchemaPhase[] | null;
  /** When that was done. */
  readonly since: string | null;
  readonly by: string | null;
  /** Since when it is expanded and every node has its release. */
  readonly completeSince: string | null;
  /** Until contract may run; null: contract is done, or grace does not count yet. */
  readonly graceLeftMs: number | null;
  /** `changed`: not as it was applied. `gone`: only the database has it. */
  readonly file: 'same' | 'changed' | 'gone';
}

export function schemaStatusTable(databases: readonly DatabaseStatus[]): string {
  if (databases.length === 0) return 'This fleet has no databases.\n';
  return databases.map(oneDatabase).join('\n');
}

function oneDatabase(database: DatabaseStatus): string {
  if (!database.reachable) return `Database ${database.name}: not reachable: ${database.failure.message}\n`;
  const { name, engine, serverVersion, schemaVersion, open, migrations, history } = database;
  const head = `Database ${name}: ${engine} ${serverVersion}, schema version ${schemaVersion}\n`;
  const pending =
    open === null
      ? ''
      : `Open: ${open.phase} of ${open.migration}, since ${open.startedAt}; it goes on with ${open.phase === 'undo' ? 'migrate undo' : 'apply'}\n`;
  return head + pending + migrationTable(migrations) + historyOf(history);
}

function migrationTable(migrations: readonly MigrationStatus[]): string {
  if (migrations.length === 0) return '';
  const headers = ['version', 'migration', 'phase', 'since', 'by', 'grace left', 'note'];
  const rows = migrations.map((one) => [
    String(one.schemaVersion),
    one.name,
    one.phase ?? 'not applied',
    one.since ?? '',
    one.by ?? '',
    one.graceLeftMs === null ? '' : one.graceLeftMs === 0 ? 'over' : formatDuration(one.graceLeftMs),
    { same: leftText(one.left), changed: 'file changed since', gone: 'no file' }[one.file],
  ]);
  return `\n${formatTable(headers, rows)}`;
}

function leftText(left: MigrationStatus['left']): string {
  if (left === null) return '';
  return left.length === 0 ? 'all done' : `to come: ${left.join(', ')}`;
}

function historyOf(history: readonly SchemaHistoryRow[]): string {
  if (history.length === 0) return '';
  const headers = ['run', 'migration', 'did', 'started', 'finished', 'by', 'rows', 'outcome', 'failure'];
  const rows = history.map((row) => [
    String(row.run),
    row.migration,
    row.phase,
    row.startedAt,
    row.finishedAt ?? '',
    row.by,
    String(row.rows),
    row.outcome ?? 'open',
    row.failure?.message ?? '',
  ]);
  return `\n${formatTable(headers, rows)}`;
}
