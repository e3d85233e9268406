import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { startService } from '../../../node/start-service.ts';
import { createNodeDeps } from '../../agent/node-deps.ts';
import type { Command } from '../command.ts';
import { askOwnNode, reportResult, rootOf, rootOption } from '../own-node.ts';

export const nodeRecoverCommand: Command = {
  name: 'node recover',
  group: 'Nodes',
  summary: 'finish or take back an operation that was cut off; run it at boot, before the service starts',
  arguments: [],
  options: [rootOption, { name: '--start', summary: 'then start the service, where no other manager does at boot' }],
  examples: [
    { line: 'themis node recover --root /srv/db', summary: 'does nothing where nothing was cut off' },
    { line: 'themis node recover --root /srv/db --start', summary: 'at boot, for a supervised service' },
  ],
  async run(session, input) {
    const reply = await askOwnNode(session, input, { kind: 'recover', authority: null });
    if (reply.kind !== 'finished') throw new ThemisError('BUG', `the node answered ${reply.kind} to recover`);
    const code = reportResult(session, reply.result, 'Nothing to recover.');
    if (!input.flag('start') || reply.result.kind === 'stuck') return code;
    const { started } = await startService(createNodeDeps(rootOf(session, input), session.clock));
    session.out.write(started ? 'Started the service.\n' : 'The service runs, or nothing is installed.\n');
    return code === exitCode.rolledBack ? exitCode.done : code;
  },
};
