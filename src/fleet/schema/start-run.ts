/** Opens runs: the row of the history, the steps it takes over and the entries that say so are one transaction. */
import { digestJson } from '../../kernel/digest.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { Catalog } from '../../model/schema/catalog.ts';
import type { SchemaPhase } from '../../model/schema/database.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { SchemaStep } from '../../model/schema/schema-step.ts';
import { checkFence, openFence } from './ledger/fence.ts';
import { createLayout, hasLayout } from './ledger/layout.ts';
import { appendEntries, insertRun, insertSteps } from './ledger/record.ts';
import { viewOf, type Run, type RunRow } from './ledger/runs.ts';
import type { SchemaMigration } from './request.ts';
import { carriedEntries, type Entry } from './step.ts';
import type { Work } from './work.ts';

/** A phase from its beginning, or from where a run of it got stuck. */
export async function startPhase(
  work: Work,
  {
    migration,
    phase,
    stuck,
    number,
    again = stuck?.again ?? false,
  }: { migration: SchemaMigration; phase: SchemaPhase; stuck: Run | null; number: number; again?: boolean },
): Promise<Run> {
  const carried = stuck === null ? [] : carriedEntries(viewOf(stuck), { carriedFrom: stuck.row.run });
  const run = await newRun(work, {
    number,
    catalog: stuck?.catalog ?? null,
    steps: stuck?.steps ?? [],
    row: {
      migration: migration.name,
      schemaVersion: migration.schemaVersion,
      operations: migration.operations,
      phase,
    },
    onFailure: migration.onFailure,
    throttle: migration.throttle,
    verifies: phase === 'expand' && work.parts.verify !== undefined,
    again,
  });
  return await open(work, run, carried, stuck?.row.run ?? null);
}

/** Steps to be taken back, oldest first: a run in which all of them are done, and which has turned. */
export async function startUndo(
  work: Work,
  { of, steps, catalog, number }: { of: Run; steps: readonly SchemaStep[]; catalog: Catalog; number: number },
): Promise<Run> {
  const { migration, schemaVersion, operations } = of.row;
  const run = await newRun(work, {
    number,
    catalog,
    steps,
    row: { migration, schemaVersion, operations, phase: 'undo' },
    onFailure: of.onFailure,
    throttle: of.throttle,
    verifies: false,
    again: false,
  });
  const done = steps.map(({ id }): Entry => ({ step: id, event: 'done', detail: { carriedFrom: of.row.run } }));
  return await open(work, run, [...done, { step: null, event: 'turn', detail: { because: 'undo' } }], null);
}

type NewRun = Pick<Run, 'onFailure' | 'throttle' | 'verifies' | 'again'> & {
  readonly number: number;
  readonly row: Pick<RunRow, 'migration' | 'schemaVersion' | 'operations' | 'phase'>;
  readonly steps: readonly SchemaStep[];
  /** null: as it is now. */
  readonly catalog: Catalog | null;
};

async function newRun({ parts, session }: Work, { number, row, catalog, steps, ...rest }: NewRun): Promise<Run> {
  return {
    row: {
      ...row,
      run: number,
      digest: digestJson(row.operations),
      by: parts.authority.by,
      startedAt: formatInstant(parts.clock.nowMs()),
      finishedAt: null,
      rows: 0,
      outcome: null,
    },
    catalog: catalog ?? (await parts.catalogs.read(session)),
    steps: [...steps],
    entries: [],
    ...rest,
  };
}

async function open(work: Work, run: Run, entries: readonly Entry[], progressOf: number | null): Promise<Run> {
  const { session, parts, memory } = work;
  const { onFailure, throttle, verifies, again } = run;
  const detail = {
    onFailure,
    throttle: { ...throttle },
    ...(verifies ? { verifies } : {}),
    ...(again ? { again } : {}),
    catalogDigest: parts.catalogs.digest(run.catalog),
  } satisfies JsonObject;
  // Before it is known whether it was committed: if it was, it is this call's.
  memory.runs.add(run.row.run);
  let written: readonly JournalEntry[] = [];
  const isNew = !(await hasLayout(session));
  await session.transaction(work.recordLimits, async () => {
    if (isNew) {
      await createLayout(session);
      await openFence(session, parts.authority);
    }
    await checkFence(session, parts.authority);
    await insertRun(work, run);
    await insertSteps(session, { ...run, steps: [] }, run.steps);
    if (progressOf !== null) {
      await session.query(
        `INSERT INTO themis.progress SELECT $1::bigint, step, cursor, upper, total, seen, rows, batch_rows, 0
          FROM themis.progress WHERE run = $2::bigint`,
        [run.row.run, progressOf],
      );
    }
    written = await appendEntries(work, run, [{ step: null, event: 'open', detail }, ...entries]);
  });
  run.entries.push(...written);
  memory.advanced = true;
  return run;
}
