import type { NodeProgress, NodeReply, NodeRequest } from '../model/message.ts';
import type { DesiredNode } from '../model/desired.ts';

/**
 * Carries one request to one node. Once a node accepted an update it finishes or rolls back even when the
 * caller is gone; a staging ends with its caller. Throws ThemisError UNREACHABLE (nothing is known about the effect) or
 * TIMEOUT; a refusal is a reply.
 */
export interface Transport {
  call(node: DesiredNode, request: NodeRequest, options: TransportOptions): Promise<NodeReply>;
}

export interface TransportOptions {
  readonly onProgress?: (progress: NodeProgress) => void;
  /**
   * Stops waiting, with CANCELLED; an accepted operation goes on at the node. A staging is ended: CANCELLED, thrown or
   * replied, when it has let go of the node, TIMEOUT where it does not.
   */
  readonly signal?: AbortSignal;
}
