/**
 * When each step is expected to start and end: list scheduling in plan order. A cluster has as many slots as may be
 * away at once, its leader starts when nothing of it is left, a node starts only where its switch and rollback fit the
 * window, barriers wait for all they need and then bake, and the fleet works on `parallelism` nodes at a time. What is
 * deferred has no place in it, and work in a database stands beside the nodes. O(steps × log steps). An expectation, outside every digest.
 */
import { isSchemaStep } from '../../actions/schema-step.ts';
import type { PlanStep, ScheduledStep } from '../../model/plan.ts';
import type { WindowAnswer } from '../../windows/window-answer.ts';
import { runSegment, type Start } from './segment.ts';
import { isNodeStep, unturnedMs, type TurnInputs } from './turns.ts';

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
  const ends = new Map<string, number>();
  for (const step of inputs.steps) {
    if (inputs.isDeferred(step.id)) continue;
    if (isNodeStep(step)) {
      for (const need of ends.size === 0 ? [] : step.needs) fromMs = Math.max(fromMs, ends.get(need) ?? fromMs);
      segment.push(step);
      continue;
    }
    const endMs = runSegment(segment, fromMs, inputs, { put, missed });
    const afterNeeds = (leastMs: number): number =>
      step.needs.reduce((ms, need) => Math.max(ms, ends.get(need) ?? (isSchemaStep(step) ? endMs : ms)), leastMs);
    const estimateMs = unturnedMs(step, inputs.schema);
    segment = [];
    if (isSchemaStep(step)) {
      // Nodes go on meanwhile unless they need it, and it waits for nothing but what it needs itself.
      const startMs = afterNeeds(atMs);
      put({ step, startMs, estimateMs });
      ends.set(step.id, startMs + estimateMs);
      fromMs = endMs;
      continue;
    }
    const startMs = afterNeeds(endMs);
    put({ step, startMs, estimateMs });
    fromMs = startMs + estimateMs;
    ends.set(step.id, fromMs);
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
