/**
 * Expands an operation when its turn has come, against the schema as it is then. Its steps are recorded, forward and back,
 * in one transaction before the first of them begins: from then on neither the file nor the catalog is needed.
 */
import { ThemisError, toFailure } from '../../kernel/error.ts';
import type { Refusal } from '../../migrate/operation.ts';
import type { SchemaStep } from '../../model/schema/schema-step.ts';
import { inTransaction, insertSteps, record } from './ledger/record.ts';
import type { Run } from './ledger/runs.ts';
import { ofPlugin } from './of-plugin.ts';
import { markerOf } from './step.ts';
import type { Work } from './work.ts';

export async function expandNext(work: Work, run: Run, index: number): Promise<void> {
  const { row } = run;
  const step = markerOf(row.phase, index);
  const planned = await expand(work, run, index);
  if ('refused' in planned) {
    const { code, summary, fix } = planned.refused;
    const message = `${code}: ${summary}`;
    const failure = toFailure(new ThemisError('MIGRATION_REFUSED', message, fix === undefined ? {} : { hint: fix }));
    const detail = { untouched: true, operation: index };
    await record(work, run, { step, event: 'begin' }, { step, event: 'failed', detail, failure });
    return;
  }
  await inTransaction(work, run, work.recordLimits, async () => {
    await insertSteps(work.session, run, planned);
    return [{ step, event: 'done', detail: { steps: planned.length } }];
  });
  run.steps.push(...planned);
}

async function expand(
  { parts, session }: Work,
  { row, again }: Run,
  index: number,
): Promise<readonly SchemaStep[] | Refusal> {
  if (row.phase === 'undo') throw new TypeError('expandNext: an undo has no operations');
  if (again && !('backfill' in row.operations[index]!)) return [];
  const { rows } = await session.query('SHOW server_version_num');
  const planned = parts.expand({
    migration: row.migration,
    operation: row.operations[index]!,
    index,
    phase: row.phase,
    catalog: await parts.catalogs.read(session),
    engine: parts.database.engine,
    serverVersionNumber: Number(rows[0]?.['server_version_num']),
  });
  if ('refused' in planned) return planned;
  const steps: SchemaStep[] = [];
  for (const step of planned) {
    const action = await ofPlugin(parts, step.action);
    if ('refused' in action) return action;
    const undo = step.undo.kind === 'plugin' ? await ofPlugin(parts, step.undo) : step.undo;
    if ('refused' in undo) return undo;
    steps.push({ ...step, action, undo });
  }
  return steps;
}
