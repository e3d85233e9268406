/**
 * What a new holder of the lease does first: node operations that an earlier run left open are finished, undone or
 * awaited, so that nothing is planned on a node that is still moving. Must not start anything new.
 */
import { mapBounded } from '../kernel/map-bounded.ts';
import type { Failure } from '../kernel/outcome.ts';
import type { EventBody } from '../model/event.ts';
import type { Observed } from '../model/observed.ts';
import type { NodeCalls } from './node-calls.ts';

export interface Recovery {
  /** The same nodes, those that were recovered seen again. */
  readonly observed: Observed;
  readonly recovered: readonly string[];
  /** Nodes whose operation could not be ended. */
  readonly failed: readonly { readonly node: string; readonly failure: Failure }[];
}

export async function recoverNodes(
  observed: Observed,
  calls: NodeCalls,
  options: { readonly parallelism: number; readonly signal: AbortSignal; readonly emit: (event: EventBody) => void },
): Promise<Recovery> {
  const recovered: string[] = [];
  const failed: { node: string; failure: Failure }[] = [];
  const open = observed.nodes.filter((node) => node.reachable && node.operation !== null);
  if (open.length > 0) {
    const names = open.map((node) => node.name).join(', ');
    options.emit({ type: 'waiting', on: 'operation', detail: `an operation is open on ${names}`, until: null });
  }
  const again = await mapBounded(open, options.parallelism, async ({ name }) => {
    const answer = await calls.recover(name, options.signal);
    if (answer.kind === 'done' || (answer.kind === 'failed' && answer.asBefore && !answer.refused))
      recovered.push(name);
    else if (answer.kind !== 'aborted') failed.push({ node: name, failure: answer.failure });
    return await calls.observe(name, options.signal);
  });
  const seen = new Map(again.map((node) => [node.name, node]));
  return {
    observed: { nodes: observed.nodes.map((node) => seen.get(node.name) ?? node) },
    recovered: recovered.sort(),
    failed,
  };
}
