/**
 * One step at one node, from being taken in hand to its end in the journal: stage, look, ask the stepper for its
 * verdict, journal, carry out, journal. Nothing is touched between the look and the `begin` that follows it.
 */
import { toFailure, ThemisError } from '../../kernel/error.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { Failure, Outcome } from '../../kernel/outcome.ts';
import { mapBounded } from '../../kernel/map-bounded.ts';
import type { NodeProgress } from '../../model/message.ts';
import type { ObservedNode } from '../../model/observed.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Instruction } from '../../actions/instruction.ts';
import type { Answer, NodeCalls } from '../node-calls.ts';
import { carryOut, operationId, type CarryContext } from './carry-out.ts';
import type { Verdict } from './decision.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { ExecutionRequest } from './request.ts';
import type { LeaderMove } from '../line/line.ts';
import { momentOf } from '../now.ts';
import { endOperation } from '../recover.ts';
import { StagingLine } from './staging-line.ts';
import type { Stepper } from './step.ts';

export interface TaskWorld {
  readonly request: ExecutionRequest;
  readonly stepper: Stepper;
  readonly journal: JournalWriter;
  readonly calls: NodeCalls;
  readonly clock: Clock;
  /** Aborts when the run ends, whatever way. */
  readonly signal: AbortSignal;
  /** Tells everybody what a node reports; leadership that moved. */
  readonly see: (observed: ObservedNode) => readonly LeaderMove[];
  readonly measured: (kind: 'update' | 'rollback', durationMs: number) => void;
}

type Direction = 'forward' | 'back';
const looksAtOnce = 8;
const recoveries = 2;

export class NodeTask {
  readonly #world: TaskWorld;
  readonly #steps: ReadonlyMap<string, PlanStep>;
  readonly #nodes: ReadonlyMap<string, ExecutionRequest['nodes'][number]>;
  readonly #staging: StagingLine;
  readonly #noMoreStaging = new AbortController();

  constructor(world: TaskWorld) {
    this.#world = world;
    this.#steps = new Map(world.request.plan.steps.map((step) => [step.id, step]));
    this.#nodes = new Map(world.request.nodes.map((node) => [node.name, node]));
    const signal = AbortSignal.any([world.signal, this.#noMoreStaging.signal]);
    this.#staging = new StagingLine(world.request.policy.parallelism, signal, (id) =>
      carryOut(this.#instructions(id, 'stage'), this.#context(id, 'forward', signal)),
    );
  }

  step(id: string): PlanStep {
    return this.#steps.get(id)!;
  }

  see(observed: ObservedNode): void {
    for (const move of this.#world.see(observed)) this.#world.request.emit({ type: 'leader-moved', ...move });
  }

  async look(names: readonly string[]): Promise<void> {
    const { calls, signal } = this.#world;
    await mapBounded(names, looksAtOnce, async (name) => {
      this.see(await calls.observe(name, signal));
    });
  }

  stageAhead(ids: readonly string[]): void {
    this.#staging.ahead(ids.filter((id) => this.#steps.get(id)?.target.startsWith('node/')));
  }

  /** Nothing more begins: what is staged now would be staged for nobody. It is kept as far as it came. */
  stopStaging(): void {
    this.#noMoreStaging.abort();
  }

  /** Steps that are being staged now. */
  staging(): readonly string[] {
    return this.#staging.underWay();
  }

  /** Once nothing is being staged any more; the steps whose nodes did not stop when told to. */
  async stagingEnded(): Promise<readonly string[]> {
    return await this.#staging.ended();
  }

  /** Ends when the step is journalled as ended, or is back in the line. Throws FENCED and what the store throws. */
  async run(id: string): Promise<void> {
    const { stepper, signal } = this.#world;
    const { direction } = stepper;
    try {
      // What is in doubt is looked at first: its operation may be running, and staging would get in its way.
      if (direction === 'forward' && this.#staging.wanted(id, !stepper.isInDoubt(id))) {
        const staged = await this.#staging.stage(id);
        if (staged.kind !== 'done') {
          this.#staging.forget(id);
          await this.#conclude(id, direction, staged, 0);
          return;
        }
      }
      const verdict = await this.#verdict(id, direction);
      if (verdict !== undefined) await this.#follow(id, direction, verdict);
    } catch (error) {
      if (!(signal.aborted && toFailure(error).code === 'CANCELLED')) throw error;
    }
  }

  /** undefined: the step is already back in the line. */
  async #verdict(id: string, direction: Direction): Promise<Verdict | undefined> {
    const { stepper, calls, clock, signal } = this.#world;
    const name = this.#nodeOf(id);
    const operation = this.#operation(id, direction);
    for (let tries = 0; ; tries += 1) {
      const own = await this.#lookAround(id, name);
      const verdict = stepper.verdict(id, own, operation, momentOf(clock));
      if (verdict.kind !== 'recover') return verdict;
      const answer: Answer =
        tries < recoveries
          ? await endOperation(calls, clock, name, signal)
          : {
              kind: 'not-now',
              failure: toFailure(new ThemisError('TIMEOUT', `${name} is busy with another operation`)),
            };
      if (answer.kind === 'done' || (answer.kind === 'failed' && answer.asBefore && !answer.refused)) continue;
      await this.#conclude(id, direction, answer, 0);
      return undefined;
    }
  }

  /** Fresh facts about the node and its cluster; the node's own report is the last one taken. */
  async #lookAround(id: string, name: string): Promise<ObservedNode> {
    const { stepper, calls, signal } = this.#world;
    await this.look(stepper.lookList(id).filter((other) => other !== name));
    const own = await calls.observe(name, signal);
    this.see(own);
    return own;
  }

  async #follow(id: string, direction: Direction, verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case 'begin':
        await this.#begin(id, direction);
        return;
      case 'confirm':
        await this.#conclude(
          id,
          direction,
          await carryOut(this.#instructions(id, 'confirm'), this.#context(id, direction)),
          0,
        );
        return;
      case 'unchanged':
        await this.#end(id, direction, { step: id, event: 'unchanged' }, { kind: 'unchanged' }, 0);
        return;
      case 'undone':
        await this.#world.journal.write({ step: id, event: 'undo-begin' });
        await this.#end(id, direction, { step: id, event: 'undone' }, { kind: 'unchanged' }, 0);
        return;
      case 'not-started': {
        const failure = toFailure(new ThemisError('CANCELLED', 'it had not started when the rollout failed'));
        const detail = { asBefore: true, refused: true };
        await this.#end(id, direction, { step: id, event: 'failed', failure, detail }, { kind: 'failed', failure }, 0);
        return;
      }
      case 'foreign': {
        const failure = toFailure(new ThemisError('UNEXPECTED_STATE', verdict.detail));
        await this.#fail(id, direction, { failure, asBefore: false, refused: true }, 0);
        return;
      }
      case 'recover':
      case 'later':
    }
  }

  async #begin(id: string, direction: Direction): Promise<void> {
    const { journal, stepper, request, clock } = this.#world;
    const event = direction === 'forward' ? 'begin' : 'undo-begin';
    if (!(await journal.write({ step: id, event }, () => stepper.mayBegin(id)))) {
      stepper.release(id);
      return;
    }
    const { target, kind, stage, hop } = this.step(id);
    const place = hop === undefined ? { stage } : { stage, hop };
    request.emit({ type: 'step-started', step: id, target, kind, ...place, direction });
    const startedMs = clock.steadyMs();
    const what = direction === 'forward' ? 'switch' : 'inverse';
    const answer = await carryOut(this.#instructions(id, what), this.#context(id, direction));
    const durationMs = clock.steadyMs() - startedMs;
    if (answer.kind === 'done' && answer.changed) {
      this.#world.measured(direction === 'forward' ? 'update' : 'rollback', durationMs);
    }
    await this.#conclude(id, direction, answer, durationMs);
  }

  async #conclude(id: string, direction: Direction, answer: Answer, durationMs: number): Promise<void> {
    const { stepper, clock } = this.#world;
    switch (answer.kind) {
      case 'done':
        await this.#refresh(id);
        await this.#end(
          id,
          direction,
          { step: id, event: direction === 'forward' ? 'done' : 'undone' },
          { kind: 'done' },
          durationMs,
        );
        return;
      case 'failed':
        await this.#refresh(id);
        await this.#fail(id, direction, answer, durationMs);
        return;
      case 'no-answer':
        this.see({ name: this.#nodeOf(id), reachable: false, failure: answer.failure });
        stepper.noAnswer(id, answer.failure, momentOf(clock));
        return;
      case 'not-now':
        if (await this.#putBack(id, answer.failure)) return;
        if (direction === 'forward' && answer.failure.retryAfterMs !== undefined) {
          // Nobody's fault: everything goes on from here when that time has come.
          stepper.stop({ kind: 'postponed', step: id, failure: answer.failure });
          stepper.release(id);
          return;
        }
        await this.#fail(id, direction, { failure: answer.failure, asBefore: true, refused: true }, durationMs);
        return;
      case 'stale':
        if (direction === 'forward') {
          stepper.stop({ kind: 'stale', step: id, detail: answer.failure.message });
          stepper.release(id);
        } else await this.#fail(id, direction, { failure: answer.failure, asBefore: false, refused: true }, durationMs);
        return;
      case 'aborted':
        stepper.release(id);
    }
  }

  /** True: it is back in the line, or parked. False: patience is over. */
  async #putBack(id: string, failure: Failure): Promise<boolean> {
    const { stepper, clock } = this.#world;
    if (failure.code === 'NOT_STAGED') this.#staging.again(id);
    if (failure.code !== 'LEADS') {
      const parked = stepper.notNow(id, momentOf(clock), failure.retryAfterMs);
      if (parked && failure.retryAfterMs !== undefined) this.#tellLater(id, failure.message, failure.retryAfterMs);
      return parked;
    }
    // The others first: whoever led before must not be believed to lead as well.
    await this.#lookAround(id, this.#nodeOf(id));
    return stepper.leads(id, momentOf(clock));
  }

  #tellLater(id: string, why: string, afterMs: number): void {
    const at = formatInstant(this.#world.clock.nowMs() + afterMs);
    const note = `${why.replace(/\.$/u, '')}; asked again at ${at}`;
    this.#world.request.emit({ type: 'step-progress', step: id, target: this.step(id).target, phase: 'stage', note });
  }

  async #fail(
    id: string,
    direction: Direction,
    failed: { readonly failure: Failure; readonly asBefore: boolean; readonly refused: boolean },
    durationMs: number,
  ): Promise<void> {
    const { journal, stepper } = this.#world;
    const { failure, asBefore, refused } = failed;
    if (!stepper.isInDoubt(id)) {
      const event = direction === 'forward' ? 'begin' : 'undo-begin';
      if (!(await journal.write({ step: id, event }, () => stepper.mayBegin(id)))) {
        stepper.release(id);
        return;
      }
    }
    const event = direction === 'forward' ? 'failed' : 'undo-failed';
    const detail = { asBefore, refused };
    await this.#end(id, direction, { step: id, event, failure, detail }, { kind: 'failed', failure }, durationMs);
  }

  async #end(
    id: string,
    direction: Direction,
    entry: Parameters<JournalWriter['write']>[0],
    outcome: Outcome,
    durationMs: number,
  ): Promise<void> {
    await this.#world.journal.write(entry);
    const { target } = this.step(id);
    this.#world.request.emit({ type: 'step-finished', step: id, target, outcome, durationMs, direction });
  }

  /** The view of a node is never older than the end of its own step. */
  async #refresh(id: string): Promise<void> {
    await this.look([this.#nodeOf(id)]);
  }

  #instructions(id: string, part: 'stage' | 'switch' | 'confirm' | 'inverse'): readonly Instruction[] {
    const step = this.step(id);
    const action = this.#world.request.actions(step);
    if (part === 'inverse') return action.inverse(step) ?? [];
    const all = action.instructions(step);
    if (part === 'switch') return all.filter((one) => one.kind !== 'stage');
    return all.filter((one) => one.kind === part);
  }

  #context(id: string, direction: Direction, signal: AbortSignal = this.#world.signal): CarryContext {
    const { calls, clock, request, stepper } = this.#world;
    const { target } = this.step(id);
    return {
      calls,
      clock,
      node: this.#nodes.get(this.#nodeOf(id))!,
      operation: this.#operation(id, direction),
      leadership: stepper.leadership(id),
      locate: request.locate,
      signal,
      onProgress: (progress: NodeProgress) => {
        const { kind: _, ...figures } = progress;
        request.emit({ type: 'step-progress', step: id, target, ...figures });
      },
      see: (observed) => this.see(observed),
    };
  }

  #operation(id: string, direction: Direction): string {
    return operationId(this.#world.request.header.id, id, direction);
  }

  #nodeOf(id: string): string {
    return this.step(id).target.slice('node/'.length);
  }
}
