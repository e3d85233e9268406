import { mapBounded } from '../kernel/map-bounded.ts';
import { compareText } from '../kernel/finding.ts';
import type { DesiredNode } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Transport } from '../ports/transport.ts';
import { observeNode } from './node-calls.ts';

export interface CollectOptions {
  readonly parallelism: number;
  /** Hash every file, whatever a node's stat cache says. */
  readonly full: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks every node what it has, several at a time. A node that cannot be asked is part of the answer, not an error.
 * Throws CANCELLED when aborted.
 */
export async function collect(
  transport: Transport,
  nodes: readonly DesiredNode[],
  options: CollectOptions,
): Promise<Observed> {
  const observed = await mapBounded(nodes, options.parallelism, (node) => observeNode(transport, node, options));
  return { nodes: observed.sort((a, b) => compareText(a.name, b.name)), databases: [] };
}
