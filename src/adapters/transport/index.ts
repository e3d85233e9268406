/**
 * Transports by the kind a Fleet names for a node. One is one file and one line here; each faces the contract suite
 * of the in-memory ones.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Transport } from '../../ports/transport.ts';
import { createLocalTransport } from './local.ts';
import type { LocalTransportOptions } from './local.ts';

export interface TransportSettings {
  readonly local: LocalTransportOptions;
}

/** Sends each request by the transport of its node. */
export function createTransport(settings: TransportSettings): Transport {
  const local = createLocalTransport(settings.local);
  return {
    async call(node, request, options) {
      switch (node.transport.kind) {
        case 'local':
          return local.call(node, request, options);
        case 'ssh':
        case 'agent':
          throw new ThemisError('USAGE', `Node ${node.name}: transport ${node.transport.kind} is not there yet.`, {
            hint: 'Use transport local.',
          });
      }
    },
  };
}
