/** Decisions to wait, and what is said of them. */
import { formatInstant } from '../../kernel/units/instant.ts';
import type { Decision, StepperEnd } from './decision.ts';
import type { GateState } from './gate.ts';
import type { Turn } from '../line/turn.ts';

const approvalPollMs = 5000;

export function waitFor(
  on: Extract<Decision, { kind: 'wait' }>['on'],
  detail: string,
  untilMs: number | null,
  watch: readonly string[],
): Decision {
  return { kind: 'wait', on, detail, untilMs, watch };
}

export function waitForGate(turn: Turn, state: GateState, nowMs: number): Decision {
  if (state.kind === 'bake') return waitFor('bake', `stage ${turn.step.stage} bakes`, state.untilMs, []);
  if (state.kind === 'approval' && state.invalid) return { kind: 'finish', end: gateNotOpen(turn, state) };
  return waitFor('approval', `stage ${turn.step.stage} waits for an approval`, nowMs + approvalPollMs, []);
}

export function gateNotOpen(turn: Turn, state: GateState): StepperEnd {
  const { stage } = turn.step;
  if (state.kind === 'approval' && state.invalid) {
    return { kind: 'not-finished', detail: `the approval of stage ${stage} has expired`, refused: true, over: false };
  }
  const detail =
    state.kind === 'bake'
      ? `stage ${stage} bakes until ${formatInstant(state.untilMs)}`
      : `stage ${stage} waits for an approval`;
  return { kind: 'not-finished', detail, refused: false, over: false };
}

export function earliest(a: number | undefined, b: number | undefined): number | null {
  if (a === undefined) return b ?? null;
  return b === undefined ? a : Math.min(a, b);
}
