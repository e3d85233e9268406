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
    const caller = hearTheCaller();
    const send = (message: NodeMessage): void => session.out.write(encodeMessage(message));
    const reply = await answer(session, rootOf(session, input), send, caller.gone);
    send(reply);
    if (reply.kind !== 'refused' || reply.failure.code !== 'CANCELLED') return exitCode.done;
    await written();
    // What a source still owes is nobody's any more, and would keep this process for minutes.
    process.exit(caller.interrupted() ? exitCode.interrupted : exitCode.terminated);
  },
};

interface Caller {
  /** Wants no more, or is not there any more. */
  readonly gone: AbortSignal;
  readonly interrupted: () => boolean;
}

/**
 * What was accepted is finished, whoever asked for it may be gone: nobody reading is no reason to end, nor is a signal
 * to stop that was meant for the caller and all it started (a service manager, a CI runner). Only a staging ends then:
 * it disturbs nobody, and goes on from there the next time.
 */
function hearTheCaller(): Caller {
  const gone = new AbortController();
  let interrupted = false;
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      interrupted ||= signal === 'SIGINT';
      gone.abort();
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
  process.stdout.on('error', () => gone.abort());
  return { gone: gone.signal, interrupted: () => interrupted };
}

async function answer(
  session: Session,
  root: string,
  send: (message: NodeMessage) => void,
  gone: AbortSignal,
): Promise<NodeReply> {
  try {
    const request = decodeRequest(await readLine());
    return await handleNodeRequest(createNodeDeps(root, session.clock))(request, send, gone);
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

/** All that was sent, or nobody is there to read it. */
function written(): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write('', () => resolve());
  });
}
