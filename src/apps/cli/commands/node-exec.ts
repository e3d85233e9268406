import { toFailure } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { wireVersion } from '../../../model/message.ts';
import type { NodeMessage, NodeReply } from '../../../model/message.ts';
import { handleNodeRequest } from '../../../node/handle-request.ts';
import { decodeRequest, encodeMessage, requestLimitBytes } from '../../../wire/codec.ts';
import { LineSplitter } from '../../../wire/line-splitter.ts';
import { createNodeDeps } from '../../agent/node-deps.ts';
import type { Command, Session } from '../command.ts';
import { rootOf, rootOption } from '../own-node.ts';

export const nodeExecCommand: Command = {
  name: 'node exec',
  group: 'Nodes',
  summary: 'carry out one request from stdin, as transports do; messages are lines of JSON',
  arguments: [],
  options: [rootOption],
  examples: [{ line: 'themis node exec --root /srv/db < request.json', summary: 'progress and the reply on stdout' }],
  async run(session, input) {
    outliveTheCaller();
    const send = (message: NodeMessage): void => session.out.write(encodeMessage(message));
    send(await answer(session, rootOf(session, input), send));
    return exitCode.done;
  },
};

/**
 * What was accepted is finished, whoever asked for it may be gone: nobody reading is no reason to end, nor is a signal
 * to stop that was meant for the caller and all it started (a service manager, a CI runner).
 */
function outliveTheCaller(): void {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
}

async function answer(session: Session, root: string, send: (message: NodeMessage) => void): Promise<NodeReply> {
  try {
    const request = decodeRequest(await readLine());
    return await handleNodeRequest(createNodeDeps(root, session.clock))(request, send);
  } catch (error) {
    // Not even a request: there is no name to answer for.
    return { wireVersion, node: '', kind: 'refused', failure: toFailure(error) };
  }
}

async function readLine(): Promise<string> {
  const lines = new LineSplitter(requestLimitBytes);
  for await (const chunk of process.stdin) {
    const [line] = lines.push(chunk as Buffer);
    if (line !== undefined) return line;
  }
  return lines.end();
}
