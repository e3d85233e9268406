import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import type { Command } from '../command.ts';
import { askOwnNode, rootOption } from '../own-node.ts';
import { outputOption } from '../output-option.ts';

export const nodeRestorePointsCommand: Command = {
  name: 'node restore-points',
  group: 'Nodes',
  summary: 'list the states this node can return to, newest first',
  arguments: [],
  options: [rootOption, outputOption],
  examples: [{ line: 'themis node restore-points --root /srv/db', summary: 'ids are what rollback --to takes' }],
  async run(session, input) {
    const reply = await askOwnNode(session, input, { kind: 'observe', full: false });
    if (reply.kind !== 'observed') throw new ThemisError('BUG', `the node answered ${reply.kind} to observe`);
    const { restorePoints } = reply.observed;
    if (input.text('output') === 'json') {
      session.out.write(`${JSON.stringify(restorePoints)}\n`);
      return exitCode.done;
    }
    for (const { id, createdAt, packages, sizeBytes } of restorePoints) {
      const holds = Object.entries(packages).map(([name, { version }]) => `${name} ${version}`);
      session.out.write(`${id}  ${createdAt}  ${formatSize(sizeBytes)}  ${holds.join(', ') || 'nothing installed'}\n`);
    }
    if (restorePoints.length === 0) session.err.write('This node has no restore points yet.\n');
    return exitCode.done;
  },
};
