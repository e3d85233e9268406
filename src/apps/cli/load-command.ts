import type { Command } from './command.ts';
import { commands } from './commands/index.ts';

/** Loads the one command that is called; all of them when that is unclear or help is asked for. */
export async function loadCommands(argv: readonly string[]): Promise<Command[]> {
  const words = argv.filter((word) => !word.startsWith('-'));
  for (let start = 0; start < words.length && words[0] !== 'help'; start += 1) {
    const two = `${words[start]} ${words[start + 1] ?? ''}`;
    const entry =
      commands.find((candidate) => candidate.name === two) ??
      commands.find((candidate) => candidate.name === words[start]);
    if (entry !== undefined) return [await entry.load()];
    // `-C DIR plan`: the word before may be the value of a global option.
    if (!argv[argv.indexOf(words[start]!) - 1]?.startsWith('-')) break;
  }
  return await loadAllCommands();
}

export async function loadAllCommands(): Promise<Command[]> {
  return await Promise.all(commands.map((entry) => entry.load()));
}
