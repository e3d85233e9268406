/**
 * Runs a command line in this process and keeps what it printed. The clock stands still at `at`, which nothing that keeps
 * a lock survives: that needs a `clock` of its own.
 */
import { loadCommands } from '../../src/apps/cli/load-command.ts';
import type { Output } from '../../src/apps/cli/command.ts';
import { parse } from '../../src/apps/cli/parse.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { exitCodeOf, ThemisError } from '../../src/kernel/error.ts';
import { nowMs } from './pki.ts';
import { sessionIn } from './session-in.ts';

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
  clock: Clock = { nowMs: () => at, steadyMs: () => at, sleep: () => Promise.resolve() },
): Promise<Ran> {
  const out = collector();
  const err = collector();
  try {
    const parsed = parse(await loadCommands(line), line, environment, '0.0.0');
    if (parsed.kind === 'text')
      return { exitCode: parsed.usage ? 64 : 0, out: parsed.text, err: parsed.text, error: undefined };
    const exitCode = await parsed.command.run(
      {
        ...sessionIn(directory, { clock, environment, out: out.output, err: err.output }),
        selector: parsed.globals.text('selector'),
      },
      parsed.input,
    );
    return { exitCode, out: out.text(), err: err.text(), error: undefined };
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return { exitCode: exitCodeOf(error.code), out: out.text(), err: err.text() + error.message, error };
  }
}

function collector(): { output: Output; text: () => string } {
  let written = '';
  return {
    output: { write: (text) => void (written += text), isTerminal: false, color: false, columns: 100 },
    text: () => written,
  };
}
