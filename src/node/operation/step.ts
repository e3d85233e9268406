/**
 * Decides what a node operation does next, from nothing but its journal. Pure: a step that was begun and not ended
 * (its process died) is carried out again, forward or back, because every step is idempotent.
 */
import type { Saga } from '../../saga/machine.ts';
import type { SagaResult } from '../../saga/program.ts';
import { nodeSteps } from './program.ts';
import type { NodeStep } from './program.ts';

export type NodeInstruction =
  | { readonly kind: 'do'; readonly step: NodeStep }
  | { readonly kind: 'undo'; readonly step: NodeStep }
  /** From here on steps are taken back. */
  | { readonly kind: 'turn' }
  | { readonly kind: 'close'; readonly result: SagaResult };

export function nextInstruction(saga: Saga): NodeInstruction {
  const decision = saga.next();
  switch (decision.kind) {
    case 'run':
      return { kind: 'do', step: firstOf(decision.running, decision.ready) };
    case 'undo':
      return { kind: 'undo', step: firstOf(decision.running, decision.ready) };
    case 'turn':
      return { kind: 'turn' };
    case 'finish':
      return { kind: 'close', result: decision.result };
  }
}

function firstOf(running: Iterable<string>, ready: Iterable<string>): NodeStep {
  for (const id of [...running, ...ready]) {
    const step = nodeSteps.find((candidate) => candidate === id);
    if (step !== undefined) return step;
  }
  throw new TypeError('nextInstruction: the saga offers no step');
}
