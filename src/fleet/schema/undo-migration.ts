/**
 * Takes a database back to just before a migration: that one and all that came after it, newest first, from the steps
 * that the database keeps. Whatever cannot come back is found out before the first effect.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { SchemaStep } from '../../model/schema-step.ts';
import { appliedIn, unfinishedOf } from './admission.ts';
import { carryOut } from './carry-out.ts';
import { hasLayout } from './ledger/layout.ts';
import { record } from './ledger/record.ts';
import { loadRun, readRows, viewOf, type Run, type RunRow } from './ledger/runs.ts';
import type { SchemaParts, SchemaRunResult } from './request.ts';
import { startUndo } from './start-run.ts';
import { isTurned, leftSteps } from './step.ts';
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
  const rows = (await hasLayout(work.session)) ? await readRows(work.session) : [];
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

/** What one migration has left in the database, oldest step first. */
interface InForce {
  readonly row: RunRow;
  readonly steps: readonly SchemaStep[];
  /** Where its undo leads back to. */
  readonly first: Run;
  readonly open: Run | null;
}

/** One run of it; null where nothing is left to be taken back. */
async function undoNewest(work: Work, migration: string): Promise<SchemaRunResult | null> {
  const rows = (await hasLayout(work.session)) ? await readRows(work.session) : [];
  const targets = await targetsOf(work, rows, migration);
  const target = targets[0];
  if (target === undefined) return null;
  for (const one of targets) refuseIrreversible(one);
  const expected = isAlone(rows, target) ? 'as-before' : 'unknown';
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

/** Newest first; throws MIGRATION_REFUSED while another one is under way. */
async function targetsOf(work: Work, rows: readonly RunRow[], migration: string): Promise<readonly InForce[]> {
  const unfinished = unfinishedOf(rows);
  const newest = new Map(rows.map((row) => [row.migration, row]));
  const inForce = new Set(appliedIn(rows).map((one) => one.migration));
  if (unfinished !== undefined) inForce.add(unfinished.migration);
  const oldest = newest.get(migration);
  if (oldest === undefined || !inForce.has(migration)) return [];
  const chosen = [...newest.values()]
    .filter((row) => inForce.has(row.migration) && row.schemaVersion >= oldest.schemaVersion)
    .sort((a, b) => b.schemaVersion - a.schemaVersion);
  if (unfinished !== undefined && !chosen.some((row) => row.migration === unfinished.migration)) {
    const message = `${unfinished.phase} of migration ${unfinished.migration} has not ended.`;
    throw new ThemisError('MIGRATION_REFUSED', message, { hint: 'Finish or undo that first.' });
  }
  const found: InForce[] = [];
  for (const row of chosen) found.push(await inForceOf(work, rows, row));
  return found;
}

async function inForceOf({ session }: Work, rows: readonly RunRow[], row: RunRow): Promise<InForce> {
  const own = rows.filter((one) => one.migration === row.migration);
  const lastUndo = own.findLastIndex((one) => one.phase === 'undo');
  const from = own[lastUndo]?.outcome === 'done' ? lastUndo + 1 : Math.max(0, lastUndo);
  // Each run goes on with what the one before it in its phase had done, so the last of each says it all.
  const last = new Map(own.slice(from).map((one) => [one.phase, one]));
  const runs: Run[] = [];
  for (const one of last.values()) runs.push(await loadRun(session, one));
  return {
    row,
    steps: runs.flatMap((run) => leftSteps(viewOf(run))),
    first: runs[0]!,
    open: runs.find((run) => run.row.outcome === null) ?? null,
  };
}

function refuseIrreversible({ row, steps }: InForce): void {
  for (const { undo, title, phase, operation } of steps) {
    if (undo.kind !== 'irreversible') continue;
    const [kind] = Object.keys(row.operations[operation] ?? {});
    const message = `Migration ${row.migration} cannot be taken back: operation ${operation + 1} (${kind}) ${title} in its ${phase}: ${undo.why}`;
    throw new ThemisError('MIGRATION_REFUSED', message.replace(/\.?$/u, '.'), {
      hint: 'Write a new migration that brings back what is needed.',
    });
  }
}

/** Nobody else's migration has changed the schema since and still stands: then it has to be as it was before. */
function isAlone(rows: readonly RunRow[], { row, first }: InForce): boolean {
  const standing = new Set(appliedIn(rows).map((one) => one.migration));
  return !rows.some(
    ({ run, migration }) => run > first.row.run && migration !== row.migration && standing.has(migration),
  );
}
