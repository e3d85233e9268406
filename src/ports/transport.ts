import type { NodeProgress, NodeReply, NodeRequest } from '../model/message.ts';
import type { DesiredNode } from '../model/desired.ts';

/**
 * Carries one request to one node. Once a node accepted an update it finishes or rolls back even when the
 * caller is gone. Throws ThemisError UNREACHABLE (nothing is known about the effect) or TIMEOUT; a refusal is a reply.
 */
export interface Transport {
  call(node: DesiredNode, request: NodeRequest, options: TransportOptions): Promise<NodeReply>;
}

export interface TransportOptions {
  readonly onProgress?: (progress: NodeProgress) => void;
  /** Stops waiting; an accepted operation goes on at the node. */
  readonly signal?: AbortSignal;
}
