/**
 * The command line's main: parse, run, turn what happened into an exit code. The only place of the CLI that
 * catches, and the only one that reads process globals.
 */
import { exitCodeOf, ThemisError } from '../../kernel/error.ts';
import { exitCode } from '../../kernel/exit-code.ts';
import { loadAllCommands, loadCommands } from './load-command.ts';
import { parse } from './parse.ts';
import { createSession, themisVersion } from './session.ts';

export async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', outputFailed);
  const code = await run(process.argv.slice(2));
  process.exitCode = lost && code === exitCode.done ? exitCode.failed : code;
}

let lost = false;

/**
 * A reader that went away (`themis apply | head`) must end neither a rollout in the middle nor its exit code. What
 * could not be written for another reason is a failure in the end, but no reason to stop half-way either.
 */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || lost) return;
  lost = true;
  if (process.exitCode === exitCode.done) process.exitCode = exitCode.failed;
  process.stderr.write(`error: the output could not be written: ${error.message}\n`);
}

async function run(argv: readonly string[]): Promise<number> {
  let verbose = false;
  try {
    if (argv[0] === 'complete' && argv[1] === '--') {
      (await import('./complete.ts')).printCompletions(await loadAllCommands(), argv.slice(2));
      return exitCode.done;
    }
    const parsed = parse(await loadCommands(argv), argv, process.env, themisVersion());
    if (parsed.kind === 'text') {
      process[parsed.stream === 'out' ? 'stdout' : 'stderr'].write(parsed.text);
      return parsed.usage ? exitCode.usage : exitCode.done;
    }
    verbose = parsed.globals.flag('verbose');
    return await parsed.command.run(createSession(parsed.globals), parsed.input);
  } catch (error) {
    return report(error, verbose);
  }
}

/** The code is what people search for and scripts match; a finer one stands in the message already. */
function report(error: unknown, verbose: boolean): number {
  if (error instanceof ThemisError && error.code !== 'BUG') {
    process.stderr.write(`error: ${error.message}${error.reason === undefined ? ` (${error.code})` : ''}\n`);
    if (error.hint !== undefined) process.stderr.write(`hint: ${error.hint}\n`);
    if (verbose && error.cause !== undefined) process.stderr.write(`${stackOf(error.cause)}\n`);
    return exitCodeOf(error.code);
  }
  process.stderr.write(`error: this is a bug in Themis: ${error instanceof Error ? error.message : String(error)}\n`);
  process.stderr.write(verbose ? `${stackOf(error)}\n` : 'hint: run it again with -v and report what it prints\n');
  return exitCode.bug;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
