/**
 * Writes what happens, in the transaction in which it happens. What a transaction wrote is told to the run in memory
 * once it has committed, never before: where that is not known, because the connection is lost, the run is read again.
 */
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { JournalEntry } from '../../../model/journal.ts';
import type { SchemaStep } from '../../../model/schema/schema-step.ts';
import type { DatabaseSession, TransactionLimits } from '../../../ports/schema/database.ts';
import type { Entry } from '../step.ts';
import type { Work } from '../work.ts';
import { checkFence } from './fence.ts';
import type { Run, RunRow } from './runs.ts';

/** A transaction with an effect: the fence first, then the effect, then the entries that `effect` gives back. */
export async function inTransaction(
  work: Work,
  run: Run,
  limits: TransactionLimits,
  effect: () => Promise<readonly Entry[]>,
): Promise<void> {
  let written: readonly JournalEntry[] = [];
  await work.session.transaction(limits, async () => {
    await checkFence(work.session, work.parts.authority);
    written = await appendEntries(work, run, await effect());
  });
  run.entries.push(...written);
  work.memory.advanced = true;
}

/** Entries without an effect of their own. */
export async function record(work: Work, run: Run, ...entries: readonly Entry[]): Promise<void> {
  await inTransaction(work, run, work.recordLimits, () => Promise.resolve(entries));
}

/** Inside of a transaction. */
export async function insertRun(work: Work, run: Run): Promise<void> {
  const { row } = run;
  await work.session.query(
    `INSERT INTO themis.history VALUES
      ($1, $2, $3, $4, $5::text::json, $6, $7, $8, NULL, 0, NULL, NULL, $9::text::json)`,
    [
      row.run,
      row.migration,
      row.schemaVersion,
      row.digest,
      JSON.stringify(row.operations),
      row.phase,
      row.by,
      row.startedAt,
      JSON.stringify(run.catalog),
    ],
  );
}

/** Inside of a transaction; after the steps that the run has. */
export async function insertSteps(
  session: DatabaseSession,
  { row, steps: known }: Run,
  steps: readonly SchemaStep[],
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const { id, phase, operation } = step;
    await session.query('INSERT INTO themis.steps VALUES ($1, $2, $3, $4, $5, $6, $7::text::json)', [
      row.run,
      known.length + index,
      row.migration,
      phase,
      operation,
      id,
      JSON.stringify(step),
    ]);
  }
}

/** Inside of a transaction, with the entry that closes it. */
export async function finishRun(
  { session, parts }: Work,
  { run, outcome, failure }: Pick<RunRow, 'run' | 'outcome' | 'failure'>,
): Promise<void> {
  await session.query(
    `UPDATE themis.history SET finished_at = $2, outcome = $3, failure = $4::text::json,
      rows = (SELECT coalesce(sum(rows), 0) FROM themis.progress WHERE progress.run = history.run) WHERE run = $1`,
    [run, formatInstant(parts.clock.nowMs()), outcome, failure === undefined ? null : JSON.stringify(failure)],
  );
}

export async function appendEntries(work: Work, run: Run, entries: readonly Entry[]): Promise<readonly JournalEntry[]> {
  const { session, parts } = work;
  const { migration, phase, run: number } = run.row;
  const written = entries.map((entry, index) => ({
    seq: run.entries.length + index,
    operation: `${migration}/${phase}/${number}`,
    at: formatInstant(parts.clock.nowMs()),
    token: parts.authority.token,
    ...entry,
  }));
  for (const { seq, operation, step, event, at, token, detail, failure } of written) {
    await session.query(
      'INSERT INTO themis.journal VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::json, $9::text::json)',
      [number, seq, operation, step, event, at, token, orNull(detail), orNull(failure)],
    );
  }
  return written;
}

function orNull(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
