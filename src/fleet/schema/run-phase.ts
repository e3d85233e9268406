/**
 * One phase of a migration in one database: from its beginning, or from wherever an earlier run was cut off or got stuck.
 * What is open is ended first; what is done already is not done again.
 */
import type { SchemaPhase } from '../../model/schema/database.ts';
import { admit } from './state/admission.ts';
import { carryOut, resultOf } from './carry-out.ts';
import { expectedOf } from './state/in-force.ts';
import { loadRun, readRows, viewOf, type Run, type RunRow } from './ledger/runs.ts';
import type { SchemaMigration, SchemaParts, SchemaRunResult } from './request.ts';
import { startPhase, startUndo } from './start-run.ts';
import { isTurned, leftSteps } from './step.ts';
import { atWork, type Work } from './work.ts';

export interface PhaseRequest extends SchemaParts {
  readonly migration: SchemaMigration;
  readonly phase: SchemaPhase;
  /** Of data: what was filled until then is filled once more. */
  readonly again?: string;
}

/**
 * Throws MIGRATION_CHANGED, MIGRATION_REFUSED, FOREIGN_STORE and ALREADY_IN_PROGRESS before any effect; FENCED, CANCELLED, UNREACHABLE
 * and whatever keeps a record between two steps from being written (NO_SPACE) leave the run open, and the next one goes
 * on. A step that fails is a result, not an error.
 */
export async function runPhase(request: PhaseRequest): Promise<SchemaRunResult> {
  return await atWork(request, async (work) => {
    for (;;) {
      const result = await goOn(work, request);
      if (result !== 'again') return result;
    }
  });
}

/** `again`: what stood in the way is out of it. */
async function goOn(work: Work, { migration, phase, again }: PhaseRequest): Promise<SchemaRunResult | 'again'> {
  const { session, memory } = work;
  const rows = await readRows(session);
  const last = rows.at(-1);
  // The connection was lost while this call's run ended.
  if (last?.phase === phase && last.outcome !== null && memory.runs.has(last.run)) return resultOf(last);
  const number = (last?.run ?? 0) + 1;
  const admitted = admit(rows, migration, phase, again);
  if (admitted.kind === 'unchanged') return { outcome: 'unchanged', run: null, rows: 0 };
  if (admitted.kind === 'begin') {
    const start = { migration, phase, stuck: null, number, again: admitted.again };
    return await carryOut(work, await startPhase(work, start), 'as-before');
  }
  const run = await loadRun(session, admitted.row);
  if (admitted.row.outcome === null) {
    const expected = run.row.phase === 'undo' ? expectedOf(rows, migration.name) : 'as-before';
    const result = await carryOut(work, run, expected);
    return run.row.phase === 'undo' && result.outcome === 'done' ? 'again' : result;
  }
  if (!isTurned(run.entries)) {
    return await carryOut(work, await startPhase(work, { migration, phase, stuck: run, number }), 'as-before');
  }
  return await afterStuckUndo(work, { run, number, rows }, { migration, phase });
}

/** What could not be taken back is tried again first; then it begins anew. */
async function afterStuckUndo(
  work: Work,
  { run, number, rows }: { run: Run; number: number; rows: readonly RunRow[] },
  { migration, phase }: Pick<PhaseRequest, 'migration' | 'phase'>,
): Promise<SchemaRunResult | 'again'> {
  const steps = leftSteps(viewOf(run));
  if (steps.length === 0 && run.row.phase !== 'undo') {
    return await carryOut(work, await startPhase(work, { migration, phase, stuck: null, number }), 'as-before');
  }
  const undo = await startUndo(work, { of: run, steps, catalog: run.catalog, number });
  const result = await carryOut(work, undo, steps.length === 0 ? 'unknown' : expectedOf(rows, migration.name));
  return result.outcome === 'done' ? 'again' : result;
}
