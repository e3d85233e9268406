import type { Input, Option } from '../command.ts';

/** Options of every command that carries out a plan. */
export const runOptions: readonly Option[] = [
  { name: '--auto-approve', summary: 'do not ask', variable: false },
  { name: '--parallelism', value: 'N', summary: 'nodes in hand at once, over all clusters', default: '10' },
  { name: '--lock-timeout', value: 'DURATION', summary: 'wait this long for somebody else to finish', default: '0s' },
  {
    name: '--output',
    short: '-o',
    value: 'FORMAT',
    summary: 'text, or jsonl for a stream of events',
    choices: ['text', 'jsonl'],
    default: 'text',
  },
];

export function parallelismOf(input: Input): number {
  return input.integer('parallelism', 1)!;
}
