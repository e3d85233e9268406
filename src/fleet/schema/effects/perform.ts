/**
 * Carries out one action and records its end. What fits into a transaction has its record in it; all else is begun in the
 * journal first, can be carried out twice, and is done once that is recorded.
 */
import type { JsonObject } from '../../../kernel/json.ts';
import type { SchemaAction } from '../../../model/schema/schema-step.ts';
import { inTransaction, record } from '../ledger/record.ts';
import { isAtomic, type Entry } from '../step.ts';
import { asBefore, runBare } from './bare.ts';
import type { StepCall } from './call.ts';
import { compare } from './compare.ts';
import { buildIndex, dropIndex, refuseExisting } from './indexes.ts';
import { patiently } from './patiently.ts';
import type { SchemaSettings } from '../request.ts';
import { runPlugin } from './plugin.ts';
import { walk } from './walk.ts';

export const begun = { forward: 'begin', back: 'undo-begin' } as const;
const ended = { forward: 'done', back: 'undone' } as const;

export async function perform(call: StepCall, action: SchemaAction): Promise<void> {
  const { work, run, step, direction, takenUp } = call;
  const begin: Entry = { step, event: begun[direction] };
  const done = (): Entry => ({ step, event: ended[direction], detail: { ...call.figures } satisfies JsonObject });
  if (action.kind === 'statements' || action.kind === 'scan' || action.kind === 'plugin') {
    // What a plug-in does elsewhere is in doubt after a crash: that it began has to be known before.
    const isApart = action.kind === 'plugin';
    if (isApart && !takenUp) await record(work, run, begin);
    const startedMs = work.parts.clock.steadyMs();
    await patiently(call, () => inOne(call, action, startedMs, isApart ? [done()] : [begin, done()]));
    return;
  }
  if (!takenUp) {
    if (action.kind === 'build-index' && direction === 'forward') await refuseExisting(call, action);
    await record(work, run, begin);
  }
  await act(call, action);
  await record(work, run, done());
}

/** What it does in the database is one transaction with the record of its end. */
type Whole = Extract<SchemaAction, { kind: 'statements' | 'scan' | 'plugin' }>;

async function inOne(call: StepCall, action: Whole, startedMs: number, entries: readonly Entry[]): Promise<void> {
  const { work, run } = call;
  const { clock, settings } = work.parts;
  const limits = { lockTimeoutMs: settings.lockTimeoutMs, statementTimeoutMs: statementLimitOf(action, settings) };
  const triedMs = clock.steadyMs();
  await inTransaction(work, run, limits, async () => {
    if (action.kind === 'plugin') await runPlugin(call, action);
    else for (const statement of action.statements) await work.session.query(statement);
    await asBefore(work.session);
    // Their commit is not in it: an entry cannot tell what comes after it.
    const detail = { executionMs: clock.steadyMs() - triedMs, lockWaitMs: triedMs - startedMs, rows: 0 };
    return entries.map((entry) => (entry.detail === undefined ? entry : { ...entry, detail }));
  });
}

function statementLimitOf(action: Whole, { statementTimeoutMs }: SchemaSettings): number | null {
  if (action.kind === 'plugin') return action.timeoutMs;
  return action.kind === 'scan' ? null : statementTimeoutMs;
}

async function act(call: StepCall, action: Exclude<SchemaAction, Whole>): Promise<void> {
  switch (action.kind) {
    case 'bare':
      return await runBare(call, action.statements);
    case 'build-index':
      return await buildIndex(call, action);
    case 'drop-index':
      return await dropIndex(call, action);
    case 'walk':
      return await walk(call, action);
    case 'compare':
      return await compare(call, action);
  }
}

/** Whether a step that failed has had no effect: all of it was one transaction, or it was not even begun. */
export function leftNothing(action: SchemaAction, isBegun: boolean): boolean {
  return isAtomic(action) || !isBegun;
}
