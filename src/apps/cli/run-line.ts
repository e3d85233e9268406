import { resolve } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import type { Output, Session } from './command.ts';
import { loadCommands } from './load-command.ts';
import { parse } from './parse.ts';

/**
 * Runs one command line in this process, as if typed in `session.directory`, and returns its exit code. Where
 * `out` is given, data goes there instead.
 */
export async function runLine(session: Session, argv: readonly string[], out: Output = session.out): Promise<number> {
  const parsed = parse(await loadCommands(argv), argv, {}, session.themisVersion);
  if (parsed.kind === 'text') throw new ThemisError('BUG', `themis ${argv.join(' ')}: ${parsed.text}`);
  const inner: Session = {
    directory: resolve(session.directory, parsed.globals.text('chdir') ?? '.'),
    environment: session.environment,
    clock: session.clock,
    out,
    err: session.err,
    verbosity: session.verbosity,
    selector: undefined,
    ask: undefined,
    get interrupts() {
      return session.interrupts;
    },
    themisVersion: session.themisVersion,
    runtimeVersion: session.runtimeVersion,
    runtimeBinary: session.runtimeBinary,
  };
  return await parsed.command.run(inner, parsed.input);
}

/** Swallows what a step of a longer story prints. */
export const silent: Output = { write: () => undefined, isTerminal: false, color: false, columns: 100 };
