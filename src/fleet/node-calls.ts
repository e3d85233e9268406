/**
 * Requests to nodes as the fleet room makes them: every reply and every lost connection becomes one of a few
 * answers, so that nobody else has to know which error codes mean what.
 */
import { fromFailure, isRefusal, ThemisError, toFailure } from '../kernel/error.ts';
import type { Failure } from '../kernel/outcome.ts';
import type { DesiredNode } from '../model/desired.ts';
import type { Authority, NodeProgress, NodeReply, NodeRequestBody, OperationResult } from '../model/message.ts';
import { wireVersion } from '../model/message.ts';
import type { ObservedNode } from '../model/observed.ts';
import type { Transport } from '../ports/transport.ts';

export type Answer =
  | { readonly kind: 'done'; readonly changed: boolean }
  /** `asBefore`: the node is as it was. `refused`: and nothing was even tried, or trust refused it on the way. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly asBefore: boolean; readonly refused: boolean }
  /** Nothing is known about the effect. */
  | { readonly kind: 'no-answer'; readonly failure: Failure }
  /** The node cannot do it now: it is busy, or something it needs is not there yet. */
  | { readonly kind: 'not-now'; readonly failure: Failure }
  /** The node is not what the request expected. */
  | { readonly kind: 'stale'; readonly failure: Failure }
  /** The caller stopped waiting. `over`: and nothing goes on at the node. */
  | { readonly kind: 'aborted'; readonly over: boolean };

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: NodeProgress) => void;
}

export class NodeCalls {
  readonly #transport: Transport;
  readonly #nodes: ReadonlyMap<string, DesiredNode>;
  readonly authority: Authority;

  constructor(transport: Transport, nodes: readonly DesiredNode[], authority: Authority) {
    this.#transport = transport;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.authority = authority;
  }

  /** Never throws for what a node or the network does; throws CANCELLED when aborted. */
  async observe(name: string, signal: AbortSignal, full = false): Promise<ObservedNode> {
    return await observeNode(this.#transport, this.#node(name), { full, signal });
  }

  /** Finishes or undoes what the node was at, or waits for it. */
  async recover(name: string, signal: AbortSignal): Promise<Answer> {
    return await this.send(name, { kind: 'recover', authority: this.authority }, { signal });
  }

  /** Throws FENCED when the node obeys a higher token. */
  async send(name: string, body: NodeRequestBody, options: CallOptions): Promise<Answer> {
    let reply: NodeReply;
    try {
      reply = await this.#transport.call(this.#node(name), { wireVersion, node: name, ...body }, options);
    } catch (error) {
      const failure = toFailure(error);
      if (options.signal.aborted) {
        return { kind: 'aborted', over: body.kind === 'stage' && failure.code === 'CANCELLED' };
      }
      if (failure.code === 'BUG' || failure.code === 'FENCED') throw error;
      if (failure.code === 'UNREACHABLE' || failure.code === 'TIMEOUT') return { kind: 'no-answer', failure };
      return { kind: 'failed', failure, asBefore: true, refused: true };
    }
    if (options.signal.aborted && reply.kind === 'refused' && reply.failure.code === 'CANCELLED') {
      return { kind: 'aborted', over: true };
    }
    const answer = gaveWay(reply, body) ?? answerOf(reply);
    // The node gave way in the middle, because it heard of a newer holder. (What is recovered may have, too.)
    if (body.kind !== 'recover' && answer.kind === 'failed' && answer.failure.code === 'FENCED') {
      throw fromFailure(answer.failure);
    }
    return answer;
  }

  #node(name: string): DesiredNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new ThemisError('BUG', `unknown node ${name}`);
    return node;
  }
}

/** One node's report; whatever goes wrong becomes an unreachable node. Throws CANCELLED when aborted. */
export async function observeNode(
  transport: Transport,
  node: DesiredNode,
  options: { readonly full: boolean; readonly signal: AbortSignal },
): Promise<ObservedNode> {
  const { name } = node;
  try {
    const request = { wireVersion, node: name, kind: 'observe', full: options.full } as const;
    const reply = await transport.call(node, request, { signal: options.signal });
    if (reply.kind === 'observed') return reply.observed;
    const failure =
      reply.kind === 'refused'
        ? reply.failure
        : toFailure(new ThemisError('UNREACHABLE', `${name} answered ${reply.kind} to an observe request`));
    return { name, reachable: false, failure };
  } catch (error) {
    if (options.signal.aborted) throw new ThemisError('CANCELLED', `stopped while observing ${name}`, { cause: error });
    const failure = toFailure(error);
    if (failure.code === 'BUG') throw error;
    return { name, reachable: false, failure };
  }
}

/** It led by then, and nothing has happened: it may be asked again. One that was recovered has ended all the same. */
function gaveWay(reply: NodeReply, { kind }: NodeRequestBody): Answer | undefined {
  if (kind === 'recover' || reply.kind !== 'finished') return undefined;
  const { result } = reply;
  if (result.kind !== 'rolled-back' || result.failure.code !== 'LEADS') return undefined;
  return { kind: 'not-now', failure: result.failure };
}

function answerOf(reply: NodeReply): Answer {
  switch (reply.kind) {
    case 'finished':
      return resultAnswer(reply.result);
    case 'refused':
      return refusal(reply.failure);
    case 'observed':
    case 'metrics':
    case 'pruned':
      throw new ThemisError('BUG', `${reply.node} answered ${reply.kind} to an operation`);
  }
}

function resultAnswer(result: OperationResult): Answer {
  switch (result.kind) {
    case 'done':
      return { kind: 'done', changed: true };
    case 'unchanged':
      return { kind: 'done', changed: false };
    case 'rolled-back':
      // Met in the middle of the work: the target is not at fault for it, and the reason itself is the result.
      return { kind: 'failed', failure: result.failure, asBefore: true, refused: isRefusal(result.failure) };
    case 'stuck':
      return { kind: 'failed', failure: result.failure, asBefore: false, refused: false };
  }
}

function refusal(failure: Failure): Answer {
  if (failure.code === 'FENCED') throw fromFailure(failure);
  if (failure.code === 'UNEXPECTED_STATE') return { kind: 'stale', failure };
  if (failure.retry === 'backoff') return { kind: 'not-now', failure };
  return { kind: 'failed', failure, asBefore: true, refused: true };
}
