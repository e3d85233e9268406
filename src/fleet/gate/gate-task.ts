/**
 * What is done at gates: stages are marked in the rollout record, evidence is looked at beside everything else, and what
 * the stepper decided about a gate is journalled. The entry before a promotion says what was decided, so that a crash
 * in between changes no decision.
 */
import { formatInstant } from '../../kernel/units/instant.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EvidenceKeeping } from '../evidence/stage-evidence.ts';
import type { FailedGate } from '../execute/decision.ts';
import type { JournalWriter } from '../execute/journal-writer.ts';
import type { ExecutionRequest } from '../execute/request.ts';
import type { Stepper } from '../execute/step.ts';
import { completeStage, noteVerdicts, promoteStage, type StageOfHop } from '../rollout.ts';

export interface GateWorld {
  readonly request: ExecutionRequest;
  readonly stepper: Stepper;
  readonly journal: JournalWriter;
  readonly clock: Clock;
  /** null: there is no source of metrics. */
  readonly keeper: EvidenceKeeping | null;
  /** Aborts when the run ends, whatever way. */
  readonly signal: AbortSignal;
  readonly changeRecord: (change: (record: RolloutRecord) => RolloutRecord) => Promise<void>;
}

/** Instants of looks are of the calendar; nobody who sets it back keeps the gates from being asked. */
const longestLookMs = 60_000;

export class GateTask {
  readonly #world: GateWorld;
  readonly #steps: ReadonlyMap<string, PlanStep>;
  #looking = false;

  constructor(world: GateWorld) {
    this.#world = world;
    this.#steps = new Map(world.request.plan.steps.map((step) => [step.id, step]));
  }

  /** True when a gate came up: what counts for it was read again, so the decision is worth asking for once more. */
  async completeStages(): Promise<boolean> {
    const { stepper, keeper, changeRecord } = this.#world;
    const completed = stepper.takeCompleted();
    if (completed.length === 0) return false;
    await changeRecord((record) =>
      completed.reduce((next, stage) => completeStage(next, stage, formatInstant(stage.atMs)), record),
    );
    for (const { step, atMs, judged } of completed) {
      if (!judged) continue;
      keeper?.bake({ step, sinceMs: atMs });
      if (keeper !== null) continue;
      const problem = 'there is no source of metrics';
      stepper.evidence({
        step,
        sinceMs: atMs,
        answer: 'insufficient',
        evidenceMs: 0,
        failed: [],
        verdicts: [],
        problem,
      });
    }
    return true;
  }

  /** How long until evidence is to be looked at; null: there is nothing to look at, or somebody looks already. */
  nextLookInMs(): number | null {
    const { keeper, clock, stepper } = this.#world;
    if (keeper === null || this.#looking || stepper.stopping !== null || stepper.direction === 'back') return null;
    const nextMs = keeper.nextLookMs();
    if (nextMs === null) return null;
    const inMs = nextMs - clock.nowMs();
    return inMs > longestLookMs ? 0 : Math.max(0, inMs);
  }

  /** Throws FENCED, and what the store throws. */
  async look(): Promise<void> {
    const { keeper, stepper, request, signal, changeRecord } = this.#world;
    if (keeper === null) return;
    this.#looking = true;
    try {
      const { stages, news } = await keeper.look(signal);
      if (signal.aborted) return;
      await changeRecord((record) => noteVerdicts(record, news));
      for (const { id, stage, gate, answer, because } of news) {
        request.emit({ type: 'verdict', id, stage, gate, answer, because });
      }
      for (const stage of stages) stepper.evidence(stage);
    } finally {
      this.#looking = false;
    }
  }

  async promote(id: string): Promise<void> {
    const { request, journal, clock, stepper, changeRecord } = this.#world;
    const step = this.#steps.get(id)!;
    const startedMs = clock.steadyMs();
    if (!(await journal.write({ step: id, event: 'begin' }, () => stepper.mayBegin(id)))) {
      stepper.release(id);
      return;
    }
    this.#tellStart(step);
    const promotes = request
      .actions(step)
      .instructions(step)
      .some((one) => one.kind === 'promote');
    const at = formatInstant(clock.nowMs());
    if (promotes) await changeRecord((record) => promoteStage(record, stageOf(step), at));
    await journal.write({ step: id, event: 'done' });
    const durationMs = clock.steadyMs() - startedMs;
    const outcome = { kind: 'done' } as const;
    request.emit({
      type: 'step-finished',
      step: id,
      target: step.target,
      ...hopOf(step),
      outcome,
      durationMs,
      direction: 'forward',
    });
  }

  async fail({ step: id, failure, detail }: FailedGate): Promise<void> {
    const { request, journal, stepper } = this.#world;
    const step = this.#steps.get(id)!;
    if (!(await journal.write({ step: id, event: 'begin', failure, detail }, () => stepper.mayBegin(id)))) {
      stepper.release(id);
      return;
    }
    this.#tellStart(step);
    await journal.write({ step: id, event: 'failed', failure, detail });
    request.emit({
      type: 'step-finished',
      step: id,
      target: step.target,
      ...hopOf(step),
      outcome: { kind: 'failed', failure },
      durationMs: 0,
      direction: 'forward',
    });
  }

  #tellStart(step: PlanStep): void {
    const { id, target, kind, stage } = step;
    const started = { type: 'step-started', step: id, target, kind, stage } as const;
    this.#world.request.emit({ ...started, ...hopOf(step), direction: 'forward' });
  }
}

function hopOf({ hop }: PlanStep): Pick<PlanStep, 'hop'> {
  return hop === undefined ? {} : { hop };
}

function stageOf({ stage, params }: PlanStep): StageOfHop {
  const leadsTo = params?.['leadsTo'];
  return { stage, leadsTo: typeof leadsTo === 'string' ? leadsTo : null };
}
