/**
 * The loop that carries out what `step.ts` decides, from wherever the database says the run is. A failure of a step is
 * recorded and decided upon; a lost connection, a newer holder and a stop leave the run open for whoever comes next.
 */
import { ThemisError, toFailure } from '../../kernel/error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { SchemaOutcome } from '../../model/schema/database.ts';
import type { SchemaStep } from '../../model/schema/schema-step.ts';
import type { Figures, StepCall } from './effects/call.ts';
import { patiently } from './effects/patiently.ts';
import { begun, leftNothing, perform } from './effects/perform.ts';
import { expandNext } from './expand-next.ts';
import { finishRun, inTransaction, record } from './ledger/record.ts';
import { viewOf, type Run } from './ledger/runs.ts';
import type { Direction } from '../../model/schema/schema-event.ts';
import { stopIfAsked, type SchemaParts, type SchemaRunResult } from './request.ts';
import { isBegun, nextInstruction, verificationOf } from './step.ts';
import type { Work } from './work.ts';

/** `expected`: whether the schema has to be as it was when the run, or what it takes back, began. */
export async function carryOut(work: Work, run: Run, expected: 'as-before' | 'unknown'): Promise<SchemaRunResult> {
  work.memory.runs.add(run.row.run);
  await recordWhatFailed(work, run);
  for (;;) {
    stopIfAsked(work.parts);
    const next = nextInstruction(viewOf(run));
    switch (next.kind) {
      case 'expand':
        await expandNext(work, run, next.operation);
        break;
      case 'do':
        await carryOutStep(work, run, next.step, { direction: 'forward', takenUp: next.takenUp });
        break;
      case 'undo':
        await carryOutStep(work, run, next.step, { direction: 'back', takenUp: next.takenUp });
        break;
      case 'verify':
        await verify(work, run);
        break;
      case 'turn': {
        const failure = causeOf(run);
        await record(work, run, { step: null, event: 'turn', detail: { because: next.because } });
        work.parts.emit({
          type: 'rolling-back',
          because: next.because,
          ...(failure === undefined ? {} : { failure }),
        });
        break;
      }
      case 'close':
        return await close(work, run, next.outcome, expected);
    }
  }
}

/** How a run ended that the database says has ended. */
export function resultOf({ run, outcome, rows, failure }: Run['row']): SchemaRunResult {
  return { outcome: outcome ?? 'stuck', run, rows, ...(failure === undefined ? {} : { failure }) };
}

interface Course {
  readonly direction: Direction;
  readonly takenUp: boolean;
}

async function carryOutStep(work: Work, run: Run, step: SchemaStep, { direction, takenUp }: Course): Promise<void> {
  const action = direction === 'forward' ? step.action : step.undo;
  if (action.kind === 'none' || action.kind === 'irreversible')
    throw new TypeError(`undo of ${step.id}: ${action.kind}`);
  const { emit } = work.parts;
  const figures: Figures = { executionMs: 0, lockWaitMs: 0, rows: 0 };
  const { id, title } = step;
  const call: StepCall = { work, run, step: id, title, direction, takenUp, figures };
  emit({ type: 'step-started', step: id, title, direction });
  let failure: Failure | undefined;
  try {
    await perform(call, action);
  } catch (error) {
    if (!isOfStep(error, work.parts)) throw error;
    failure = toFailure(error);
    work.memory.failed = { run: run.row.run, step: id, direction, failure };
    await recordWhatFailed(work, run);
  }
  emit({ type: 'step-finished', step: id, direction, ...figures, ...(failure === undefined ? {} : { failure }) });
  if (failure === undefined && direction === 'forward') await work.parts.watch?.(step, work.session);
}

/** Only looks: there is nothing to take back of it, and all that came before where it fails. */
async function verify(work: Work, run: Run): Promise<void> {
  const step = verificationOf(run.row.phase);
  const title = 'tries the queries of those who read the schema';
  const [direction, figures] = ['forward' as const, { executionMs: 0, lockWaitMs: 0, rows: 0 }];
  const { emit, verify: look } = work.parts;
  emit({ type: 'step-started', step, title, direction });
  const call: StepCall = { work, run, step, title, direction, takenUp: false, figures };
  const failure = await patiently(call, async () => (await look?.(work.session)) ?? null).catch((error: unknown) => {
    if (!isOfStep(error, work.parts)) throw error;
    return toFailure(error);
  });
  const begin = { step, event: 'begin' } as const;
  if (failure === null) await record(work, run, begin, { step, event: 'done' });
  else await record(work, run, begin, { step, event: 'failed', detail: { untouched: true }, failure });
  emit({ type: 'step-finished', step, direction, ...figures, ...(failure === null ? {} : { failure }) });
}

/** Everything but what says nothing about the step: the run is then left as it is. */
function isOfStep(error: unknown, { signal }: SchemaParts): boolean {
  if (!(error instanceof ThemisError)) return false;
  if (error.code === 'CANCELLED') return !signal.aborted;
  return error.code !== 'UNREACHABLE' && error.code !== 'FENCED' && error.code !== 'BUG';
}

/** Once only, whatever became of the connection on which it failed. */
async function recordWhatFailed(work: Work, run: Run): Promise<void> {
  const { failed } = work.memory;
  if (failed === null || failed.run !== run.row.run) return;
  const { step, direction, failure } = failed;
  const [begin, end] = [begun[direction], direction === 'forward' ? 'failed' : 'undo-failed'] as const;
  const last = run.entries.findLast((entry) => entry.step === step);
  if (last?.event !== end) {
    const inHand = isBegun(viewOf(run), step);
    const action = run.steps.find(({ id }) => id === step)!.action;
    const untouched = direction === 'forward' && leftNothing(action, inHand);
    const detail: JsonObject = untouched ? { untouched } : {};
    await record(work, run, ...(inHand ? [] : [{ step, event: begin }]), { step, event: end, detail, failure });
  }
  work.memory.failed = null;
}

async function close(
  work: Work,
  run: Run,
  decided: SchemaOutcome,
  expected: 'as-before' | 'unknown',
): Promise<SchemaRunResult> {
  const { catalogs } = work.parts;
  const catalog = await catalogs.read(work.session);
  const digest = catalogs.digest(catalog);
  let outcome: SchemaOutcome = decided === 'undone' && run.row.phase === 'undo' ? 'done' : decided;
  let failure = decided === 'done' ? undefined : causeOf(run);
  if (decided === 'undone' && expected === 'as-before' && digest !== catalogs.digest(run.catalog)) {
    outcome = 'stuck';
    failure = differs(catalogs.difference(run.catalog, catalog));
  }
  await inTransaction(work, run, work.recordLimits, async () => {
    await finishRun(work, { run: run.row.run, outcome, ...(failure === undefined ? {} : { failure }) });
    return [{ step: null, event: 'close', detail: { outcome, catalogDigest: digest } }];
  });
  const { rows } = await work.session.query('SELECT rows FROM themis.history WHERE run = $1', [run.row.run]);
  return {
    outcome,
    run: run.row.run,
    rows: Number(rows[0]?.['rows'] ?? 0),
    ...(failure === undefined ? {} : { failure }),
  };
}

const toldDifferences = 5;

function differs(differences: readonly string[]): Failure {
  const more = differences.length > toldDifferences ? `; and ${differences.length - toldDifferences} more` : '';
  return toFailure(
    new ThemisError(
      'ROLLBACK_INCOMPLETE',
      `Every step was taken back, and the schema is not as it was before: ${differences.slice(0, toldDifferences).join('; ')}${more}.`,
      {
        hint: 'Make good what differs; where somebody else meant it so, undo the migration once more, and it is taken as it is.',
      },
    ),
  );
}

/** What it could not take back; else why it turned, or stopped. */
function causeOf({ entries }: Run): Failure | undefined {
  return (
    entries.findLast(({ event }) => event === 'undo-failed')?.failure ??
    entries.findLast(({ event }) => event === 'failed')?.failure
  );
}
