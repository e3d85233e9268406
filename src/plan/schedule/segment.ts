/**
 * The steps between two barriers, put in order. Each cluster is a line; in it steps of the same tenants and duration
 * queue up together, since the same window holds for all of them: a queue whose window is closed is parked whole, and
 * makes room for the next. Of the queues that are ready the one with the first step of the plan goes; clusters take
 * turns.
 */
import { Heap } from '../../kernel/heap.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { WindowAnswer } from '../../windows/window-answer.ts';
import type { ScheduleInputs } from './schedule.ts';
import { askWindow, type Turn } from './turns.ts';

type OpenAnswer = Extract<WindowAnswer, { kind: 'open' }>;

export interface Start {
  readonly step: PlanStep;
  readonly startMs: number;
  readonly estimateMs: number;
  /** Of a step that some tenant restricts. */
  readonly window?: OpenAnswer;
}

interface Results {
  readonly put: (start: Start) => void;
  readonly missed: Map<string, WindowAnswer>;
}

interface Entry {
  readonly step: PlanStep;
  readonly turn: Turn;
  readonly index: number;
}

/** Steps that the same window lets through, in plan order; never empty. */
interface Queue {
  readonly entries: Entry[];
  next: number;
  /** While it is parked: when its window opens. */
  openMs: number;
  /** What it waits for, or waited for last. */
  because: string | null;
}

interface Line {
  readonly ready: Heap<Queue>;
  readonly parked: Heap<Queue>;
  leader: Entry | undefined;
  readonly slots: number;
  running: number;
  /** Has its place among the clusters that may go on. */
  queued: boolean;
  wakeMs: number;
}

/** Returns when the last of them ends. */
export function runSegment(
  steps: readonly PlanStep[],
  fromMs: number,
  inputs: ScheduleInputs,
  { put, missed }: Results,
): number {
  const waiting: Line[] = [];
  const enqueue = (line: Line): void => {
    if (line.queued) return;
    line.queued = true;
    waiting.push(line);
  };
  for (const line of linesOf(steps, inputs)) enqueue(line);
  const events = new Heap<Event>((a, b) => a.atMs - b.atMs || a.order - b.order);
  let order = 0;
  let nowMs = fromMs;
  let lastMs = fromMs;
  let turn = 0;
  let running = 0;
  for (;;) {
    while (turn < waiting.length && running < inputs.parallelism) {
      const line = waiting[turn]!;
      turn += 1;
      line.queued = false;
      const start = nextStart(line, nowMs, inputs, missed);
      if (start === undefined) {
        const wakeMs = line.parked.peek()?.openMs ?? Infinity;
        if (wakeMs < Infinity && line.wakeMs !== wakeMs) {
          line.wakeMs = wakeMs;
          events.push({ atMs: wakeMs, order: (order += 1), line, ends: false });
        }
        continue;
      }
      put(start);
      line.running += 1;
      running += 1;
      events.push({ atMs: nowMs + start.estimateMs, order: (order += 1), line, ends: true });
      // Round robin: the cluster's next step waits behind the other clusters.
      if (line.running < line.slots) enqueue(line);
    }
    const event = events.pop();
    if (event === undefined) return lastMs;
    nowMs = event.atMs;
    if (event.ends) {
      lastMs = nowMs;
      running -= 1;
      event.line.running -= 1;
    }
    enqueue(event.line);
  }
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly line: Line;
  /** A step ended; else a window opens. */
  readonly ends: boolean;
}

function linesOf(steps: readonly PlanStep[], { turnOf, slotsOf }: ScheduleInputs): Iterable<Line> {
  const lines = new Map<string, Line>();
  const queues = new Map<Line, Map<readonly string[], Map<string, Queue>>>();
  for (const [index, step] of steps.entries()) {
    const turn = turnOf(step.id);
    let line = lines.get(turn.cluster);
    if (line === undefined) {
      lines.set(turn.cluster, (line = createLine(slotsOf(turn.cluster))));
      queues.set(line, new Map());
    }
    const entry = { step, turn, index };
    if (turn.leads) {
      line.leader = entry;
      continue;
    }
    const byTenants = queues.get(line)!;
    let byNeed = byTenants.get(turn.tenants);
    if (byNeed === undefined) byTenants.set(turn.tenants, (byNeed = new Map()));
    // Where nobody restricts the node every window fits.
    const key = turn.tenants.length === 0 ? '' : `${turn.needMs} ${turn.critical}`;
    const queue = byNeed.get(key);
    if (queue !== undefined) queue.entries.push(entry);
    else byNeed.set(key, queueOf(entry));
  }
  for (const [line, byTenants] of queues) {
    for (const byNeed of byTenants.values()) for (const queue of byNeed.values()) line.ready.push(queue);
  }
  return lines.values();
}

function createLine(slots: number): Line {
  return {
    ready: new Heap<Queue>((a, b) => indexOf(a) - indexOf(b)),
    parked: new Heap<Queue>((a, b) => a.openMs - b.openMs || indexOf(a) - indexOf(b)),
    leader: undefined,
    slots,
    running: 0,
    queued: false,
    wakeMs: -Infinity,
  };
}

function queueOf(entry: Entry): Queue {
  return { entries: [entry], next: 0, openMs: -Infinity, because: null };
}

function indexOf({ entries, next }: Queue): number {
  return entries[next]!.index;
}

/** Parks queues that find their window closed; undefined when nothing of the line may start now. */
function nextStart(
  line: Line,
  nowMs: number,
  inputs: ScheduleInputs,
  missed: Map<string, WindowAnswer>,
): Start | undefined {
  if (line.running >= line.slots) return undefined;
  while ((line.parked.peek()?.openMs ?? Infinity) <= nowMs) line.ready.push(line.parked.pop()!);
  for (;;) {
    if (line.ready.size + line.parked.size + line.running === 0 && line.leader !== undefined) {
      line.ready.push(queueOf(line.leader));
      line.leader = undefined;
    }
    const queue = line.ready.pop();
    if (queue === undefined) return undefined;
    const { step, turn } = queue.entries[queue.next]!;
    const window = askWindow(inputs, turn, nowMs);
    if (window.kind === 'open' && window.startMs > nowMs) {
      queue.openMs = window.startMs;
      queue.because = window.because;
      line.parked.push(queue);
      continue;
    }
    queue.next += 1;
    if (queue.next < queue.entries.length) line.ready.push(queue);
    if (window.kind !== 'open') {
      missed.set(step.id, window);
      continue;
    }
    const start = { step, startMs: nowMs, estimateMs: turn.estimateMs };
    return turn.tenants.length === 0 ? start : { ...start, window: { ...window, because: queue.because } };
  }
}
