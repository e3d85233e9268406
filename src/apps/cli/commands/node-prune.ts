import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import type { Command } from '../command.ts';
import { askOwnNode, rootOption } from '../own-node.ts';
import { outputOption } from '../output-option.ts';

export const nodePruneCommand: Command = {
  name: 'node prune',
  group: 'Nodes',
  summary: 'drop old restore points and staged releases',
  arguments: [],
  options: [
    rootOption,
    { name: '--keep', value: 'NUMBER', summary: 'restore points to keep, newest first', default: '3' },
    { name: '--pin', value: 'ID', summary: 'restore point or manifest hash that stays as well', repeatable: true },
    outputOption,
  ],
  examples: [
    { line: 'themis node prune --root /srv/db', summary: 'keeps the three newest restore points' },
    { line: 'themis node prune --keep 1 --pin before-1.5.0', summary: 'keeps the newest and that one' },
  ],
  async run(session, input) {
    const reply = await askOwnNode(session, input, {
      kind: 'prune',
      keepRestorePoints: input.integer('keep') ?? 3,
      pinned: input.list('pin'),
    });
    if (reply.kind !== 'pruned') throw new ThemisError('BUG', `the node answered ${reply.kind} to prune`);
    const { restorePoints, staged, freedBytes } = reply;
    session.out.write(
      input.text('output') === 'json'
        ? `${JSON.stringify({ restorePoints, staged, freedBytes })}\n`
        : `Dropped ${restorePoints.length} restore points and ${staged.length} staged releases: ${formatSize(freedBytes)}.\n`,
    );
    return exitCode.done;
  },
};
