/**
 * Which steps this plan will not carry out: those that cannot start before it expires, that need consent nobody gave,
 * or that no window ever fits; and with them all that waits for them, the leader of their cluster included. Worked out
 * along the DAG from the earliest instant at which each step could start, so nothing is deferred because the fleet is
 * busy. Outside every digest: the next plan says again what is deferred then.
 */
import { schemaParams } from '../../actions/schema-step.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { DeferredStep, PlanStep } from '../../model/plan.ts';
import type { WindowAnswer } from '../../windows/window-answer.ts';
import { askWindow, isNodeStep, unturnedMs, type Turn, type TurnInputs } from './turns.ts';

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
  /** The step itself is held back, by a window or by something else; absent: it waits for those that are. */
  readonly isOwn?: true;
  /** What the windows of its tenants say. */
  readonly answer?: WindowAnswer;
  readonly reason: string;
  readonly untilMs: number | null;
  readonly roots: ReadonlySet<Root>;
}

/** A step that is held back itself. */
interface Root {
  readonly target: string;
  readonly untilMs: number | null;
}

export function deferrals(inputs: DeferralInputs): Deferrals {
  const byStep = new Map<string, Deferral>();
  const endMs = new Map<string, number>();
  const held = new Map<string, Deferral>();
  const behind = rememberBehind();
  for (const step of inputs.steps) {
    const waits = new Set<Deferral>();
    let fromMs = inputs.atMs;
    for (const need of step.needs) {
      const deferred = byStep.get(need);
      if (deferred !== undefined) waits.add(deferred);
      fromMs = Math.max(fromMs, endMs.get(need) ?? fromMs);
    }
    const turn = isNodeStep(step) ? inputs.turnOf(step.id) : undefined;
    const follower = turn?.leads === true ? held.get(turn.cluster) : undefined;
    if (follower !== undefined) waits.add(follower);
    let own: Deferral | undefined;
    if (waits.size > 0) own = behind(waits);
    else if (turn === undefined) {
      own = heldBack(step, fromMs, inputs);
      if (own === undefined) endMs.set(step.id, fromMs + unturnedMs(step, inputs.schema));
    } else {
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

/**
 * What keeps a step in a database back, itself. While grace lasts nothing contracts, however near its end is: a later
 * plan looks at every node again.
 */
function heldBack(step: PlanStep, fromMs: number, { schema, atMs }: DeferralInputs): Deferral | undefined {
  const hold = schema?.holdOf(step.id);
  if (hold === undefined) return undefined;
  const { target, kind } = step;
  const own = `${target} (${kind.slice('schema-'.length)} of ${schemaParams(step).migration})`;
  const held = (reason: string, untilMs: number | null): Deferral => ({
    isOwn: true,
    reason,
    untilMs,
    roots: new Set([{ target: own, untilMs }]),
  });
  if (hold.kind === 'nodes') return held(hold.reason, null);
  const untilMs = (hold.sinceMs ?? fromMs) + hold.graceMs;
  return untilMs <= atMs
    ? undefined
    : held(`waits until ${formatDuration(hold.graceMs)} of grace have passed`, untilMs);
}

function ownDeferral(
  { target }: PlanStep,
  turn: Turn,
  answer: WindowAnswer,
  expiresAtMs: number,
): Deferral | undefined {
  const deferral = (reason: string, untilMs: number | null): Deferral => ({
    isOwn: true,
    answer,
    reason,
    untilMs,
    roots: new Set([{ target, untilMs }]),
  });
  switch (answer.kind) {
    case 'open': {
      if (answer.startMs <= expiresAtMs) return undefined;
      const what = answer.because === null ? 'what it waits for takes longer' : `waits for ${answer.because}`;
      return deferral(`${what}, and the plan expires before`, answer.startMs);
    }
    case 'consent':
      return deferral(`waits for the consent of ${answer.tenants.join(', ')}`, null);
    case 'never': {
      const why = answer.blockers.map(({ detail }) => detail.replace(/\.$/u, '')).join('; ');
      const need = formatDuration(turn.needMs);
      return deferral(`no window ever fits the ${need} that the switch and its rollback may take: ${why}`, null);
    }
  }
}

/** One deferral for all that waits for the same: in a large fleet most of what is deferred is. */
function rememberBehind(): (waits: ReadonlySet<Deferral>) => Deferral {
  const known = new Map<Deferral, Deferral>();
  return (waits) => {
    const [first] = [...waits];
    const only = waits.size === 1 ? first! : undefined;
    if (only !== undefined && only.isOwn === undefined) return only;
    const made = (only === undefined ? undefined : known.get(only)) ?? behindAll(waits);
    if (only !== undefined) known.set(only, made);
    return made;
  };
}

function behindAll(waits: ReadonlySet<Deferral>): Deferral {
  const roots = new Set<Root>();
  for (const one of waits) for (const root of one.roots) roots.add(root);
  const [first] = roots;
  let untilMs: number | null = 0;
  for (const root of roots)
    untilMs = untilMs === null || root.untilMs === null ? null : Math.max(untilMs, root.untilMs);
  const more = roots.size > 1 ? ` and ${roots.size - 1} more` : '';
  return { reason: `waits for ${first!.target}${more}`, untilMs, roots };
}
