/** How far the search for patches is, on stderr: one line that moves on a terminal, else a line for each algorithm. */
import { createLogUpdate } from 'log-update';
import { formatDuration } from '../../../kernel/units/duration.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import type { Attempt } from '../../../release/delta/find-patches.ts';
import type { Session } from '../command.ts';

export interface DeltaProgress {
  readonly onStart: (path: string, algorithm: string) => void;
  readonly onTry: (attempt: Attempt, left: number) => void;
  readonly close: () => void;
}

/** `title`: what the delta is between. `endsAtMs`: when the time is over. */
export function createDeltaProgress(session: Session, title: string, endsAtMs: number): DeltaProgress {
  if (session.verbosity === 'quiet') return { onStart: () => {}, onTry: () => {}, close: () => {} };
  const moving = session.err.isTerminal ? createLogUpdate(process.stderr) : undefined;
  const turns = new Map<string, { files: number; bytes: number }>();
  return {
    onStart(path, algorithm) {
      const left = formatDuration(Math.max(0, endsAtMs - session.clock.nowMs()));
      moving?.(`${title}  ${algorithm}  ${path}  ${left} left`.slice(0, session.err.columns));
    },
    onTry(attempt, left) {
      const turn = turns.get(attempt.algorithm) ?? { files: 0, bytes: 0 };
      turns.set(attempt.algorithm, turn);
      if (typeof attempt.result === 'number') {
        turn.files += 1;
        turn.bytes += attempt.result;
      }
      const lines = [
        ...(session.verbosity === 'verbose' ? [`${attempt.path}: ${attempt.algorithm} ${said(attempt)}`] : []),
        ...(left > 0 || turn.files === 0 ? [] : [`${title}: ${attempt.algorithm} on ${totals(turn)}`]),
      ];
      if (lines.length > 0) moving?.clear();
      for (const line of lines) session.err.write(`${line}\n`);
    },
    close() {
      moving?.clear();
      moving?.done();
    },
  };
}

function totals({ files, bytes }: { readonly files: number; readonly bytes: number }): string {
  return `${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes)}`;
}

function said({ result, detail }: Attempt): string {
  const what = typeof result === 'number' ? formatSize(result) : result;
  return detail === undefined ? what : `${what} (${detail})`;
}
