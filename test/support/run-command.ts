/** Runs a command line in this process, with a clock that stands still, and keeps what it printed. */
import { loadCommands } from '../../src/apps/cli/load-command.ts';
import type { Output, Session } from '../../src/apps/cli/command.ts';
import { parse } from '../../src/apps/cli/parse.ts';
import { exitCodeOf, ThemisError } from '../../src/kernel/error.ts';
import { nowMs } from './pki.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly error: ThemisError | undefined;
}

export async function runCommand(
  directory: string,
  line: readonly string[],
  at = nowMs,
  environment = {},
): Promise<Ran> {
  const out = collector();
  const err = collector();
  try {
    const parsed = parse(await loadCommands(line), line, environment, '0.0.0');
    if (parsed.kind === 'text')
      return { exitCode: parsed.usage ? 64 : 0, out: parsed.text, err: parsed.text, error: undefined };
    const exitCode = await parsed.command.run(
      { ...sessionIn(directory, at, environment, out.output, err.output), selector: parsed.globals.text('selector') },
      parsed.input,
    );
    return { exitCode, out: out.text(), err: err.text(), error: undefined };
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return { exitCode: exitCodeOf(error.code), out: out.text(), err: err.text() + error.message, error };
  }
}

function sessionIn(
  directory: string,
  at: number,
  environment: Session['environment'],
  out: Output,
  err: Output,
): Session {
  const never = new AbortController().signal;
  return {
    directory,
    environment,
    clock: { nowMs: () => at, steadyMs: () => at, sleep: () => Promise.resolve() },
    out,
    err,
    verbosity: 'normal',
    selector: undefined,
    ask: undefined,
    interrupts: { soft: never, hard: never, signal: () => undefined },
    themisVersion: '0.0.0',
    runtimeVersion: '26.0.0',
    runtimeBinary: process.execPath,
  };
}

function collector(): { output: Output; text: () => string } {
  let written = '';
  return {
    output: { write: (text) => void (written += text), isTerminal: false, color: false, columns: 100 },
    text: () => written,
  };
}
