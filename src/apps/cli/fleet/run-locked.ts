/** The frame of the commands that carry out a plan: progress in the format asked for, the fleet, its lock. */
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Plan } from '../../../model/plan.ts';
import type { Input, Session } from '../command.ts';
import { createProgress, type Progress } from '../progress.ts';
import { withFleet } from './fleet-session.ts';
import { withLock, type LockedFleet, type LockOptions } from './locked-fleet.ts';
import { parallelismOf } from './run-options.ts';

/** `path`: the fleet directory. Throws what `withLock` throws. */
export async function runLocked(
  session: Session,
  input: Input,
  path: string,
  lock: Pick<LockOptions, 'purpose' | 'lookOnly'>,
  work: (locked: LockedFleet, progress: Progress) => Promise<number>,
): Promise<number> {
  const progress = createProgress(session, isStream(input) ? 'jsonl' : 'text');
  const options = { ...lock, timeoutMs: input.duration('lock-timeout')!, parallelism: parallelismOf(input) };
  try {
    return await withFleet(session, path, (fleet) =>
      withLock(session, fleet, options, progress, (locked) => work(locked, progress)),
    );
  } finally {
    progress.close();
  }
}

/** Whether events are asked for instead of text. */
export function isStream(input: Input): boolean {
  return input.text('output') === 'jsonl';
}

/** A stream ends with how it ended, also where no execution was opened. Prints nothing else. */
export function streamNothingToDo(input: Input, progress: Progress): number {
  const finished = { type: 'execution-finished', execution: null, result: 'nothing-to-do' } as const;
  if (isStream(input)) progress.emit({ ...finished, exitCode: exitCode.done });
  return exitCode.done;
}

/** What a stream of events says of a plan before it is carried out. */
export function streamPlan(plan: Plan, progress: Progress): void {
  progress.emit({ type: 'planned', planDigest: plan.planDigest, summary: plan.summary });
  for (const finding of plan.findings) progress.emit({ type: 'finding', finding });
}
