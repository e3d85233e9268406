/** Carries an undo out in one database, under the fleet's lock, with the events of an execution. */
import { catalogReader } from '../../../fleet/schema/catalog-reader.ts';
import type { SchemaParts } from '../../../fleet/schema/request.ts';
import { undoMigration, type UndoResult } from '../../../fleet/schema/undo-migration.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { expandOperation } from '../../../migrate/expand.ts';
import type { Outcome } from '../../../kernel/outcome.ts';
import type { Digest } from '../../../kernel/digest.ts';
import type { Database } from '../../../ports/schema/database.ts';
import type { Session } from '../command.ts';
import type { LockedFleet } from '../fleet/locked-fleet.ts';
import { whoAmI } from '../fleet/fleet-session.ts';
import type { Progress } from '../progress.ts';
import { createPlugins } from './schema-plugins.ts';
import type { UndoTarget } from './undo-target.ts';

/** `digest`: of what was shown. The exit code; says how it ended. Throws as `undoMigration` does. */
export async function undoSchema(
  session: Session,
  { fleet, token, lost }: LockedFleet,
  { target, database, digest }: { target: UndoTarget; database: Database; digest: Digest },
  progress: Progress,
): Promise<number> {
  const { clock, interrupts } = session;
  const { lockTimeoutMs, statementTimeoutMs, name } = target.database;
  const place = { step: `undo/${target.migration}`, target: `database/${name}` };
  const execution = `undo-${clock.nowMs()}`;
  const parts: SchemaParts = {
    database,
    authority: { store: fleet.store.id, token, by: whoAmI() },
    settings: { lockTimeoutMs, statementTimeoutMs },
    clock,
    random: Math.random,
    signal: AbortSignal.any([interrupts.soft, lost]),
    emit: (event) => progress.emit({ type: 'schema', ...place, event }),
    plugins: createPlugins(session, fleet.directory),
    catalogs: catalogReader,
    expand: expandOperation,
  };
  progress.emit({ type: 'execution-started', execution, planDigest: digest, resumed: false, steps: 1 });
  progress.emit({ type: 'step-started', ...place, kind: 'schema-undo', stage: 0, direction: 'back' });
  const startedMs = clock.steadyMs();
  let result: UndoResult;
  try {
    result = await undoMigration({ ...parts, migration: target.migration });
  } catch (error) {
    if (lost.aborted) throw lost.reason;
    if (!(error instanceof ThemisError) || error.code !== 'CANCELLED' || !interrupts.soft.aborted) throw error;
    const code = interrupts.signal() === 'SIGTERM' ? exitCode.terminated : exitCode.interrupted;
    progress.emit({ type: 'execution-finished', execution, result: 'interrupted', exitCode: code });
    say(session, progress, 'interrupted: what is left goes on with the same command');
    return code;
  }
  const isDone = result.outcome !== 'stuck';
  const outcome: Outcome = isDone ? { kind: 'done' } : { kind: 'failed', failure: result.failure! };
  const durationMs = clock.steadyMs() - startedMs;
  progress.emit({ type: 'step-finished', ...place, outcome, durationMs, direction: 'back' });
  const code = isDone ? exitCode.done : exitCode.rollbackIncomplete;
  const ended = isDone ? 'done' : 'rollback-incomplete';
  progress.emit({ type: 'execution-finished', execution, result: ended, exitCode: code });
  const undone = result.undone.length === 0 ? 'nothing' : result.undone.join(', ');
  const why = isDone ? '' : `; then it got stuck: ${result.failure!.message}`;
  say(session, progress, `${ended}: ${undone} taken back in database ${name}${why}`);
  return code;
}

function say(session: Session, progress: Progress, text: string): void {
  progress.close();
  if (session.verbosity !== 'quiet') session.err.write(`${text}\n`);
}
