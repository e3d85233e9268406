/** How far the search for patches is, on stderr: one line that moves on a terminal, else a line for each algorithm. */
import { createLogUpdate } from 'log-update';
import { formatDuration } from '../../../kernel/units/duration.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import type { Attempt } from '../../../release/delta/find-patches.ts';
import type { Session } from '../command.ts';

export interface DeltaProgress {
  readonly onStart: (path: string, algorithm: string) => void;
  readonly onTry: (attempt: Attempt) => void;
  readonly close: () => void;
}

/** `title`: what the delta is between. `endsAtMs`: when the time is over. */
export function createDeltaProgress(session: Session, title: string, endsAtMs: number): DeltaProgress {
  if (session.verbosity === 'quiet') return { onStart: () => {}, onTry: () => {}, close: () => {} };
  const moving = session.err.isTerminal ? createLogUpdate(process.stderr) : undefined;
  let turn = { algorithm: '', files: 0, bytes: 0 };
  const endTurn = (): void => {
    if (turn.files === 0) return;
    moving?.clear();
    const files = `${turn.files} ${turn.files === 1 ? 'file' : 'files'}`;
    session.err.write(`${title}: ${turn.algorithm} tried on ${files}, ${formatSize(turn.bytes)}\n`);
  };
  return {
    onStart(path, algorithm) {
      const left = formatDuration(Math.max(0, endsAtMs - session.clock.nowMs()));
      moving?.(`${title}  ${algorithm}  ${path}  ${left} left`.slice(0, session.err.columns));
    },
    onTry(attempt) {
      if (attempt.algorithm !== turn.algorithm) {
        endTurn();
        turn = { algorithm: attempt.algorithm, files: 0, bytes: 0 };
      }
      if (typeof attempt.result === 'number') {
        turn.files += 1;
        turn.bytes += attempt.result;
      }
      if (session.verbosity === 'verbose') {
        moving?.clear();
        session.err.write(`${attempt.path}: ${attempt.algorithm} ${said(attempt)}\n`);
      }
    },
    close() {
      endTurn();
      moving?.clear();
      moving?.done();
    },
  };
}

function said({ result, detail }: Attempt): string {
  const what = typeof result === 'number' ? formatSize(result) : result;
  return detail === undefined ? what : `${what} (${detail})`;
}
