/**
 * Takes a database back to just before a migration: that one and all that came after it, newest first, from the steps
 * that the database keeps. Whatever cannot come back is found out before the first effect.
 */
import { carryOut } from './carry-out.ts';
import { expectedOf, refuseIrreversible, targetsOf } from './state/in-force.ts';
import { record } from './ledger/record.ts';
import { readRows } from './ledger/runs.ts';
import type { SchemaParts, SchemaRunResult } from './request.ts';
import { startUndo } from './start-run.ts';
import { isTurned } from './step.ts';
import { atWork, type Work } from './work.ts';

export interface UndoRequest extends SchemaParts {
  /** The oldest one that is taken back. */
  readonly migration: string;
}

export interface UndoResult extends SchemaRunResult {
  /** Migrations that are taken back, newest first. */
  readonly undone: readonly string[];
}

/**
 * `stuck`: the last one could not be taken back wholly, and those before it were not touched. Asked once more, it tries
 * what is left; where only the catalog differs, it takes that for what it has to be. Throws as `runPhase` does.
 */
export async function undoMigration(request: UndoRequest): Promise<UndoResult> {
  return await atWork(request, async (work) => {
    for (;;) {
      const result = await undoNewest(work, request.migration);
      if (result === null || result.outcome === 'stuck') return await answer(work, result);
    }
  });
}

/** From the database: what this call did on connections that were lost counts too. */
async function answer(work: Work, stuck: SchemaRunResult | null): Promise<UndoResult> {
  const rows = await readRows(work.session);
  const own = rows.filter(({ run, outcome }) => work.memory.runs.has(run) && outcome !== 'stuck' && outcome !== null);
  const undone = [...new Set(own.map(({ migration }) => migration))];
  const last = own.at(-1);
  if (stuck !== null) {
    const { migration } = rows.find(({ run }) => run === stuck.run)!;
    return { ...stuck, undone: undone.filter((name) => name !== migration) };
  }
  if (last === undefined) return { outcome: 'unchanged', run: null, rows: 0, undone };
  return { outcome: 'done', run: last.run, rows: last.rows, undone };
}

/** One run of it; null where nothing is left to be taken back. */
async function undoNewest(work: Work, migration: string): Promise<SchemaRunResult | null> {
  const rows = await readRows(work.session);
  const targets = await targetsOf(work.session, rows, migration);
  const target = targets[0];
  if (target === undefined) return null;
  for (const one of targets) refuseIrreversible(one);
  const expected = expectedOf(rows, target.row.migration);
  if (target.open !== null) {
    if (!isTurned(target.open.entries)) {
      await record(work, target.open, { step: null, event: 'turn', detail: { because: 'undo' } });
    }
    return await carryOut(work, target.open, expected);
  }
  const { steps, first } = target;
  const undo = await startUndo(work, { of: first, steps, catalog: first.catalog, number: rows.at(-1)!.run + 1 });
  return await carryOut(work, undo, steps.length === 0 ? 'unknown' : expected);
}
