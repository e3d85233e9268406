/**
 * Carries the instructions of one step out at its node, in order, up to the first that does not end well. Decides
 * nothing about the fleet. The operation id makes a second try of the same step the same operation.
 */
import type { Instruction } from '../../actions/instruction.ts';
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import { ThemisError, toFailure } from '../../kernel/error.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { ExpectedState, NodeProgress, ReleaseLocator, WantedRelease } from '../../model/message.ts';
import type { ObservedNode, ReachableNode } from '../../model/observed.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Answer, CallOptions, NodeCalls } from '../node-calls.ts';

export interface CarryContext {
  readonly calls: NodeCalls;
  readonly clock: Clock;
  readonly node: DesiredNode;
  readonly operation: string;
  /** What the node is told about leading its group. */
  readonly leadership: { readonly unlessLeading: boolean; readonly mayGoLeaderless: boolean };
  readonly locate: (node: DesiredNode, release: WantedRelease) => ReleaseLocator;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: NodeProgress) => void;
  readonly see: (observed: ObservedNode) => void;
}

const longestPollMs = 2000;

/** The id under which a node knows a step of an execution, in one direction. */
export function operationId(execution: string, step: string, direction: 'forward' | 'back'): string {
  return shortDigest(digestJson([execution, step, direction]), 32);
}

export async function carryOut(instructions: readonly Instruction[], context: CarryContext): Promise<Answer> {
  let changed = false;
  for (const instruction of instructions) {
    const answer = await carryOne(instruction, context);
    if (answer.kind !== 'done') return answer;
    changed ||= answer.changed;
  }
  return { kind: 'done', changed };
}

async function carryOne(instruction: Instruction, context: CarryContext): Promise<Answer> {
  const { calls, operation } = context;
  const { authority } = calls;
  const options: CallOptions = { signal: context.signal, onProgress: context.onProgress };
  switch (instruction.kind) {
    case 'stage': {
      try {
        const releases = instruction.releases.map((one) => ({ ...one, locator: context.locate(context.node, one) }));
        return await calls.send(instruction.node, { kind: 'stage', authority, releases }, options);
      } catch (error) {
        const failure = toFailure(error);
        if (failure.code === 'BUG' || failure.code === 'FENCED') throw error;
        return { kind: 'failed', failure, asBefore: true, refused: true };
      }
    }
    case 'update': {
      const { releases, expected, restorePoint, healthTimeoutMs } = instruction;
      const body = { kind: 'update', authority, operation, releases, expected, restorePoint, healthTimeoutMs } as const;
      return await calls.send(instruction.node, { ...body, ...told(context) }, options);
    }
    case 'rollback': {
      const { restorePoint, keep, healthTimeoutMs } = instruction;
      const body = { kind: 'rollback', authority, operation, restorePoint, keep, healthTimeoutMs } as const;
      return await calls.send(instruction.node, { ...body, ...told(context) }, options);
    }
    case 'confirm':
      return await confirm(instruction.node, instruction.expected, instruction.timeoutMs, context);
    case 'bake':
    case 'judge':
    case 'await-approval':
    case 'promote':
      throw new ThemisError('BUG', `instruction ${instruction.kind} is a gate's, not a node's`);
    case 'schema':
    case 'schema-undo':
      throw new ThemisError('BUG', `instruction ${instruction.kind} is a database's, not a node's`);
  }
}

/** Only what is true: a node of an older version knows neither word. */
function told({ leadership: { unlessLeading, mayGoLeaderless } }: CarryContext) {
  return {
    ...(unlessLeading ? { unlessLeading } : {}),
    ...(mayGoLeaderless ? { mayGoLeaderless } : {}),
  };
}

/** Looks until the node is healthy with exactly these manifests. */
async function confirm(
  name: string,
  expected: ExpectedState,
  timeoutMs: number,
  context: CarryContext,
): Promise<Answer> {
  const { calls, clock, signal } = context;
  const endMs = clock.steadyMs() + timeoutMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(longestPollMs, pauseMs * 2)) {
    if (signal.aborted) return { kind: 'aborted', over: true };
    const observed = await calls.observe(name, signal);
    context.see(observed);
    const problem = problemOf(observed, expected);
    if (problem === undefined) return { kind: 'done', changed: false };
    if (clock.steadyMs() >= endMs) {
      if (!observed.reachable) return { kind: 'no-answer', failure: observed.failure };
      const failure = toFailure(new ThemisError('UNHEALTHY', `${name} ${problem}`));
      return { kind: 'failed', failure, asBefore: false, refused: false };
    }
    await clock.sleep(Math.min(pauseMs, endMs - clock.steadyMs()), signal);
  }
}

function problemOf(observed: ObservedNode, expected: ExpectedState): string | undefined {
  if (!observed.reachable) return 'does not answer';
  const wrong = Object.entries(expected).find(([name, hash]) => packageHash(observed, name) !== hash);
  if (wrong !== undefined) return `does not have ${wrong[0]} as planned`;
  const { status, detail } = observed.health;
  if (status === 'healthy' || status === 'unknown') return undefined;
  return `is ${status}${detail === null ? '' : `: ${detail}`}`;
}

function packageHash(observed: ReachableNode, name: string): string | undefined {
  return Object.hasOwn(observed.packages, name) ? observed.packages[name]!.manifestHash : undefined;
}
