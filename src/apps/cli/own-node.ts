/** What the `node` commands share: the node root they are told, and the node's handler without a transport. */
import path from 'node:path';
import { exitCodeOf, fromFailure } from '../../kernel/error.ts';
import { exitCode } from '../../kernel/exit-code.ts';
import { wireVersion } from '../../model/message.ts';
import type { NodeReplyBody, NodeRequestBody, OperationResult } from '../../model/message.ts';
import { openNode } from '../../node/context.ts';
import { handleNodeRequest } from '../../node/handle-request.ts';
import { createNodeDeps } from '../agent/node-deps.ts';
import type { Input, Option, Session } from './command.ts';

export const rootOption: Option = { name: '--root', value: 'DIR', summary: 'the node root (default: here)' };

export function rootOf(session: Session, input: Input): string {
  return path.resolve(session.directory, input.text('root') ?? '.');
}

/** Asks the node at the root; a refusal is thrown. Progress goes to stderr. */
export async function askOwnNode(
  session: Session,
  input: Input,
  body: NodeRequestBody,
): Promise<Exclude<NodeReplyBody, { kind: 'refused' }>> {
  const deps = createNodeDeps(rootOf(session, input), session.clock);
  const { config } = await openNode(deps);
  let phase = '';
  const reply = await handleNodeRequest(deps)({ wireVersion, node: config.name, ...body }, (progress) => {
    if (progress.phase === phase || session.verbosity === 'quiet') return;
    phase = progress.phase;
    session.err.write(`${phase}\n`);
  });
  if (reply.kind === 'refused') throw fromFailure(reply.failure);
  return reply;
}

/** Says how an operation ended; the exit code of that. */
export function reportResult(session: Session, result: OperationResult, unchanged: string): number {
  switch (result.kind) {
    case 'done':
      session.out.write('Done.\n');
      return exitCode.done;
    case 'unchanged':
      session.out.write(`${unchanged}\n`);
      return exitCode.done;
    case 'rolled-back':
      session.out.write(`Rolled back: ${result.failure.message}\n`);
      return exitCode.rolledBack;
    case 'stuck': {
      session.out.write(`Stuck: ${result.failure.message}\n`);
      if (result.cause.message !== result.failure.message)
        session.out.write(`It began with: ${result.cause.message}\n`);
      session.out.write('Remove the cause, then run: themis node recover\n');
      return exitCodeOf('ROLLBACK_INCOMPLETE');
    }
  }
}
