import type { Option } from './command.ts';

/** `-o` of commands that print text, or JSON for scripts. */
export const outputOption: Option = {
  name: '--output',
  short: '-o',
  value: 'FORMAT',
  summary: 'text or json',
  choices: ['text', 'json'],
  default: 'text',
};
