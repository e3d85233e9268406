import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import type { ReachableNode } from '../../../model/observed.ts';
import type { Command } from '../command.ts';
import { askOwnNode, rootOption } from '../own-node.ts';
import { outputOption } from '../output-option.ts';

export const nodeObserveCommand: Command = {
  name: 'node observe',
  group: 'Nodes',
  summary: 'report what is installed here, what drifted, and how the service is',
  arguments: [],
  options: [rootOption, { name: '--full', summary: 'hash every file, even those that look untouched' }, outputOption],
  examples: [
    { line: 'themis node observe --root /srv/db', summary: 'for a person' },
    { line: 'themis node observe --full -o json', summary: 'for a script, every byte read' },
  ],
  async run(session, input) {
    const reply = await askOwnNode(session, input, { kind: 'observe', full: input.flag('full') });
    if (reply.kind !== 'observed') throw new ThemisError('BUG', `the node answered ${reply.kind} to observe`);
    const { observed } = reply;
    session.out.write(input.text('output') === 'json' ? `${JSON.stringify(observed)}\n` : describe(observed));
    return exitCode.done;
  },
};

function describe(node: ReachableNode): string {
  const rows: [string, string][] = [
    ['node', `${node.name} (${node.platform}/${node.architecture})`],
    ...refusal(node),
    ...Object.entries(node.packages).map(([name, { version }]): [string, string] => ['package', `${name} ${version}`]),
    ['health', [node.health.status, node.health.detail].filter((part) => part !== null).join(': ')],
    ['role', node.role],
    ['disk free', `${formatSize(node.disk.freeBytes)} of ${formatSize(node.disk.totalBytes)}`],
    ['memory free', `${formatSize(node.memory.freeBytes)} of ${formatSize(node.memory.totalBytes)}`],
    ['restore points', node.restorePoints.map((point) => point.id).join(', ') || 'none'],
    ['staged', String(node.staged.length)],
    [
      'operation',
      node.operation === null ? 'none' : `${node.operation.kind} ${node.operation.id} ${node.operation.state}`,
    ],
    ...node.drift.map(({ path, problem }): [string, string] => ['drift', `${path} (${problem})`]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

function refusal({ refusing }: ReachableNode): [string, string][] {
  if (refusing === undefined) return [];
  const fix: [string, string][] = refusing.hint === undefined ? [] : [['fix', refusing.hint]];
  return [['refusing', refusing.message], ...fix];
}
