/**
 * What is waited for while nothing is in hand and nothing may start, and how a run that does not wait ends instead.
 * Pure. Gates come first, because what needs them is the rest of the plan; then windows, then people; last what nothing
 * but a change of the desired state can open.
 */
import { formatDuration } from '../../kernel/units/duration.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { Plan } from '../../model/plan.ts';
import type { Gate, GateState } from '../gate/gate-state.ts';
import { nameOf } from '../gate/gate-state.ts';
import type { Watched } from '../line/passed-over.ts';
import type { Parking } from '../line/parking.ts';
import type { Turn } from '../line/turn.ts';
import type { Now } from '../now.ts';
import type { StepperEnd, Wait } from './decision.ts';
import { barText } from './tenant-bar.ts';

/** How soon a person is heard who approves or consents. */
const personPollMs = 5000;

export function waitFor(on: Wait['on'], detail: string, forMs: number | null, more: Partial<Wait> = {}): Wait {
  return { kind: 'wait', on, detail, topic: `${on} ${detail}`, forMs, until: null, watch: [], ...more };
}

/** For a node that gave no answer, or said that it cannot now; for all of them before a step in a database. */
export function waitForTry({ kind, step, silentSinceMs }: Turn, forMs: number): Wait {
  if (kind === 'schema') return waitFor('health', `${step.target} waits until every node answers`, forMs);
  return waitFor('health', `${step.target} ${silentSinceMs === null ? 'cannot begin yet' : 'does not answer'}`, forMs);
}

/** Until the first of them is over, or somebody is to be looked at. */
export function firstOf([first, ...others]: readonly Wait[], { forMs, names }: Watched): Wait {
  const least = others.reduce((soonest, one) => earliest(soonest, one.forMs), earliest(first!.forMs, forMs));
  return { ...first!, forMs: least, watch: names };
}

/** `end`: for a run that does not wait; `wait`: absent where waiting does not help. */
export interface Idle {
  readonly wait?: Wait;
  readonly end: StepperEnd;
  /** It has to be answered first, even by a run that does not wait. */
  readonly urgent?: boolean;
}

export function idleOf(gates: Iterable<readonly [Gate, GateState]>, parking: Parking, now: Now): Idle[] {
  const idle: Idle[] = [];
  for (const [gate, state] of gates) {
    const one = gateIdle(gate, state, now);
    if (one !== undefined) idle.push(one);
  }
  const window = parking.nextWindow();
  if (window !== undefined) {
    const forMs = window.untilMs - now.nowMs;
    idle.push(barIdle(window.turn, { forMs, until: window.untilMs }));
  }
  const consent = parking.barredBy('consent');
  if (consent !== undefined) idle.push(barIdle(consent, { forMs: personPollMs, until: null }));
  const never = parking.barredBy('never');
  if (never !== undefined) idle.push({ end: notFinished(barText(never, never.bar!)) });
  return idle;
}

function gateIdle(gate: Gate, state: GateState, now: Now): Idle | undefined {
  const name = nameOf(gate);
  switch (state.kind) {
    case 'open':
    case 'failed':
      return undefined;
    case 'bake': {
      const until = now.nowMs + state.leftMs;
      const end = notFinished(`${name} bakes until ${formatInstant(until)}`);
      return { wait: waitFor('bake', `${name} bakes`, state.leftMs, { until }), end };
    }
    case 'evidence': {
      const until = now.nowMs + state.leftMs;
      const end = notFinished(`${state.detail}, for ${formatDuration(state.leftMs)} at most`);
      return { wait: waitFor('evidence', state.detail, state.leftMs || null, { until }), end, urgent: !state.asked };
    }
    case 'insufficient':
      return { end: notFinished(state.detail) };
    case 'approval': {
      if (state.invalid) {
        const detail = `the approval of ${name} has expired`;
        return { end: { kind: 'not-finished', detail, refused: true, over: false } };
      }
      const detail = `${name} waits for an approval`;
      return { wait: waitFor('approval', detail, personPollMs), end: notFinished(detail) };
    }
  }
}

function barIdle(turn: Turn, when: { readonly forMs: number; readonly until: number | null }): Idle {
  const bar = turn.bar!;
  const detail = barText(turn, bar);
  const on = bar.on === 'consent' ? 'consent' : 'window';
  return { wait: waitFor(on, detail, when.forMs, { until: when.until }), end: notFinished(detail) };
}

function notFinished(detail: string): StepperEnd {
  return { kind: 'not-finished', detail, refused: false, over: false };
}

export function earliest(a: number | null | undefined, b: number | null | undefined): number | null {
  if (a === undefined || a === null) return b ?? null;
  return b === undefined || b === null ? a : Math.min(a, b);
}

/** What was put off says why; it is another plan's. */
export function leftText({ deferred }: Plan, left: number): string {
  const steps = `${left} ${left === 1 ? 'step is' : 'steps are'} left`;
  const [first] = deferred;
  if (first === undefined) return `${steps} that cannot start now`;
  const until = first.until === null ? '' : ` until ${first.until}`;
  return `${steps} that this plan deferred: ${first.step}${until}, ${first.reason}; plan again once that has changed`;
}
