import { resolve } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import type { Output, Session } from './command.ts';
import { loadCommands } from './load-command.ts';
import { parse } from './parse.ts';

/**
 * Runs one command line in this process, as if typed in `session.directory`, and returns its exit code. A `silent`
 * one prints nothing but what goes wrong.
 */
export async function runLine(session: Session, argv: readonly string[], silent = false): Promise<number> {
  const parsed = parse(await loadCommands(argv), argv, {}, session.themisVersion);
  if (parsed.kind === 'text') throw new ThemisError('BUG', `themis ${argv.join(' ')}: ${parsed.text}`);
  const inner: Session = {
    directory: resolve(session.directory, parsed.globals.text('chdir') ?? '.'),
    environment: session.environment,
    clock: session.clock,
    out: silent ? nowhere : session.out,
    err: session.err,
    verbosity: silent ? 'quiet' : session.verbosity,
    selector: undefined,
    ask: undefined,
    get interrupts() {
      return session.interrupts;
    },
    themisVersion: session.themisVersion,
    runtimeVersion: session.runtimeVersion,
    runtimeBinary: session.runtimeBinary,
    launcherFile: session.launcherFile,
  };
  return await parsed.command.run(inner, parsed.input);
}

const nowhere: Output = { write: () => undefined, isTerminal: false, color: false, columns: 100 };
