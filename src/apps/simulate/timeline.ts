/**
 * The story of a simulated rollout, short enough to read whatever its size: a line for each stage, long wait, verdict,
 * gate and run, and what went wrong in between, counted.
 */
import { formatInstant } from '../../kernel/units/instant.ts';
import type { EventBody } from '../../model/event.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { TimelineEntry } from '../../report/simulation/simulation-report.ts';
import { hopOf } from './watch/facts.ts';

type Kind = TimelineEntry['kind'];
type EventOf<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>;

interface Span {
  readonly kind: Kind;
  readonly fromMs: number;
  toMs: number;
  readonly text: () => string;
}

interface StageSpan {
  readonly span: Span;
  done: number;
  failed: number;
}

interface Fault {
  readonly atMs: number;
  readonly kind: string;
  readonly detail: string;
}

/** Faults told one by one between two other lines; of more, how many. */
const toldFaults = 3;
/** Shorter waits are part of the work. */
const longWaitMs = 60_000;
/** More waits of one kind than this are counted. */
const toldWaits = 20;

export class Timeline {
  readonly faults = new Map<string, number>();
  readonly #startMs: number;
  readonly #nowMs: () => number;
  readonly #spans: Span[] = [];
  readonly #stages = new Map<string, StageSpan>();
  readonly #waits = new Map<string, { count: number; ms: number; readonly span: Span }>();
  #steps: ReadonlyMap<string, PlanStep> = new Map();
  #pending: Fault[] = [];
  #lastRun: { readonly said: string; count: number; span: Span } | null = null;
  #wait: { readonly on: string; readonly detail: string; readonly fromMs: number } | null = null;

  constructor(startMs: number, nowMs: () => number) {
    this.#startMs = startMs;
    this.#nowMs = nowMs;
  }

  opened(plan: Plan): void {
    this.#steps = new Map(plan.steps.map((step) => [step.id, step]));
    const { create, update, repair, rollback } = plan.summary;
    const parts = [
      [create, 'to create'],
      [update, 'to update'],
      [repair, 'to repair'],
      [rollback, 'to roll back'],
      [plan.deferred.length, 'deferred'],
    ] as const;
    const what = parts.filter(([count]) => count > 0).map(([count, verb]) => `${count} ${verb}`);
    this.note('plan', `plan: ${what.join(', ')}`);
  }

  note(kind: Kind, text: string, fromMs = this.#nowMs()): void {
    this.#flushFaults();
    this.#add({ kind, fromMs, toMs: this.#nowMs(), text: () => text });
  }

  /** How a run ended that is not the last; the same end again and again is one line. */
  run(text: string): void {
    const last = this.#lastRun;
    if (last !== null && last.said === text) {
      last.count += 1;
      last.span.toMs = this.#nowMs();
      return;
    }
    this.#flushFaults();
    const run = { said: text, count: 1, span: null as unknown as Span };
    run.span = {
      kind: 'run',
      fromMs: this.#nowMs(),
      toMs: this.#nowMs(),
      text: () => (run.count === 1 ? text : `${text} (${run.count} runs)`),
    };
    this.#lastRun = run;
    this.#add(run.span);
  }

  fault(kind: string, detail: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.#pending.push({ atMs: this.#nowMs(), kind, detail });
  }

  event(event: EventBody): void {
    switch (event.type) {
      case 'waiting':
        this.#endWait();
        this.#wait = { on: event.on, detail: event.detail, fromMs: this.#nowMs() };
        return;
      case 'step-started':
        this.#endWait();
        this.#started(event);
        return;
      case 'step-finished':
        this.#finished(event);
        return;
      case 'verdict':
        this.note('verdict', `stage ${event.stage}, gate ${event.gate}: ${event.answer}, ${event.because}`);
        return;
      case 'rolling-back':
        this.#endWait();
        this.note('rollback', `turns back because of ${event.because}: ${event.failure.message}`);
        return;
      case 'execution-finished':
        this.#endWait();
        return;
      case 'version':
      case 'planned':
      case 'finding':
      case 'execution-started':
      case 'step-progress':
      case 'schema':
      case 'leader-moved':
      case 'stopping':
    }
  }

  entries(): TimelineEntry[] {
    this.#endWait();
    this.#flushFaults();
    for (const [on, { count, ms, span }] of this.#waits) {
      if (count <= toldWaits) continue;
      const more = count - toldWaits;
      this.#add({ ...span, text: () => `${more} more waits for ${on}, ${Math.round(ms / 60_000)} minutes in all` });
    }
    this.#waits.clear();
    return this.#spans
      .map((span, index) => ({ span, index }))
      .sort((a, b) => a.span.fromMs - b.span.fromMs || a.index - b.index)
      .map(({ span: { kind, fromMs, toMs, text } }) => ({
        from: formatInstant(fromMs),
        to: formatInstant(toMs),
        offsetMs: fromMs - this.#startMs,
        durationMs: toMs - fromMs,
        kind,
        text: text(),
      }));
  }

  #started({ step, stage, direction, kind }: EventOf<'step-started'>): void {
    if (kind === 'stage-promote') return;
    const hop = this.#steps.get(step)?.hop;
    const key = `${hopOf({ hop } as PlanStep)} ${stage} ${direction}`;
    if (this.#stages.has(key)) return;
    this.#flushFaults();
    const name = `${hop === undefined ? '' : `hop ${hop}, `}stage ${stage}`;
    const counts: StageSpan = {
      done: 0,
      failed: 0,
      span: {
        kind: direction === 'forward' ? 'stage' : 'rollback',
        fromMs: this.#nowMs(),
        toMs: this.#nowMs(),
        text: () => {
          const verb = direction === 'forward' ? 'done' : 'taken back';
          return `${name}: ${counts.done} ${verb}${counts.failed === 0 ? '' : `, ${counts.failed} failed`}`;
        },
      },
    };
    this.#stages.set(key, counts);
    this.#add(counts.span);
  }

  #finished({ step, outcome, direction }: EventOf<'step-finished'>): void {
    const planned = this.#steps.get(step);
    if (planned === undefined || outcome.kind === 'blocked') return;
    if (planned.kind === 'stage-promote') {
      const which = `${planned.hop === undefined ? '' : `hop ${planned.hop}, `}stage ${planned.stage}`;
      if (planned.params?.['group'] !== undefined) return;
      this.note('promote', `${which}: ${outcome.kind === 'failed' ? 'the gate failed' : 'promoted'}`);
      return;
    }
    const counts = this.#stages.get(`${hopOf(planned)} ${planned.stage} ${direction}`);
    if (counts === undefined) return;
    if (outcome.kind === 'failed') counts.failed += 1;
    else counts.done += 1;
    counts.span.toMs = this.#nowMs();
  }

  #endWait(): void {
    const wait = this.#wait;
    this.#wait = null;
    if (wait === null) return;
    const toMs = this.#nowMs();
    const lastsMs = toMs - wait.fromMs;
    if (lastsMs < longWaitMs) return;
    const { on, detail, fromMs } = wait;
    const span: Span = { kind: 'wait', fromMs, toMs, text: () => `waits for ${on}: ${detail}` };
    const sum = this.#waits.get(on) ?? { count: 0, ms: 0, span };
    this.#waits.set(on, { count: sum.count + 1, ms: sum.ms + lastsMs, span });
    if (sum.count < toldWaits) this.#add(span);
  }

  #flushFaults(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length <= toldFaults) {
      for (const { atMs, kind, detail } of pending) {
        this.#add({ kind: 'fault', fromMs: atMs, toMs: atMs, text: () => `${kind}: ${detail}` });
      }
      return;
    }
    const counts = [...Map.groupBy(pending, (one) => one.kind)].map(([kind, list]) => `${list.length} ${kind}`);
    const [fromMs, toMs] = [pending[0]!.atMs, pending.at(-1)!.atMs];
    this.#add({ kind: 'fault', fromMs, toMs, text: () => `faults: ${counts.join(', ')}` });
  }

  #add(span: Span): void {
    this.#spans.push(span);
  }
}
