/**
 * Every command, one line each, in the order of `--help`. A command's file is loaded when it is called, so that
 * `themis version` does not pay for the planner. Words of one name are subcommands: `release build`.
 */
import type { Command } from '../command.ts';

interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

export const commands = [
  { name: 'init', load: async () => (await import('./init.ts')).initCommand },
  { name: 'show', load: async () => (await import('./show.ts')).showCommand },
  { name: 'version', load: async () => (await import('./version.ts')).versionCommand },
  { name: 'completion', load: async () => (await import('./completion.ts')).completionCommand },
] as const satisfies readonly CommandEntry[];
