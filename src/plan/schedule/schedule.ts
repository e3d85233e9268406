/**
 * When each step is expected to start and end: list scheduling in plan order. A cluster has as many slots as may be
 * away at once, its leader starts when nothing of it is left, a node starts only where its switch and rollback fit the
 * window, barriers wait for all they need and then bake, and the fleet works on `parallelism` nodes at a time. What is
 * deferred has no place in it. O(steps × log steps). An expectation, outside every digest.
 */
import type { PromoteParams } from '../../actions/stage-promote.ts';
import type { PlanStep, ScheduledStep } from '../../model/plan.ts';
import type { WindowAnswer } from '../../windows/window-answer.ts';
import { runSegment, type Start } from './segment.ts';
import type { TurnInputs } from './turns.ts';

/** Nodes in hand at once, unless `apply --parallelism` says otherwise. */
export const defaultParallelism = 10;

export interface ScheduleInputs extends TurnInputs {
  readonly slotsOf: (cluster: string) => number;
  readonly parallelism: number;
  readonly isDeferred: (step: string) => boolean;
  /** Instants are named, not only offsets from the planning instant. */
  readonly anchored: boolean;
}

export interface Schedule {
  readonly entries: readonly ScheduledStep[];
  /** Steps for which no window is left when their turn comes. */
  readonly missed: ReadonlyMap<string, WindowAnswer>;
}

export function schedule(inputs: ScheduleInputs): Schedule {
  const instant = createInstants();
  const { atMs } = inputs;
  const entries: ScheduledStep[] = [];
  const missed = new Map<string, WindowAnswer>();
  const put = ({ step, startMs, estimateMs, window }: Start): void => {
    const named = (ms: number): string | null => (inputs.anchored ? instant(ms) : null);
    entries.push({
      step: step.id,
      opensAt: window?.opensAtMs == null ? null : instant(window.opensAtMs),
      closesAt: window?.closesAtMs == null ? null : instant(window.closesAtMs),
      startsAt: named(startMs),
      endsAt: named(startMs + estimateMs),
      startsAfterMs: startMs - atMs,
      endsAfterMs: startMs + estimateMs - atMs,
      estimateMs,
      ...(window?.because == null ? {} : { because: window.because }),
    });
  };
  // Steps between two barriers start together. Where no barrier stands between two stages they are one segment.
  let fromMs = atMs;
  let segment: PlanStep[] = [];
  for (const step of inputs.steps) {
    if (inputs.isDeferred(step.id)) continue;
    if (step.kind !== 'stage-promote') {
      segment.push(step);
      continue;
    }
    const endMs = runSegment(segment, fromMs, inputs, { put, missed });
    const { bakeMs } = step.params as unknown as PromoteParams;
    put({ step, startMs: endMs, estimateMs: bakeMs });
    fromMs = endMs + bakeMs;
    segment = [];
  }
  runSegment(segment, fromMs, inputs, { put, missed });
  return { entries, missed };
}

function createInstants(): (ms: number) => string {
  const known = new Map<number, string>();
  return (ms) => {
    let text = known.get(ms);
    if (text === undefined) known.set(ms, (text = Temporal.Instant.fromEpochMilliseconds(ms).toString()));
    return text;
  };
}
