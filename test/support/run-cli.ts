/** Runs a command in this process and keeps what it printed. */
import type { Command, Output, Session } from '../../src/apps/cli/command.ts';
import { parse } from '../../src/apps/cli/parse.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** ThemisErrors go through: `main` is what turns them into exit codes. */
export async function runCli(command: Command, directory: string, ...words: readonly string[]): Promise<Ran> {
  const parsed = parse([command], [...command.name.split(' '), ...words], {}, '0.0.0');
  if (parsed.kind === 'text') throw new Error(parsed.text);
  const [out, err] = [collector(), collector()];
  const never = new AbortController().signal;
  const session: Session = {
    directory,
    environment: {},
    clock: { nowMs: () => 0, sleep: () => Promise.resolve() },
    out: out.output,
    err: err.output,
    verbosity: 'normal',
    selector: undefined,
    ask: undefined,
    interrupts: { soft: never, hard: never, signal: () => undefined },
    themisVersion: '0.0.0',
    runtimeVersion: '26.0.0',
  };
  const exitCode = await parsed.command.run(session, parsed.input);
  return { exitCode, out: out.text(), err: err.text() };
}

function collector(): { readonly output: Output; readonly text: () => string } {
  let written = '';
  return {
    output: { write: (text) => void (written += text), isTerminal: false, color: false, columns: 100 },
    text: () => written,
  };
}
