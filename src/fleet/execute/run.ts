/**
 * The loop that carries out what the stepper decides: journal, look, call, journal. It takes no decision of its
 * own about the fleet. A lost lease ends it at once, without touching anything more; a first interrupt lets nodes in
 * hand finish; a second does not wait for them, which is safe because an accepted operation ends without us.
 */
import { formatInstant } from '../../kernel/units/instant.ts';
import { completeStage, promoteStage, quarantine } from '../rollout.ts';
import { NodeCalls } from '../node-calls.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { Decision, StepperEnd } from './decision.ts';
import type { JournalWriter } from './journal-writer.ts';
import { NodeTask, type TaskWorld } from './node-task.ts';
import type { ExecutionRequest, FleetPorts } from './request.ts';
import type { Stepper } from './step.ts';

/** A long wait is cut into pieces, so that `suspend` and `cancel` are heard. */
const longestWaitMs = 5000;

export interface RunResult {
  readonly end: StepperEnd;
  readonly record: RolloutRecord;
  readonly durations: { readonly update: number[]; readonly rollback: number[] };
}

export class Runner {
  readonly #request: ExecutionRequest;
  readonly #ports: FleetPorts;
  readonly #stepper: Stepper;
  readonly #journal: JournalWriter;
  readonly #abort = new AbortController();
  readonly #task: NodeTask;
  readonly #calls: NodeCalls;
  readonly #durations = { update: [] as number[], rollback: [] as number[] };
  #record: RolloutRecord;
  #wake: () => void = () => {};
  #woken = false;
  #fatal: unknown = null;
  #said = '';

  constructor(
    request: ExecutionRequest,
    ports: FleetPorts,
    stepper: Stepper,
    journal: JournalWriter,
    record: RolloutRecord,
  ) {
    this.#request = request;
    this.#ports = ports;
    this.#stepper = stepper;
    this.#journal = journal;
    this.#record = record;
    const authority = { store: ports.store.id, token: request.token };
    this.#calls = new NodeCalls(ports.transport, request.nodes, authority);
    const world: TaskWorld = {
      request,
      stepper,
      journal,
      calls: this.#calls,
      clock: ports.clock,
      signal: this.#abort.signal,
      measured: (kind, durationMs) => this.#durations[kind].push(durationMs),
    };
    this.#task = new NodeTask(world);
  }

  /** Throws FENCED when the lease was lost, and whatever the store throws. */
  async run(): Promise<RunResult> {
    const wakeUp = (): void => this.#notify();
    const signals = [this.#request.soft, this.#request.hard, this.#request.lost];
    for (const signal of signals) signal.addEventListener('abort', wakeUp);
    try {
      for (const node of this.#request.observed.nodes) this.#task.see(node);
      this.#stepper.approvals(await this.#request.approvals());
      return { end: await this.#loop(), record: this.#record, durations: this.#durations };
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', wakeUp);
      this.#abort.abort();
    }
  }

  async #loop(): Promise<StepperEnd> {
    for (;;) {
      if (this.#request.lost.aborted) throw this.#request.lost.reason as unknown;
      if (this.#fatal !== null) throw this.#fatal;
      if (this.#request.hard.aborted) return { kind: 'stopped', stop: { kind: 'interrupted' } };
      await this.#hearPeople();
      const decision = this.#stepper.next(this.#ports.clock.nowMs());
      const gateCameUp = await this.#completeStages();
      this.#task.stageAhead(this.#stepper.upcoming());
      switch (decision.kind) {
        case 'go':
          this.#start(decision);
          break;
        case 'wait':
          if (!gateCameUp) await this.#wait(decision);
          break;
        case 'turn':
          await this.#quarantine(decision.failure.message);
          await this.#journal.write({ step: null, event: 'turn', detail: { because: decision.because } });
          this.#request.emit({ type: 'rolling-back', because: decision.because, failure: decision.failure });
          break;
        case 'finish':
          if (!gateCameUp) return decision.end;
      }
    }
  }

  /** Before the turn: a rollback that is cut off or cancelled must not leave a target that the next run brings on again. */
  async #quarantine(reason: string): Promise<void> {
    if (!this.#stepper.changed) return;
    const { plan } = this.#request;
    const at = formatInstant(this.#ports.clock.nowMs());
    await this.#changeRecord((record) => quarantine(record, plan.targetDigest, at, reason));
  }

  async #hearPeople(): Promise<void> {
    if (this.#stepper.stopping !== null) return;
    if (this.#request.soft.aborted) {
      this.#stepper.stop({ kind: 'interrupted' });
      this.#request.emit({ type: 'stopping', signal: 'interrupt', inHand: this.#stepper.inHand() });
      return;
    }
    // A rollback is not held up by either.
    if (this.#stepper.direction === 'back') return;
    const { suspended, cancel } = await this.#ports.store.readSteering();
    if (cancel !== null && cancel.execution === this.#request.header.id) {
      this.#stepper.stop({ kind: 'cancelled', by: cancel.by });
    } else if (suspended !== null) {
      this.#stepper.stop({ kind: 'suspended', by: suspended.by, reason: suspended.reason });
    } else return;
    this.#request.emit({
      type: 'stopping',
      signal: cancel === null ? 'suspend' : 'cancel',
      inHand: this.#stepper.inHand(),
    });
  }

  #start(decision: Extract<Decision, { kind: 'go' }>): void {
    this.#said = '';
    for (const step of decision.look) this.#launch(this.#task.run(step));
    for (const step of decision.promote) this.#launch(this.#promote(step));
  }

  #launch(task: Promise<void>): void {
    void task.then(
      () => this.#notify(),
      (error: unknown) => {
        this.#fatal ??= error;
        this.#notify();
      },
    );
  }

  async #promote(id: string): Promise<void> {
    const step = this.#task.step(id);
    const { stage } = step;
    const startedMs = this.#ports.clock.nowMs();
    await this.#journal.write({ step: id, event: 'begin' });
    this.#request.emit({
      type: 'step-started',
      step: id,
      target: step.target,
      kind: step.kind,
      stage,
      direction: 'forward',
    });
    const promotes = this.#request
      .actions(step)
      .instructions(step)
      .some((one) => one.kind === 'promote');
    const at = formatInstant(this.#ports.clock.nowMs());
    if (promotes) await this.#changeRecord((record) => promoteStage(record, stage, at));
    await this.#journal.write({ step: id, event: 'done' });
    const durationMs = this.#ports.clock.nowMs() - startedMs;
    const outcome = { kind: 'done' } as const;
    this.#request.emit({
      type: 'step-finished',
      step: id,
      target: step.target,
      outcome,
      durationMs,
      direction: 'forward',
    });
  }

  /** True when a gate came up: approvals were read again, so the decision is worth asking for once more. */
  async #completeStages(): Promise<boolean> {
    const completed = this.#stepper.takeCompleted();
    if (completed.length === 0) return false;
    await this.#changeRecord((record) =>
      completed.reduce((next, { stage, atMs }) => completeStage(next, stage, formatInstant(atMs)), record),
    );
    this.#stepper.approvals(await this.#request.approvals());
    return true;
  }

  async #changeRecord(change: (record: RolloutRecord) => RolloutRecord): Promise<void> {
    const next = change(this.#record);
    if (next === this.#record) return;
    this.#record = next;
    await this.#ports.store.writeRecord(next, this.#request.token);
  }

  async #wait(decision: Extract<Decision, { kind: 'wait' }>): Promise<void> {
    const { clock } = this.#ports;
    this.#say(decision);
    if (this.#woken) {
      this.#woken = false;
      return;
    }
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const sleeping = new AbortController();
    const untilMs = Math.min(decision.untilMs ?? Infinity, clock.nowMs() + longestWaitMs);
    const slept = clock.sleep(Math.max(0, untilMs - clock.nowMs()), sleeping.signal);
    await Promise.race([woken, slept]);
    sleeping.abort();
    this.#woken = false;
    const due = decision.untilMs !== null && clock.nowMs() >= decision.untilMs;
    // Reading them may mean reading a whole repository: while a stage bakes they do not count yet.
    if (due && (decision.on === 'bake' || decision.on === 'approval')) {
      this.#stepper.approvals(await this.#request.approvals());
    }
    if (due) await this.#task.look(decision.watch);
  }

  /** Once per reason, not once per poll. */
  #say(decision: Extract<Decision, { kind: 'wait' }>): void {
    if (decision.on === null) return;
    const key = `${decision.on} ${decision.detail}`;
    if (key === this.#said) return;
    this.#said = key;
    const until = decision.on === 'bake' || decision.on === 'window' ? decision.untilMs : null;
    this.#request.emit({
      type: 'waiting',
      on: decision.on,
      detail: decision.detail,
      until: until === null ? null : formatInstant(until),
    });
  }

  #notify(): void {
    this.#woken = true;
    this.#wake();
  }
}
