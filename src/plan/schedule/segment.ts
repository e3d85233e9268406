/**
 * The steps between two barriers, put in order. Each cluster is a line of steps that are ready, in plan order, and of
 * those that wait for a window; clusters take turns. A step that finds its window closed makes room for the next one.
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
  /** The first instant that its window allows. */
  readonly openMs: number;
  /** What it waits for while it is parked, or waited for last. */
  readonly because: string | null;
}

interface Line {
  readonly ready: Heap<Entry>;
  readonly parked: Heap<Entry>;
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
  for (const [index, step] of steps.entries()) {
    const turn = turnOf(step.id);
    let line = lines.get(turn.cluster);
    if (line === undefined) {
      line = {
        ready: new Heap<Entry>((a, b) => a.index - b.index),
        parked: new Heap<Entry>((a, b) => a.openMs - b.openMs || a.index - b.index),
        leader: undefined,
        slots: slotsOf(turn.cluster),
        running: 0,
        queued: false,
        wakeMs: -Infinity,
      };
      lines.set(turn.cluster, line);
    }
    const entry = { step, turn, index, openMs: -Infinity, because: null };
    if (turn.leads) line.leader = entry;
    else line.ready.push(entry);
  }
  return lines.values();
}

/** Parks what finds its window closed; undefined when nothing of the line may start now. */
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
      line.ready.push(line.leader);
      line.leader = undefined;
    }
    const entry = line.ready.pop();
    if (entry === undefined) return undefined;
    const { step, turn } = entry;
    const window = askWindow(inputs, turn, nowMs);
    if (window.kind !== 'open') missed.set(step.id, window);
    else if (window.startMs > nowMs) line.parked.push({ ...entry, openMs: window.startMs, because: window.because });
    else {
      const start = { step, startMs: nowMs, estimateMs: turn.estimateMs };
      return turn.tenants.length === 0 ? start : { ...start, window: { ...window, because: entry.because } };
    }
  }
}
