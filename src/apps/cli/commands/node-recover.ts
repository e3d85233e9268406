import { ThemisError } from '../../../kernel/error.ts';
import type { Command } from '../command.ts';
import { askOwnNode, reportResult, rootOption } from '../own-node.ts';

export const nodeRecoverCommand: Command = {
  name: 'node recover',
  group: 'Nodes',
  summary: 'finish or take back an operation that was cut off; run it at boot, before the service starts',
  arguments: [],
  options: [rootOption],
  examples: [{ line: 'themis node recover --root /srv/db', summary: 'does nothing where nothing was cut off' }],
  async run(session, input) {
    const reply = await askOwnNode(session, input, { kind: 'recover', authority: null });
    if (reply.kind !== 'finished') throw new ThemisError('BUG', `the node answered ${reply.kind} to recover`);
    return reportResult(session, reply.result, 'Nothing to recover.');
  },
};
