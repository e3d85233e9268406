/** How far a copy or a comparison has come: its row in the database, which a batch writes with what it did, and the events. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import type { WalkAction } from '../../../model/schema/schema-step.ts';
import type { DatabaseSession, Row } from '../../../ports/schema/database.ts';
import { literal } from '../../../migrate/sql/quote.ts';
import { progressKey, type StepCall } from './call.ts';
import type { Key } from './key-range.ts';

export interface Progress {
  /** The last key that is done with; null: none yet. */
  readonly cursor: Key | null;
  /** The last one to do; null: there is none, or no bound. */
  readonly upper: Key | null;
  /** Estimated; null: unknown. */
  readonly total: number | null;
  /** Rows that were passed. */
  readonly seen: number;
  /** Rows that were changed, or found equal. */
  readonly rows: number;
  readonly batchRows: number;
  /** Of the part after `cursor`. */
  readonly attempts: number;
}

export async function readProgress(call: StepCall): Promise<Progress | null> {
  const { rows } = await call.work.session.query('SELECT * FROM themis.progress WHERE run = $1 AND step = $2', [
    call.run.row.run,
    progressKey(call),
  ]);
  return progressOf(rows[0]);
}

/**
 * Of a walk that takes another one back: where an earlier undo of the same ended, else up to where the walk came, for
 * rows that it never filled are as they have to be. `all`: nothing is known that would bound it.
 */
export async function readWayBack(call: StepCall, { table, key }: WalkAction): Promise<Way | 'all'> {
  const { work, run, step: id } = call;
  const step = run.steps.find((one) => one.id === id);
  const walked = step?.action;
  if (step === undefined || walked?.kind !== 'walk') return 'all';
  if (canonicalJson([walked.table, walked.key]) !== canonicalJson([table, key])) return 'all';
  const { rows } = await work.session.query(
    `SELECT * FROM themis.progress WHERE step IN ($4, $5) AND run >=
      (SELECT max(run) FROM themis.history WHERE migration = $1 AND phase = $2 AND run <= $3)
      ORDER BY step = $5 DESC, run DESC LIMIT 1`,
    [run.row.migration, step.phase, run.row.run, id, progressKey(call)],
  );
  const found = progressOf(rows[0]);
  if (rows[0]?.['step'] === id) return { cursor: null, upper: found?.cursor ?? null };
  return { cursor: found?.cursor ?? null, upper: found?.upper ?? null };
}

type Way = Pick<Progress, 'cursor' | 'upper'>;

function progressOf(row: Row | undefined): Progress | null {
  if (row === undefined) return null;
  return {
    cursor: keyIn(row['cursor']),
    upper: keyIn(row['upper']),
    total: row['total'] == null ? null : Number(row['total']),
    seen: Number(row['seen']),
    rows: Number(row['rows']),
    batchRows: Number(row['batch_rows']),
    attempts: Number(row['attempts']),
  };
}

/** Inside of the transaction that comes so far. */
export async function writeProgress(call: StepCall, at: Progress): Promise<void> {
  await call.work.session.query(
    `INSERT INTO themis.progress VALUES ($1, $2, $3::text::json, $4::text::json, $5, $6, $7, $8, $9)
      ON CONFLICT (run, step) DO UPDATE SET cursor = excluded.cursor, upper = excluded.upper, seen = excluded.seen,
        rows = excluded.rows, batch_rows = excluded.batch_rows, attempts = excluded.attempts`,
    [
      call.run.row.run,
      progressKey(call),
      at.cursor === null ? null : JSON.stringify(at.cursor),
      at.upper === null ? null : JSON.stringify(at.upper),
      at.total,
      at.seen,
      at.rows,
      at.batchRows,
      at.attempts,
    ],
  );
}

/** As the server's statistics have it; null where it has none. */
export async function estimateRows(session: DatabaseSession, table: string): Promise<number | null> {
  const { rows } = await session.query(
    `SELECT nullif(reltuples, -1)::bigint AS rows FROM pg_class WHERE oid = to_regclass(${literal(table)})`,
  );
  return rows[0]?.['rows'] == null ? null : Number(rows[0]['rows']);
}

const tellEveryMs = 500;

/** Tells of progress now and then: the rate is that of this run, whatever came before it. */
export class ProgressTeller {
  readonly #call: StepCall;
  readonly #fromMs: number;
  readonly #fromSeen: number;
  #toldMs: number;

  constructor(call: StepCall, { seen }: Progress) {
    this.#call = call;
    this.#fromSeen = seen;
    this.#fromMs = this.#toldMs = call.work.parts.clock.steadyMs();
  }

  tell({ seen, rows, total, batchRows }: Progress): void {
    const { clock, emit } = this.#call.work.parts;
    const nowMs = clock.steadyMs();
    if (nowMs - this.#toldMs < tellEveryMs) return;
    this.#toldMs = nowMs;
    const rowsPerSecond = Math.round(((seen - this.#fromSeen) * 1000) / (nowMs - this.#fromMs));
    const remainingMs =
      total === null || rowsPerSecond === 0 ? null : Math.round((Math.max(0, total - seen) * 1000) / rowsPerSecond);
    const totalRows = total === null ? null : Math.max(total, seen);
    emit({ type: 'step-progress', step: this.#call.step, rows, totalRows, rowsPerSecond, remainingMs, batchRows });
  }
}

function keyIn(text: string | null | undefined): Key | null {
  return text == null ? null : (JSON.parse(text) as Key);
}
