/**
 * When each step is expected to start and end: list scheduling in plan order. A cluster has as many slots as may be
 * away at once, its leader starts when nothing of it is left, barriers wait for all they need and then bake, and the
 * fleet works on `parallelism` nodes at a time. O(steps × log parallelism). An expectation, outside every digest.
 */
import type { PromoteParams } from '../../actions/stage-promote.ts';
import type { PlanStep, ScheduledStep } from '../../model/plan.ts';

/** Nodes in hand at once, unless `apply --parallelism` says otherwise. */
export const defaultParallelism = 10;

export interface ScheduleInputs {
  /** In plan order. */
  readonly steps: readonly PlanStep[];
  /** Of a node step. */
  readonly clusterOf: (step: PlanStep) => string;
  readonly slotsOf: (cluster: string) => number;
  readonly leads: (step: PlanStep) => boolean;
  readonly estimateOf: (step: PlanStep) => number;
  readonly parallelism: number;
  /** RFC 3339 UTC; undefined: offsets only. */
  readonly startsAt: string | undefined;
}

export function schedule(inputs: ScheduleInputs): readonly ScheduledStep[] {
  const startMs = inputs.startsAt === undefined ? undefined : Temporal.Instant.from(inputs.startsAt).epochMilliseconds;
  const instant = (offsetMs: number): string | null =>
    startMs === undefined ? null : Temporal.Instant.fromEpochMilliseconds(startMs + offsetMs).toString();
  const result: ScheduledStep[] = [];
  const put = (step: PlanStep, startsAfterMs: number, estimateMs: number): void => {
    const endsAfterMs = startsAfterMs + estimateMs;
    result.push({
      step: step.id,
      opensAt: null,
      closesAt: null,
      startsAt: instant(startsAfterMs),
      endsAt: instant(endsAfterMs),
      startsAfterMs,
      endsAfterMs,
      estimateMs,
    });
  };
  // Steps between two barriers start together. Where no barrier stands between two stages they are one segment.
  let fromMs = 0;
  let segment: PlanStep[] = [];
  for (const step of inputs.steps) {
    if (step.kind !== 'stage-promote') {
      segment.push(step);
      continue;
    }
    const endMs = runSegment(segment, fromMs, inputs, put);
    const { bakeMs } = step.params as unknown as PromoteParams;
    put(step, endMs, bakeMs);
    fromMs = endMs + bakeMs;
    segment = [];
  }
  runSegment(segment, fromMs, inputs, put);
  return result;
}

interface ClusterLine {
  /** Followers, then the leader; taken from the front. */
  readonly steps: PlanStep[];
  next: number;
  running: number;
  readonly slots: number;
}

/** Returns when the last of them ends. */
function runSegment(
  steps: readonly PlanStep[],
  fromMs: number,
  inputs: ScheduleInputs,
  put: (step: PlanStep, startsAfterMs: number, estimateMs: number) => void,
): number {
  const waiting: ClusterLine[] = [];
  const lines = new Map<string, ClusterLine>();
  for (const step of steps) {
    const cluster = inputs.clusterOf(step);
    let line = lines.get(cluster);
    if (line === undefined) {
      line = { steps: [], next: 0, running: 0, slots: inputs.slotsOf(cluster) };
      lines.set(cluster, line);
      waiting.push(line);
    }
    line.steps.push(step);
  }
  const running = createQueue();
  let nowMs = fromMs;
  let turn = 0;
  for (;;) {
    while (turn < waiting.length && running.size() < inputs.parallelism) {
      const line = waiting[turn]!;
      turn += 1;
      const step = startable(line, inputs.leads);
      if (step === undefined) continue;
      const estimateMs = inputs.estimateOf(step);
      put(step, nowMs, estimateMs);
      line.next += 1;
      line.running += 1;
      running.push(nowMs + estimateMs, line);
      // Round robin: the cluster's next step waits behind the other clusters.
      if (startable(line, inputs.leads) !== undefined) waiting.push(line);
    }
    const ended = running.pop();
    if (ended === undefined) return nowMs;
    nowMs = ended.endMs;
    ended.line.running -= 1;
    if (startable(ended.line, inputs.leads) !== undefined) waiting.push(ended.line);
  }
}

function startable(line: ClusterLine, leads: (step: PlanStep) => boolean): PlanStep | undefined {
  const step = line.steps[line.next];
  if (step === undefined || line.running >= line.slots) return undefined;
  return leads(step) && line.running > 0 ? undefined : step;
}

interface Ending {
  readonly endMs: number;
  readonly line: ClusterLine;
}

/** By end, then by order of insertion: at most `parallelism` entries, so insertion into a sorted list is cheap. */
function createQueue(): { push(endMs: number, line: ClusterLine): void; pop(): Ending | undefined; size(): number } {
  const entries: Ending[] = [];
  return {
    push(endMs, line) {
      let at = entries.length;
      while (at > 0 && entries[at - 1]!.endMs <= endMs) at -= 1;
      entries.splice(at, 0, { endMs, line });
    },
    pop: () => entries.pop(),
    size: () => entries.length,
  };
}
