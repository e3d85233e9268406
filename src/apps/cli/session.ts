/**
 * The world of a command run, made from the process: directory, streams, colour, clock, signals, questions.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { systemClock } from '../../adapters/clock/system.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { Input, Interrupts, Output, Session } from './command.ts';
import { launcherFile, packageFile } from '../package-files.ts';

export function themisVersion(): string {
  const manifest = JSON.parse(readFileSync(packageFile, 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

export function createSession(globals: Input): Session {
  const directory = fromHere(globals.text('chdir') ?? '.');
  const noColor = globals.flag('no-color');
  let interrupts: Interrupts | undefined;
  const canAsk =
    process.stdin.isTTY && process.stderr.isTTY && !globals.flag('no-input') && process.env['CI'] === undefined;
  return {
    directory,
    environment: process.env,
    clock: systemClock,
    out: output(process.stdout, noColor),
    err: output(process.stderr, noColor),
    verbosity: globals.flag('quiet') ? 'quiet' : globals.flag('verbose') ? 'verbose' : 'normal',
    selector: globals.text('selector'),
    ask: canAsk ? ask : undefined,
    get interrupts() {
      interrupts ??= watchInterrupts();
      return interrupts;
    },
    themisVersion: themisVersion(),
    runtimeVersion: process.versions.node,
    runtimeBinary: process.execPath,
    launcherFile,
  };
}

function fromHere(path: string): string {
  try {
    return resolve(path);
  } catch (error) {
    throw new ThemisError('NOT_FOUND', 'the current directory was removed', {
      cause: error,
      hint: 'cd to another one',
    });
  }
}

function output(stream: NodeJS.WriteStream, noColor: boolean): Output {
  // A terminal of 0×0 (some CI runners) cannot be drawn on.
  const isTerminal = stream.isTTY && stream.columns > 0 && process.env['TERM'] !== 'dumb';
  return {
    write: (text) => void stream.write(text),
    isTerminal: isTerminal && process.env['CI'] === undefined,
    color: wantsColor(isTerminal, noColor),
    columns: stream.isTTY && stream.columns > 0 ? stream.columns : 100,
  };
}

/** `--no-color`, then NO_COLOR (no-color.org: any value but the empty one), then FORCE_COLOR, then the terminal. */
function wantsColor(isTerminal: boolean, noColor: boolean): boolean {
  if (noColor || (process.env['NO_COLOR'] ?? '') !== '') return false;
  const forced = process.env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal;
}

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question);
  } catch (error) {
    throw new ThemisError('CANCELLED', 'nobody answered', { cause: error });
  } finally {
    reader.close();
  }
}

function watchInterrupts(): Interrupts {
  const soft = new AbortController();
  const hard = new AbortController();
  let first: 'SIGINT' | 'SIGTERM' | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      first ??= signal;
      if (soft.signal.aborted) hard.abort();
      soft.abort();
    });
  }
  return { soft: soft.signal, hard: hard.signal, signal: () => first };
}
