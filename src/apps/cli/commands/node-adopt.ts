import { ThemisError } from '../../../kernel/error.ts';
import type { Command } from '../command.ts';
import { askOwnNode, reportResult, rootOption } from '../own-node.ts';

export const nodeAdoptCommand: Command = {
  name: 'node adopt',
  group: 'Nodes',
  summary: 'obey another coordination store from now on',
  arguments: [{ name: 'STORE', summary: 'id of the store, as the refusal names it', required: true }],
  options: [rootOption],
  examples: [{ line: 'themis node adopt 7f3a... --root /srv/db', summary: 'after the fleet moved to another store' }],
  async run(session, input) {
    const store = input.argument('STORE') ?? '';
    if (!/^[A-Za-z0-9._:-]{1,128}$/u.test(store)) throw new ThemisError('USAGE', `"${store}" is no store id.`);
    const reply = await askOwnNode(session, input, { kind: 'adopt', store });
    if (reply.kind !== 'finished') throw new ThemisError('BUG', `the node answered ${reply.kind} to adopt`);
    return reportResult(session, reply.result, `The node obeys ${store} already.`);
  },
};
