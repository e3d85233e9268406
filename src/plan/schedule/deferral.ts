/**
 * Which steps this plan will not carry out: those that cannot start before it expires, that need consent nobody gave,
 * or that no window ever fits; and with them all that waits for them, the leader of their cluster included. Worked out
 * along the DAG from the earliest instant at which each step could start, so nothing is deferred because the fleet is
 * busy. Outside every digest: the next plan says again what is deferred then.
 */
import type { PromoteParams } from '../../actions/stage-promote.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { DeferredStep, PlanStep } from '../../model/plan.ts';
import type { WindowAnswer } from '../../windows/window-answer.ts';
import { askWindow, type Turn, type TurnInputs } from './turns.ts';

export interface DeferralInputs extends TurnInputs {
  readonly expiresAtMs: number;
  /** Found while steps were put in order: no window is left when their turn comes. */
  readonly missed: ReadonlyMap<string, WindowAnswer>;
}

export interface Deferrals {
  readonly byStep: ReadonlyMap<string, Deferral>;
  /** In plan order. */
  readonly list: readonly DeferredStep[];
}

export interface Deferral {
  /** The step itself is held back; absent: it waits for one that is. */
  readonly answer?: WindowAnswer;
  readonly reason: string;
  readonly untilMs: number | null;
  readonly target: string;
}

export function deferrals(inputs: DeferralInputs): Deferrals {
  const byStep = new Map<string, Deferral>();
  const endMs = new Map<string, number>();
  const held = new Map<string, Deferral>();
  const behind = rememberBehind();
  for (const step of inputs.steps) {
    const roots = new Set<Deferral>();
    let fromMs = inputs.atMs;
    for (const need of step.needs) {
      const waits = byStep.get(need);
      if (waits !== undefined) roots.add(waits);
      fromMs = Math.max(fromMs, endMs.get(need) ?? fromMs);
    }
    const turn = step.kind === 'stage-promote' ? undefined : inputs.turnOf(step.id);
    const follower = turn?.leads === true ? held.get(turn.cluster) : undefined;
    if (follower !== undefined) roots.add(follower);
    let own: Deferral | undefined;
    if (roots.size > 0) own = behind(roots);
    else if (turn === undefined) endMs.set(step.id, fromMs + bakeMs(step));
    else {
      const answer = inputs.missed.get(step.id) ?? askWindow(inputs, turn, fromMs);
      own = ownDeferral(step, turn, answer, inputs.expiresAtMs);
      if (answer.kind === 'open') endMs.set(step.id, answer.startMs + turn.estimateMs);
    }
    if (own === undefined) continue;
    byStep.set(step.id, own);
    if (turn !== undefined && !held.has(turn.cluster)) held.set(turn.cluster, own);
  }
  const list = [...byStep].map(([step, { reason, untilMs }]): DeferredStep => ({
    step,
    reason,
    until: untilMs === null ? null : Temporal.Instant.fromEpochMilliseconds(untilMs).toString(),
  }));
  return { byStep, list };
}

function bakeMs(step: PlanStep): number {
  return (step.params as unknown as PromoteParams).bakeMs;
}

function ownDeferral(
  { target }: PlanStep,
  turn: Turn,
  answer: WindowAnswer,
  expiresAtMs: number,
): Deferral | undefined {
  switch (answer.kind) {
    case 'open': {
      if (answer.startMs <= expiresAtMs) return undefined;
      const what = answer.because === null ? 'what it waits for takes longer' : `waits for ${answer.because}`;
      return { answer, reason: `${what}, and the plan expires before`, untilMs: answer.startMs, target };
    }
    case 'consent':
      return { answer, reason: `waits for the consent of ${answer.tenants.join(', ')}`, untilMs: null, target };
    case 'never': {
      const why = answer.blockers.map(({ detail }) => detail.replace(/\.$/u, '')).join('; ');
      const reason = `no window ever fits the ${formatDuration(turn.needMs)} that the switch and its rollback may take: ${why}`;
      return { answer, reason, untilMs: null, target };
    }
  }
}

/** One deferral for all that waits for the same: in a large fleet most of what is deferred is. */
function rememberBehind(): (roots: ReadonlySet<Deferral>) => Deferral {
  const known = new Map<Deferral, Deferral>();
  return (roots) => {
    const [first] = roots as ReadonlySet<Deferral> & Iterable<Deferral>;
    const alone = roots.size === 1 ? known.get(first!) : undefined;
    if (alone !== undefined) return alone;
    let untilMs: number | null = 0;
    for (const root of roots)
      untilMs = untilMs === null || root.untilMs === null ? null : Math.max(untilMs, root.untilMs);
    const more = roots.size > 1 ? ` and ${roots.size - 1} more` : '';
    // What waits for something that waits is told of the first in the row.
    const reason =
      first!.answer === undefined && roots.size === 1 ? first!.reason : `waits for ${first!.target}${more}`;
    const made: Deferral = { reason, untilMs, target: first!.target };
    if (roots.size === 1) known.set(first!, made);
    return made;
  };
}
