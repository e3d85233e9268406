import { exitCode } from '../../../kernel/exit-code.ts';
import type { Command } from '../command.ts';
import { printCompletionScript, shells } from '../complete.ts';

export const completionCommand: Command = {
  name: 'completion',
  group: 'Help',
  summary: 'print the completion script of a shell',
  arguments: [{ name: 'SHELL', summary: shells.join(', '), required: true, choices: shells }],
  options: [],
  examples: [
    { line: 'source <(themis completion bash)', summary: 'complete in this shell' },
    { line: 'themis completion fish > ~/.config/fish/completions/themis.fish', summary: 'and in every later one' },
  ],
  run(_session, input) {
    printCompletionScript(input.argument('SHELL')!);
    return Promise.resolve(exitCode.done);
  },
};
