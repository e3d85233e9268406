/**
 * The message handler of a node: what every transport hands its requests to. Whatever happens becomes a reply; an
 * error before acceptance is a refusal, and the node is then as it was.
 */
import { ThemisError, toFailure } from '../kernel/error.ts';
import { wireVersion } from '../model/message.ts';
import type { NodeProgress, NodeReply, NodeReplyBody, NodeRequest } from '../model/message.ts';
import { openNode } from './context.ts';
import type { NodeContext } from './context.ts';
import type { NodeDeps } from './deps.ts';
import { observe } from './observe.ts';
import { operate, recover, settle } from './operation/operate.ts';
import { readMetrics } from './metrics.ts';
import { prune } from './prune.ts';
import { stage } from './stage.ts';
import { adoptStore } from './state/authority.ts';
import { withLock } from './state/lock.ts';
import { audited } from './trust/audited.ts';

/** `signal` ends a staging, with CANCELLED, and nothing else: what was accepted of the rest is finished. */
export type NodeHandler = (
  request: NodeRequest,
  onProgress?: (progress: NodeProgress) => void,
  signal?: AbortSignal,
) => Promise<NodeReply>;

const never = new AbortController().signal;

export function handleNodeRequest(deps: NodeDeps): NodeHandler {
  return async (request, onProgress = () => {}, signal = never) => {
    const head = { wireVersion, node: request.node };
    try {
      const context = await openNode(deps);
      refuseOtherName(context, request);
      const body = await audited(context, request, () => handle(context, request, onProgress, signal));
      return { ...head, ...body };
    } catch (error) {
      return { ...head, kind: 'refused', failure: toFailure(error) };
    }
  };
}

async function handle(
  context: NodeContext,
  request: NodeRequest,
  onProgress: (progress: NodeProgress) => void,
  signal: AbortSignal,
): Promise<NodeReplyBody> {
  switch (request.kind) {
    case 'observe':
      return { kind: 'observed', observed: await observe(context, request.full) };
    case 'stage':
      return { kind: 'finished', result: await stage(context, request, onProgress, signal) };
    case 'update':
    case 'rollback':
      return { kind: 'finished', result: await operate(context, request, onProgress) };
    case 'recover':
      return { kind: 'finished', result: await recover(context, request.authority, onProgress) };
    case 'adopt':
      return withLock(context, async () => {
        await settle(context, onProgress);
        const changed = await adoptStore(context, request.store);
        return { kind: 'finished', result: changed ? { kind: 'done', restorePoint: null } : { kind: 'unchanged' } };
      });
    case 'metrics':
      return await readMetrics(context);
    case 'prune':
      return prune(context, request, onProgress);
  }
}

function refuseOtherName({ config }: NodeContext, request: NodeRequest): void {
  if (request.node === config.name) return;
  throw new ThemisError('POLICY_REFUSED', `This node is ${config.name}; the request is for ${request.node}.`, {
    hint: 'Check the transport of the node in the Fleet, or the name in node.yaml.',
  });
}
