/**
 * The loop that carries out what the stepper decides: journal, look, call, journal. It takes no decision of its
 * own about the fleet. A lost lease ends it at once, without touching anything more; a first interrupt ends what is only
 * staged and lets nodes in hand finish; a second does not wait for them, which is safe because an accepted operation ends
 * without us.
 */
import { isSchemaStep } from '../../actions/schema-step.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import { GateTask } from '../gate/gate-task.ts';
import { momentOf } from '../now.ts';
import { collect } from '../collect.ts';
import { quarantine } from '../rollout.ts';
import { NodeCalls } from '../node-calls.ts';
import { ThemisError } from '../../kernel/error.ts';
import { SchemaTask } from '../schema/schema-task.ts';
import type { EventBody } from '../../model/event.ts';
import type { ObservedNode } from '../../model/observed.ts';
import type { RolloutRecord, SchemaWork } from '../../model/rollout-record.ts';
import type { EvidenceKeeping } from '../evidence/stage-evidence.ts';
import type { Hands } from './conclusion.ts';
import { givesWay, type Decision, type StepperEnd, type Wait } from './decision.ts';
import type { JournalWriter } from './journal-writer.ts';
import { NodeTask, type TaskWorld } from './node-task.ts';
import type { Permits } from './permits.ts';
import type { ExecutionRequest, FleetPorts } from './request.ts';
import type { Stepper } from './step.ts';
import { earliest } from './waiting.ts';

/** A reason of its own: to make the usual error takes longer than all the rest of a wait. */
const over = 'over';
/** A long wait is cut into pieces, so that `suspend` and `cancel` are heard. */
const longestWaitMs = 5000;
/** How old what people allow may be: while somebody is waited for, and while nobody is. */
const permitsWhileWaitingMs = 4500;
const permitsMs = 30_000;
const looksAtOnce = 32;
/** Longer than a transport waits for a staging that was told to end. */
const stagingEndsMs = 15_000;

export interface RunResult {
  readonly end: StepperEnd;
  readonly record: RolloutRecord;
  readonly durations: RunDurations;
  readonly hands: Hands;
}

interface RunDurations {
  readonly update: number[];
  readonly rollback: number[];
  readonly schema: Partial<Record<SchemaWork, number[]>>;
}

export interface RunParts {
  readonly stepper: Stepper;
  readonly journal: JournalWriter;
  readonly record: RolloutRecord;
  readonly permits: Permits;
  /** null: there is no source of metrics. */
  readonly keeper: EvidenceKeeping | null;
}

export class Runner {
  readonly #request: ExecutionRequest;
  readonly #ports: FleetPorts;
  readonly #stepper: Stepper;
  readonly #journal: JournalWriter;
  readonly #abort = new AbortController();
  readonly #task: NodeTask;
  readonly #gates: GateTask;
  readonly #permits: Permits;
  readonly #hasTenants: boolean;
  readonly #calls: NodeCalls;
  readonly #durations: RunDurations = { update: [], rollback: [], schema: {} };
  /** null: the fleet has no databases. */
  readonly #schemas: SchemaTask | null;
  #record: RolloutRecord;
  #wake: () => void = () => {};
  #woken = false;
  #fatal: unknown = null;
  /** What is waited for, until something happens. */
  readonly #said = new Set<string>();
  /** Of the moment at which it was stopped. */
  #stopped: { readonly inHand: readonly string[]; readonly staging: readonly string[] } = { inHand: [], staging: [] };

  constructor(asked: ExecutionRequest, ports: FleetPorts, parts: RunParts) {
    const { stepper, journal, record, permits, keeper } = parts;
    const request: ExecutionRequest = {
      ...asked,
      emit: (event) => {
        if (isNews(event)) this.#said.clear();
        asked.emit(event);
      },
    };
    this.#request = request;
    this.#ports = ports;
    this.#stepper = stepper;
    this.#journal = journal;
    this.#record = record;
    this.#permits = permits;
    this.#hasTenants = request.nodes.some((node) => node.tenants.length > 0);
    const authority = { store: ports.store.id, token: request.token };
    this.#calls = new NodeCalls(ports.transport, request.nodes, authority);
    const world: TaskWorld = {
      request,
      stepper,
      journal,
      calls: this.#calls,
      clock: ports.clock,
      signal: this.#abort.signal,
      see: (observed) => {
        keeper?.see(observed);
        return stepper.see(observed);
      },
      measured: (kind, durationMs) => this.#durations[kind].push(durationMs),
    };
    this.#task = new NodeTask(world);
    const { signal } = this.#abort;
    const changeRecord = (change: (record: RolloutRecord) => RolloutRecord) => this.#changeRecord(change);
    this.#schemas = this.#schemaTask();
    this.#gates = new GateTask({ request, stepper, journal, clock: ports.clock, keeper, signal, changeRecord });
  }

  /** Throws FENCED when the lease was lost, and whatever the store throws. */
  async run(): Promise<RunResult> {
    const wakeUp = (): void => this.#notify();
    const signals = [this.#request.soft, this.#request.hard, this.#request.lost];
    for (const signal of signals) signal.addEventListener('abort', wakeUp);
    try {
      for (const node of this.#request.observed.nodes) this.#task.see(node);
      await this.#permits.refresh();
      const end = await this.#loop();
      return { end, record: this.#record, durations: this.#durations, hands: await this.#letGo() };
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', wakeUp);
      this.#abort.abort();
      this.#schemas?.stop();
      await this.#schemas?.ended();
    }
  }

  #schemaTask(): SchemaTask | null {
    const { schemas, clock, store } = this.#ports;
    if (schemas === undefined) return null;
    const parts = { stepper: this.#stepper, journal: this.#journal, clock };
    const world = { request: this.#request, store: store.id, schemas, ...parts };
    const look = async (signal: AbortSignal): Promise<readonly ObservedNode[]> => {
      const options = { parallelism: looksAtOnce, full: false, signal };
      const { nodes } = await collect(this.#ports.transport, this.#request.nodes, options);
      for (const node of nodes) this.#task.see(node);
      return nodes;
    };
    const measured = (work: SchemaWork, durationMs: number): void => {
      (this.#durations.schema[work] ??= []).push(durationMs);
    };
    return new SchemaTask({ ...world, look, measured });
  }

  /** Whatever is still staged ends, and is waited for unless somebody wants to leave at once. */
  async #letGo(): Promise<Hands> {
    const { inHand, staging } = this.#stopped;
    const isHard = this.#request.hard.aborted;
    this.#schemas?.stop();
    const cut = inHand.filter((step) => this.#isCut(step));
    const notWaitedFor = isHard ? this.#stepper.inHand().filter((step) => !cut.includes(step)) : [];
    const notEnded = this.#task.staging();
    this.#abort.abort();
    const deaf = isHard ? notEnded : await this.#stagingEnded();
    const targets = (steps: readonly string[]): string[] => steps.map((step) => this.#task.step(step).target).sort();
    return {
      finished: targets(inHand.filter((step) => !notWaitedFor.includes(step) && !cut.includes(step))),
      left: targets(notWaitedFor),
      databases: targets(cut),
      stopped: targets(staging.filter((step) => !deaf.includes(step))),
      staging: targets(deaf),
    };
  }

  /** Begun in a database, and to be gone on with there. */
  #isCut(step: string): boolean {
    return isSchemaStep(this.#task.step(step)) && this.#stepper.isInDoubt(step);
  }

  /** Whoever is told to end has its time for that; meanwhile somebody may lose patience. */
  async #stagingEnded(): Promise<readonly string[]> {
    const { hard, lost } = this.#request;
    const sleeping = new AbortController();
    const leave = AbortSignal.any([hard, lost, sleeping.signal]);
    const ended = this.#task.stagingEnded();
    // Keeps the process alive: what is told to end does not.
    const slept = this.#ports.clock.sleep(stagingEndsMs, leave).then(() => this.#task.staging());
    const deaf = await Promise.race([ended, slept]);
    sleeping.abort(over);
    return deaf;
  }

  async #loop(): Promise<StepperEnd> {
    for (;;) {
      if (this.#request.lost.aborted) throw this.#request.lost.reason as unknown;
      if (this.#fatal !== null) throw this.#fatal;
      if (this.#request.hard.aborted) return { kind: 'stopped', stop: { kind: 'interrupted' } };
      await this.#hearPeople();
      const { stopping } = this.#stepper;
      if (stopping !== null && !givesWay(stopping)) {
        this.#task.stopStaging();
        this.#schemas?.stop();
      }
      if (this.#gates.nextLookInMs() === 0) this.#launch(this.#gates.look());
      const decision = this.#stepper.next(momentOf(this.#ports.clock));
      const gateCameUp = await this.#completeStages();
      this.#task.stageAhead(this.#stepper.upcoming());
      switch (decision.kind) {
        case 'go':
          await this.#start(decision);
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
    const { stopping } = this.#stepper;
    if (stopping !== null && !givesWay(stopping)) return;
    if (this.#request.soft.aborted) {
      this.#stepper.stop({ kind: 'interrupted' });
      this.#tellStop('interrupt');
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
    this.#tellStop(cancel === null ? 'suspend' : 'cancel');
  }

  #tellStop(signal: string): void {
    this.#stopped = { inHand: this.#stepper.inHand(), staging: this.#task.staging() };
    const { inHand, staging } = this.#stopped;
    const isOfSchema = (step: string): boolean => isSchemaStep(this.#task.step(step));
    const schemas = inHand.filter(isOfSchema).map((step) => this.#task.step(step).target);
    const databases = schemas.length === 0 ? {} : { databases: schemas };
    const nodes = inHand.filter((step) => !isOfSchema(step));
    this.#request.emit({ type: 'stopping', signal, inHand: nodes, ...databases, staging });
  }

  async #start(decision: Extract<Decision, { kind: 'go' }>): Promise<void> {
    // Whoever took consent back is heard before the next node of a tenant is asked for.
    if (this.#hasTenants && this.#stepper.direction === 'forward') await this.#permits.refresh(permitsMs);
    for (const step of decision.look) this.#launch(this.#task.run(step));
    for (const step of decision.promote) this.#launch(this.#gates.promote(step));
    for (const gate of decision.fail) this.#launch(this.#gates.fail(gate));
    for (const step of decision.schema) this.#launch(this.#schema(step));
  }

  async #schema(step: string): Promise<void> {
    if (this.#schemas === null) throw new ThemisError('BUG', `${step} needs a database, and none can be opened`);
    await this.#schemas.run(step);
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

  /** True when a gate came up: approvals were read again, so the decision is worth asking for once more. */
  async #completeStages(): Promise<boolean> {
    if (!(await this.#gates.completeStages())) return false;
    await this.#permits.refresh();
    return true;
  }

  async #changeRecord(change: (record: RolloutRecord) => RolloutRecord): Promise<void> {
    const next = change(this.#record);
    if (next === this.#record) return;
    this.#record = next;
    await this.#ports.store.writeRecord(next, this.#request.token);
  }

  async #wait(decision: Wait): Promise<void> {
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
    const startedMs = clock.steadyMs();
    const forMs = earliest(earliest(decision.forMs, this.#gates.nextLookInMs()), longestWaitMs)!;
    const slept = clock.sleep(Math.max(0, forMs), sleeping.signal);
    await Promise.race([woken, slept]);
    sleeping.abort(over);
    this.#woken = false;
    const isDue = decision.forMs !== null && clock.steadyMs() - startedMs >= decision.forMs;
    await this.#hearApprovals(decision, isDue);
    if (isDue) await this.#task.look(decision.watch);
  }

  /** Reading them may mean reading a whole repository: while a stage bakes they do not count yet. */
  async #hearApprovals({ on }: Wait, isDue: boolean): Promise<void> {
    if (on === 'approval' || on === 'consent') await this.#permits.refresh(permitsWhileWaitingMs);
    if (on === 'window') await this.#permits.refresh(permitsMs);
    if (on === 'bake' && isDue) await this.#permits.refresh();
  }

  /** Once per reason, not once per poll. */
  #say({ on, topic, detail, until }: Wait): void {
    if (on === null || this.#said.has(topic)) return;
    // Nodes that do not answer are asked in turn; of everything else the last word counts.
    if (on !== 'health') this.#said.clear();
    this.#said.add(topic);
    const instant = until === null ? null : formatInstant(until);
    this.#request.emit({ type: 'waiting', on, detail, until: instant });
  }

  #notify(): void {
    this.#woken = true;
    this.#wake();
  }
}

/** What is waited for after it is said again, even if it is the same. Staging goes on beside every wait. */
function isNews(event: EventBody): boolean {
  switch (event.type) {
    case 'step-started':
    case 'step-finished':
    case 'rolling-back':
      return true;
    case 'step-progress':
      return event.phase !== 'stage';
    default:
      return false;
  }
}
