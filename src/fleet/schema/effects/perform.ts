/**
 * Carries out one action and records its end. What fits into a transaction has its record in it; all else is begun in the
 * journal first, can be carried out twice, and is done once that is recorded.
 */
import type { JsonObject } from '../../../kernel/json.ts';
import type { SchemaAction } from '../../../model/schema-step.ts';
import { inTransaction, record } from '../ledger/record.ts';
import { isAtomic, type Entry } from '../step.ts';
import { asBefore, runBare } from './bare.ts';
import type { StepCall } from './call.ts';
import { compare } from './compare.ts';
import { buildIndex, dropIndex, refuseExisting } from './indexes.ts';
import { patiently } from './patiently.ts';
import { runPlugin } from './plugin.ts';
import { walk } from './walk.ts';

export const begun = { forward: 'begin', back: 'undo-begin' } as const;
const ended = { forward: 'done', back: 'undone' } as const;

export async function perform(call: StepCall, action: SchemaAction): Promise<void> {
  const { work, run, step, direction, takenUp } = call;
  const begin: Entry = { step, event: begun[direction] };
  const done = (): Entry => ({ step, event: ended[direction], detail: { ...call.figures } satisfies JsonObject });
  if (action.kind === 'statements' || action.kind === 'scan') {
    const { lockTimeoutMs, statementTimeoutMs } = work.parts.settings;
    const limits = { lockTimeoutMs, statementTimeoutMs: action.kind === 'scan' ? null : statementTimeoutMs };
    const { clock } = work.parts;
    const startedMs = clock.steadyMs();
    await patiently(call, async () => {
      const triedMs = clock.steadyMs();
      await inTransaction(work, run, limits, async () => {
        for (const statement of action.statements) await work.session.query(statement);
        await asBefore(work.session);
        // Their commit is not in it: an entry cannot tell what comes after it.
        const detail = { executionMs: clock.steadyMs() - triedMs, lockWaitMs: triedMs - startedMs, rows: 0 };
        return [begin, { ...done(), detail }];
      });
    });
    return;
  }
  if (!takenUp) {
    if (action.kind === 'build-index' && direction === 'forward') await refuseExisting(call, action);
    await record(work, run, begin);
  }
  await act(call, action);
  await record(work, run, done());
}

async function act(call: StepCall, action: Exclude<SchemaAction, { kind: 'statements' | 'scan' }>): Promise<void> {
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
    case 'plugin':
      return await patiently(call, () => runPlugin(call, action));
  }
}

/** Whether a step that failed has had no effect: all of it was one transaction, or it was not even begun. */
export function leftNothing(action: SchemaAction, isBegun: boolean): boolean {
  return isAtomic(action) || !isBegun;
}
