/** What migrations have left in a database: what an undo takes back, and whether it can. Reads only. */
import { ThemisError } from '../../../kernel/error.ts';
import type { SchemaPhase } from '../../../model/schema/database.ts';
import type { SchemaStep } from '../../../model/schema/schema-step.ts';
import type { Database, DatabaseSession } from '../../../ports/schema/database.ts';
import { appliedIn, unfinishedOf } from './admission.ts';
import { loadRun, readRows, viewOf, type Run, type RunRow } from '../ledger/runs.ts';
import { leftSteps } from '../step.ts';

/** One migration, as an undo would take it back. */
export interface UndoPart {
  readonly migration: string;
  readonly schemaVersion: number;
  /** In the order in which they would be taken back. `final`: why that cannot be. */
  readonly steps: readonly { readonly phase: SchemaPhase; readonly title: string; readonly final: string | null }[];
}

/**
 * The migration and all that came after it, newest first; empty where nothing of it is left. Throws MIGRATION_REFUSED
 * while one that is older is under way.
 */
export async function previewUndo(database: Database, migration: string): Promise<readonly UndoPart[]> {
  return await database.use(async (session) => {
    const rows = await readRows(session);
    const targets = await targetsOf(session, rows, migration);
    return targets.map(({ row, steps }) => ({
      migration: row.migration,
      schemaVersion: row.schemaVersion,
      steps: steps.toReversed().flatMap(({ phase, title, undo }) => {
        if (undo.kind === 'none') return [];
        return [{ phase, title, final: undo.kind === 'irreversible' ? undo.why : null }];
      }),
    }));
  });
}

/** What one migration has left in the database, oldest step first. */
export interface InForce {
  readonly row: RunRow;
  readonly steps: readonly SchemaStep[];
  /** Where its undo leads back to. */
  readonly first: Run;
  readonly open: Run | null;
}

/** Newest first; throws MIGRATION_REFUSED while another one is under way. */
export async function targetsOf(
  session: DatabaseSession,
  rows: readonly RunRow[],
  migration: string,
): Promise<readonly InForce[]> {
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
  for (const row of chosen) found.push(await inForceOf(session, rows, row));
  return found;
}

async function inForceOf(session: DatabaseSession, rows: readonly RunRow[], row: RunRow): Promise<InForce> {
  const own = rows.filter((one) => one.migration === row.migration);
  const lastUndo = own.findLastIndex((one) => one.phase === 'undo');
  const from = own[lastUndo]?.outcome === 'done' ? lastUndo + 1 : Math.max(0, lastUndo);
  // Each run goes on with what the one before it in its phase had done, so the last of each says it all; but one that
  // fills once more what was filled, beside the one that did that first.
  const last = new Map(own.slice(from).map((one, index) => [`${one.phase} ${isAgain(own.slice(from), index)}`, one]));
  const runs: Run[] = [];
  for (const one of last.values()) runs.push(await loadRun(session, one));
  const left = runs.flatMap((run) => leftSteps(viewOf(run)));
  return {
    row,
    steps: [...new Map(left.map((step) => [step.id, step])).values()],
    first: runs[0]!,
    open: runs.find((run) => run.row.outcome === null) ?? null,
  };
}

function isAgain(own: readonly RunRow[], index: number): boolean {
  const { phase } = own[index]!;
  return phase !== 'undo' && own.slice(0, index).some((one) => one.phase === phase && one.outcome === 'done');
}

/**
 * How the schema has to be once a migration is taken back: as it was when that began, unless somebody else's migration
 * has changed it since and still stands. An undo that was cut off did not begin it.
 */
export function expectedOf(rows: readonly RunRow[], migration: string): 'as-before' | 'unknown' {
  const own = rows.filter((row) => row.migration === migration);
  const ended = own.findLastIndex(({ phase, outcome }) => phase === 'undo' && outcome === 'done');
  const began = own[ended + 1]?.run ?? 0;
  const standing = new Set(appliedIn(rows).map((one) => one.migration));
  const isChanged = rows.some((row) => row.run > began && row.migration !== migration && standing.has(row.migration));
  return isChanged ? 'unknown' : 'as-before';
}

/** Throws MIGRATION_REFUSED. */
export function refuseIrreversible({ row, steps }: InForce): void {
  for (const { undo, title, phase, operation } of steps) {
    if (undo.kind !== 'irreversible') continue;
    const [kind] = Object.keys(row.operations[operation] ?? {});
    const message = `Migration ${row.migration} cannot be taken back: operation ${operation + 1} (${kind}) ${title} in its ${phase}: ${undo.why}`;
    throw new ThemisError('MIGRATION_REFUSED', message.replace(/\.?$/u, '.'), {
      hint: 'Write a new migration that brings back what is needed.',
    });
  }
}
