/**
 * What a new holder of the lease does first: node operations that an earlier run left open are finished, undone or
 * awaited, so that nothing is planned on a node that is still moving. Nodes that an earlier run may be about to touch
 * hear of the new token: should its request be under way still, because that run was paused, it is refused there.
 * Must not start anything new.
 */
import { mapBounded } from '../kernel/map-bounded.ts';
import type { Failure } from '../kernel/outcome.ts';
import type { EventBody } from '../model/event.ts';
import type { Observed } from '../model/observed.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Answer, NodeCalls } from './node-calls.ts';

const pollMs = 500;
/** Longer than any operation should take; after that the node is told of the new holder, and gives way where it can. */
const longestMs = 15 * 60_000;

export interface Recovery {
  /** The same nodes, those that were recovered seen again. */
  readonly observed: Observed;
  readonly recovered: readonly string[];
  /** Nodes whose operation could not be ended. */
  readonly failed: readonly { readonly node: string; readonly failure: Failure }[];
}

/**
 * Nodes of steps that the last execution began and did not end. Its end may be a `cancel` that knew nothing of them.
 */
export async function nodesInDoubt(store: Store): Promise<ReadonlySet<string>> {
  const [last] = await store.history(1);
  if (last === undefined) return new Set();
  const begun = new Set<string>();
  for (const { step, event } of await store.readJournal(last.id)) {
    if (step === null) continue;
    if (event === 'begin' || event === 'undo-begin') begun.add(step);
    else begun.delete(step);
  }
  if (begun.size === 0) return begun;
  const { steps } = await store.readPlan(last.id);
  const targets = steps.filter((step) => begun.has(step.id)).map((step) => step.target);
  return new Set(targets.filter((target) => target.startsWith('node/')).map((target) => target.slice('node/'.length)));
}

export async function recoverNodes(
  observed: Observed,
  calls: NodeCalls,
  options: {
    readonly clock: Clock;
    /** `nodesInDoubt` of the store. */
    readonly inDoubt: ReadonlySet<string>;
    readonly parallelism: number;
    readonly signal: AbortSignal;
    readonly emit: (event: EventBody) => void;
  },
): Promise<Recovery> {
  const recovered: string[] = [];
  const failed: { node: string; failure: Failure }[] = [];
  const open = observed.nodes.filter((node) => node.reachable && node.operation !== null);
  if (open.length > 0) {
    const names = open.map((node) => node.name).join(', ');
    options.emit({ type: 'waiting', on: 'operation', detail: `an operation is open on ${names}`, until: null });
  }
  const concerned = observed.nodes.filter(
    (node) => node.reachable && (node.operation !== null || options.inDoubt.has(node.name)),
  );
  const again = await mapBounded(concerned, options.parallelism, async ({ name }) => {
    const ended = await endOperation(calls, options.clock, name, options.signal);
    // Only once nothing runs there does the node hear of the new holder: a running operation would take itself back.
    const tells = ended.kind === 'done' && options.inDoubt.has(name);
    const answer = tells ? await calls.recover(name, options.signal) : ended;
    if (answer.kind === 'done' || (answer.kind === 'failed' && answer.asBefore && !answer.refused))
      recovered.push(name);
    else if (answer.kind !== 'aborted') failed.push({ node: name, failure: answer.failure });
    return await calls.observe(name, options.signal);
  });
  const seen = new Map(again.map((node) => [node.name, node]));
  return {
    observed: { ...observed, nodes: observed.nodes.map((node) => seen.get(node.name) ?? node) },
    recovered: recovered.sort(),
    failed,
  };
}

/**
 * Ends what is open on a node. An operation that runs is awaited by looking, without a word: told of a newer holder it
 * would take itself back, and its service would be stopped a second time for the same step. One that was cut off is
 * finished or undone. Throws CANCELLED.
 */
export async function endOperation(calls: NodeCalls, clock: Clock, name: string, signal: AbortSignal): Promise<Answer> {
  const endMs = clock.steadyMs() + longestMs;
  for (;;) {
    const observed = await calls.observe(name, signal);
    if (!observed.reachable) return { kind: 'no-answer', failure: observed.failure };
    if (observed.operation === null) return { kind: 'done', changed: false };
    if (observed.operation.state === 'interrupted' || clock.steadyMs() >= endMs)
      return await calls.recover(name, signal);
    await clock.sleep(pollMs, signal);
  }
}
