/** Runs as the database keeps them: a row of the history, the steps, the journal. Reading only; `record.ts` writes. */
import type { Digest } from '../../../kernel/digest.ts';
import type { Failure } from '../../../kernel/outcome.ts';
import type { Catalog } from '../../../model/schema/catalog.ts';
import type { SchemaHistoryRow, SchemaOutcome } from '../../../model/schema/database.ts';
import type { Operation } from '../../../model/documents.ts';
import type { JournalEntry, JournalEvent } from '../../../model/journal.ts';
import type { SchemaStep } from '../../../model/schema/schema-step.ts';
import type { DatabaseSession, Row } from '../../../ports/schema/database.ts';
import type { JsonObject } from '../../../kernel/json.ts';
import type { SchemaMigration } from '../request.ts';
import type { RunView } from '../step.ts';
import { hasLayout } from './layout.ts';

export interface RunRow extends SchemaHistoryRow {
  readonly operations: readonly Operation[];
}

/** One run, for whoever carries it out. `steps` and `entries` grow as they are written. */
export interface Run {
  readonly row: RunRow;
  /** Before its first step; of a run that goes on where another ended, before the first of that. */
  readonly catalog: Catalog;
  readonly onFailure: SchemaMigration['onFailure'];
  readonly throttle: SchemaMigration['throttle'];
  readonly verifies: boolean;
  /** Only fills once more what an earlier run has filled; the rest of that run's work stands. */
  readonly again: boolean;
  readonly steps: SchemaStep[];
  readonly entries: JournalEntry[];
}

const historyColumns =
  'run, migration, schema_version, digest, operations, phase, by, started_at, finished_at, rows, outcome, failure';

/** Oldest first; none where Themis never was. Throws what `hasLayout` throws. */
export async function readRows(session: DatabaseSession): Promise<readonly RunRow[]> {
  return (await select(session)).map((row) => ({
    ...historyRow(row),
    operations: json(row, 'operations') as readonly Operation[],
  }));
}

/** The same for those who only look. */
export async function readHistoryRows(session: DatabaseSession): Promise<readonly SchemaHistoryRow[]> {
  return (await select(session)).map(historyRow);
}

export async function loadRun(session: DatabaseSession, row: RunRow): Promise<Run> {
  const steps = await session.query('SELECT step FROM themis.steps WHERE run = $1 ORDER BY position', [row.run]);
  const entries = await session.query('SELECT * FROM themis.journal WHERE run = $1 ORDER BY seq', [row.run]);
  const catalog = await session.query('SELECT catalog FROM themis.history WHERE run = $1', [row.run]);
  const journal = entries.rows.map(entryOf);
  const opened = journal[0]!.detail as unknown as Pick<Run, 'onFailure' | 'throttle'> &
    Partial<Pick<Run, 'verifies' | 'again'>>;
  return {
    row,
    catalog: json(catalog.rows[0]!, 'catalog') as Catalog,
    onFailure: opened.onFailure,
    throttle: opened.throttle,
    verifies: opened.verifies === true,
    again: opened.again === true,
    steps: steps.rows.map((one) => json(one, 'step') as SchemaStep),
    entries: journal,
  };
}

export function viewOf({ row, onFailure, verifies, steps, entries }: Run): RunView {
  return { phase: row.phase, operations: row.operations.length, onFailure, verifies, steps, entries };
}

async function select(session: DatabaseSession): Promise<readonly Row[]> {
  if (!(await hasLayout(session))) return [];
  return (await session.query(`SELECT ${historyColumns} FROM themis.history ORDER BY run`)).rows;
}

function historyRow(row: Row): SchemaHistoryRow {
  return {
    run: Number(row['run']),
    migration: row['migration']!,
    schemaVersion: Number(row['schema_version']),
    digest: row['digest'] as Digest,
    phase: row['phase'] as SchemaHistoryRow['phase'],
    by: row['by']!,
    startedAt: row['started_at']!,
    finishedAt: row['finished_at'] ?? null,
    rows: Number(row['rows']),
    outcome: (row['outcome'] ?? null) as SchemaOutcome | null,
    ...(row['failure'] == null ? {} : { failure: json(row, 'failure') as Failure }),
  };
}

function entryOf(row: Row): JournalEntry {
  return {
    seq: Number(row['seq']),
    operation: row['operation']!,
    step: row['step'] ?? null,
    event: row['event'] as JournalEvent,
    at: row['at']!,
    token: Number(row['token']),
    ...(row['detail'] == null ? {} : { detail: json(row, 'detail') as JsonObject }),
    ...(row['failure'] == null ? {} : { failure: json(row, 'failure') as Failure }),
  };
}

function json(row: Row, column: string): unknown {
  return JSON.parse(row[column]!);
}
