/**
 * Shell completion from the registry: what `themis complete -- WORDS` answers to the script that
 * `themis completion SHELL` prints (@bomb.sh/tab, kept to this file: it is 0.0.x).
 */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RootCommand } from '@bomb.sh/tab';
import type { Argument, Command, Option } from './command.ts';
import { globalOptions } from './parse.ts';

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** Prints the script to stdout. */
export function printCompletionScript(shell: string): void {
  new RootCommand().setup('themis', 'themis', shell);
}

/** Prints the candidates for the last of `words` to stdout. */
export function printCompletions(commands: readonly Command[], words: readonly string[]): void {
  const root = new RootCommand();
  const last = words.at(-1) ?? '';
  for (const option of globalOptions) addOption(root, option);
  for (const command of commands) {
    const target = root.command(command.name, command.summary);
    for (const option of [...command.options, ...globalOptions]) addOption(target, option);
    for (const argument of command.arguments)
      target.argument(argument.name, (complete) => suggest(argument, last, complete), argument.variadic ?? false);
  }
  root.parse([...words]);
}

function addOption(
  target: InstanceType<typeof RootCommand> | ReturnType<RootCommand['command']>,
  option: Option,
): void {
  const name = option.name.slice(2);
  const alias = option.short?.slice(1);
  if (option.value === undefined) {
    if (alias === undefined) target.option(name, option.summary);
    else target.option(name, option.summary, alias);
    return;
  }
  target.option(name, option.summary, (complete) => option.choices?.forEach((choice) => complete(choice, '')), alias);
}

function suggest(argument: Argument, word: string, complete: (value: string, description: string) => void): void {
  if (argument.choices !== undefined) {
    for (const choice of argument.choices) complete(choice, '');
    return;
  }
  const directory = word.endsWith('/') ? word : dirname(word);
  let entries: readonly { name: string; isDirectory(): boolean }[];
  try {
    entries = readdirSync(directory === '' ? '.' : directory, { withFileTypes: true });
  } catch {
    return; // Nothing to suggest in a directory that cannot be read.
  }
  const stem = word.endsWith('/') ? '' : basename(word);
  for (const entry of entries) {
    if (!entry.name.startsWith(stem) || (entry.name.startsWith('.') && !stem.startsWith('.'))) continue;
    complete(`${join(directory, entry.name)}${entry.isDirectory() ? '/' : ''}`, '');
  }
}
