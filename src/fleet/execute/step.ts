/**
 * The stepper: decides what a fleet execution does next, and nothing else. It holds no clock and does no I/O. The
 * runner tells it every journal entry once durable, whatever nodes report, what people allow and what gates say; it
 * answers with steps to take in hand, what to wait for, when to turn back and how it ended. Fed the same in the same
 * order it answers the same: a killed run is resumed by its journal. Each event costs the edges it touches.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { DesiredApproval } from '../../model/desired.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { ObservedNode, ReachableNode } from '../../model/observed.ts';
import { createSaga, type Saga } from '../../saga/machine.ts';
import type { NodeWindows } from '../../windows/window-answer.ts';
import type { StageEvidence } from '../evidence/stage-evidence.ts';
import { Gates, type CompletedStage } from '../gate/gates.ts';
import type { GateState } from '../gate/gate-state.ts';
import { Line, type LeaderMove } from '../line/line.ts';
import { buildProgram, type FleetProgram } from '../line/program.ts';
import { freeSchemaTurns } from '../line/schema-turns.ts';
import { shortageOf } from '../line/shortage.ts';
import { changesHands, standingOf } from '../line/state-match.ts';
import type { Turn } from '../line/turn.ts';
import type { Now } from '../now.ts';
import { failedStep, givesWay, type Decision, type FailedGate, type FailedStep } from './decision.ts';
import type { StepperEnd, StepperInput, Stop, Verdict } from './decision.ts';
import { Patience } from './patience.ts';
import { barOf } from './tenant-bar.ts';
import { earliest, firstOf, idleOf, leftText, waitFor, waitForTry } from './waiting.ts';

const pollMs = 1000;
const watchLimit = 32;

export class Stepper {
  readonly #input: StepperInput;
  readonly #program: FleetProgram;
  readonly #saga: Saga;
  readonly #line: Line;
  readonly #gates: Gates;
  readonly #patience: Patience;
  readonly #failed: FailedStep[] = [];
  readonly #doubtful = new Set<Turn>();
  #windows: NodeWindows;
  #ended = 0;
  #changed = false;
  #stop: Stop | null = null;
  #stalledSinceMs: number | null = null;

  constructor(input: StepperInput) {
    this.#input = input;
    this.#windows = input.windows;
    const { onFailure, maxReplicationLagMs } = input.policy;
    const { estimates } = input.record;
    this.#program = buildProgram({ ...input, onFailure, maxReplicationLagMs, estimates });
    this.#saga = createSaga(this.#program.saga);
    this.#line = new Line(this.#program);
    this.#patience = new Patience(this.#line, input.policy.patienceMs);
    this.#gates = new Gates(this.#program.turns.values(), input.actions, input.plan.targetDigest, input.record);
    for (const entry of input.journal) this.record(entry);
    for (const turn of this.#doubtful) this.#line.offerInDoubt(turn);
  }

  get direction(): 'forward' | 'back' {
    return this.#line.direction;
  }

  get closed(): boolean {
    return this.#saga.closed;
  }

  /** Whether this execution changed anything, taken back or not. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Why nothing more starts; null while the execution goes on, or has a failure to take back. */
  get stopping(): Stop | null {
    return this.#stop !== null && givesWay(this.#stop) && this.#failed.length > 0 ? null : this.#stop;
  }

  /** Ids of the steps that are in hand and begun. */
  inHand(): string[] {
    return [...this.#doubtful].filter((turn) => turn.place === 'held').map((turn) => turn.step.id);
  }

  /** Steps without an end, for the report of what was blocked. Costs the whole plan. */
  notRun(): string[] {
    return [...this.#program.turns.keys()].filter((id) => this.#saga.stateOf(id) === 'pending');
  }

  see(observed: ObservedNode): LeaderMove[] {
    this.#line.see(observed);
    return this.#line.takeMoves();
  }

  /** Stages whose gate came up since the last call, and when their last node finished. */
  takeCompleted(): CompletedStage[] {
    return this.#gates.takeCompleted();
  }

  /** What people allow, read again: for gates, and what follows from it for the nodes of tenants. */
  permit(approvals: readonly DesiredApproval[], windows: NodeWindows): void {
    this.#gates.approvals(approvals);
    this.#windows = windows;
    if (this.direction === 'forward') this.#line.askTenantsAgain();
  }

  /** What the gates of a stage say now. */
  evidence(said: StageEvidence): void {
    this.#gates.evidence(said);
  }

  /** The first reason counts; one that gives way to a failure gives way to any that does not, too. */
  stop(reason: Stop): void {
    if (this.#stop === null || (givesWay(this.#stop) && !givesWay(reason))) this.#stop = reason;
  }

  /** A journal entry, once it is durable. */
  record(entry: Pick<JournalEntry, 'step' | 'event' | 'at' | 'failure' | 'detail'>): void {
    this.#saga.record(entry);
    if (entry.step === null) {
      if (entry.event === 'turn') this.#line.turnBack((turn) => this.#isLeft(turn) && turn.undo === 'inverse');
      return;
    }
    const turn = this.#turn(entry.step);
    switch (entry.event) {
      case 'begin':
      case 'undo-begin':
        turn.inDoubt = true;
        this.#doubtful.add(turn);
        if (turn.kind === 'gate') this.#gates.begun(turn, entry);
        return;
      case 'done':
      case 'unchanged':
        if (turn.kind !== 'gate' && entry.event === 'done') this.#changed = true;
        if (turn.node !== null) this.#gates.nodeEnded(turn.step, entry.at);
        this.#end(turn, true, true);
        return;
      case 'failed':
        turn.asBefore = entry.detail?.['asBefore'] === true;
        this.#changed ||= entry.detail?.['refused'] !== true;
        this.#failed.push(failedStep(entry.step, entry));
        this.#end(turn, false, false);
        return;
      default:
        this.#end(turn, true, entry.event === 'undone');
    }
  }

  /** Whether a `begin` of this step may be journalled now; asked again just before it is. */
  mayBegin(step: string): boolean {
    if (this.stopping !== null) return false;
    return this.direction === 'back' || this.#failed.length === 0 || this.#turn(step).inDoubt;
  }

  /** Begun in the journal, and its end is not there. */
  isInDoubt(step: string): boolean {
    return this.#turn(step).inDoubt;
  }

  /** What the node of a step is told about leading; as it is believed now. */
  leadership(step: string): { readonly unlessLeading: boolean; readonly mayGoLeaderless: boolean } {
    const { node } = this.#turn(step);
    if (node === null) return { unlessLeading: false, mayGoLeaderless: false };
    return { unlessLeading: node.role !== 'leader', mayGoLeaderless: !node.cluster.couldLeadWithout(node) };
  }

  /** Nodes to look at just before a step, itself among them. */
  lookList(step: string): string[] {
    const { node } = this.#turn(step);
    return node === null ? [] : node.cluster.lookList(node);
  }

  /** Steps whose releases may be staged ahead, since the last call. */
  upcoming(): string[] {
    if (this.direction === 'back' || this.#failed.length > 0 || this.stopping !== null) return [];
    return this.#line
      .takeUpcoming()
      .filter((turn) => turn.node !== null && (turn.place === 'pending' || turn.bar?.on === 'window'))
      .map((turn) => turn.step.id);
  }

  /** A step in hand, after a fresh look at its node and cluster; `operation` is the id the runner uses for it. */
  verdict(step: string, observed: ObservedNode, operation: string, now: Now): Verdict {
    const turn = this.#turn(step);
    if (!observed.reachable) {
      this.noAnswer(step, observed.failure, now);
      return { kind: 'later' };
    }
    const own = observed.operation?.id === operation;
    // Once begun, only the operation itself is an answer; a look that works while every try is lost is none.
    if (!turn.inDoubt || own) turn.silentSinceMs = null;
    if (own) return { kind: 'begin' };
    if (observed.operation !== null) return { kind: 'recover' };
    return this.direction === 'forward' ? this.#verdictForward(turn, observed, now) : this.#verdictBack(turn, observed);
  }

  /**
   * A step in hand got no answer: it is parked and tried again. When patience is over the execution stops, because a
   * lost connection says nothing about the effect, and neither a failure nor an undo would be honest.
   */
  noAnswer(step: string, failure: Failure, now: Now): void {
    const turn = this.#turn(step);
    if (this.#patience.again(turn, 'silentSinceMs', now)) return;
    this.stop({ kind: 'lost', step, failure });
    this.#line.release(turn);
  }

  /** The node answered that it cannot do it now: parked, or false when patience is over and it counts as a failure. */
  notNow(step: string, now: Now, afterMs?: number): boolean {
    return this.#patience.again(this.#turn(step), 'refusedSinceMs', now, afterMs);
  }

  /** The node answered that it leads. Where it is seen to, its turn comes last; else it has moved again. */
  leads(step: string, now: Now): boolean {
    const turn = this.#turn(step);
    if (turn.node?.role !== 'leader') return this.notNow(step, now);
    turn.refusedSinceMs = null;
    this.#line.release(turn);
    return true;
  }

  /** A step in hand that is put back without having begun. */
  release(step: string): void {
    this.#line.release(this.#turn(step));
  }

  next(now: Now): Decision {
    this.#line.wake(now);
    const gates = this.#gates.states(this.#line.gates, now);
    const go = this.#start(gates, now);
    if (go !== undefined) {
      this.#stalledSinceMs = null;
      return go;
    }
    const again = this.#line.parking.nextTry();
    const againMs = again && Math.max(0, again.untilMs - now.steadyMs);
    if (this.#line.held > 0) return this.#whileInHand(againMs, now);
    if (this.stopping !== null) return { kind: 'finish', end: { kind: 'stopped', stop: this.stopping } };
    if (this.direction === 'forward' && this.#failed.length > 0) return this.#afterFailure(againMs);
    if (again !== undefined) return waitForTry(again.turn, againMs!);
    return this.#idle(gates, now);
  }

  #whileInHand(againMs: number | undefined, { nowMs }: Now): Decision {
    const polls = this.#line.blocked.size > 0 && this.stopping === null;
    const window = this.#line.parking.nextWindow();
    const windowMs = window === undefined ? undefined : Math.max(0, window.untilMs - nowMs);
    const forMs = earliest(earliest(againMs, windowMs), polls ? pollMs : undefined);
    return waitFor(null, '', forMs, { watch: polls ? this.#line.watchList(watchLimit) : [] });
  }

  #start(gates: ReadonlyMap<Turn, GateState>, now: Now): Decision | undefined {
    const look: string[] = [];
    const promote: string[] = [];
    const fail: FailedGate[] = [];
    const schema: string[] = [];
    const failing = this.direction === 'forward' && this.#failed.length > 0;
    if (this.stopping === null && !failing) {
      while (this.#line.held < this.#input.policy.parallelism) {
        const turn = this.#line.take((one) => this.#barOf(one, now));
        if (turn === undefined) break;
        look.push(turn.step.id);
      }
      for (const turn of freeSchemaTurns(this.#line.gates, this.#input.databases ?? [])) {
        this.#line.hold(turn);
        schema.push(turn.step.id);
      }
      for (const [turn, state] of gates) {
        if (state.kind !== 'open' && state.kind !== 'failed') continue;
        this.#line.hold(turn);
        if (state.kind === 'open') promote.push(turn.step.id);
        else fail.push({ step: turn.step.id, failure: state.failure, detail: state.detail });
      }
    } else if (this.stopping === null) {
      for (const turn of this.#doubtful) {
        if (turn.place !== 'pending' || (turn.kind !== 'schema' && turn.node?.held !== null)) continue;
        this.#line.hold(turn);
        (turn.kind === 'schema' ? schema : look).push(turn.step.id);
      }
    }
    const isNothing = look.length + promote.length + fail.length + schema.length === 0;
    return isNothing ? undefined : { kind: 'go', look, promote, fail, schema };
  }

  #barOf(turn: Turn, { nowMs }: Now) {
    return this.direction === 'forward' ? barOf(turn, this.#windows, nowMs) : undefined;
  }

  #afterFailure(againMs: number | undefined): Decision {
    if (this.#doubtful.size > 0 && againMs !== undefined) {
      return waitFor('operation', 'a node does not answer', againMs);
    }
    // The stage itself says that what was not judged in time is taken back, whatever happens after a failure.
    const told = this.#failed.find((one) => one.failure.code === 'EVIDENCE_INSUFFICIENT');
    // What a migration says happens to its own work after a failure; nodes have nothing to be taken back for.
    const ofSchema = this.#failed.every(({ step }) => this.#turn(step).kind === 'schema');
    if (ofSchema || (this.#input.policy.onFailure === 'pause' && told === undefined)) {
      return { kind: 'finish', end: { kind: 'paused', failed: this.#failed } };
    }
    const { step, failure } = this.#failed[0]!;
    return { kind: 'turn', because: step, failure };
  }

  /** Nothing is in hand and nothing may start: wait for whatever opens first, or it is over. */
  #idle(gates: ReadonlyMap<Turn, GateState>, now: Now): Decision {
    const about = [...gates].map(([turn, state]) => [this.#gates.gateOf(turn), state] as const);
    const idle = idleOf(about, this.#line.parking, now);
    const refused = idle.find(({ end }) => end.kind === 'not-finished' && end.refused);
    if (refused !== undefined) return { kind: 'finish', end: refused.end };
    const waits = idle.flatMap(({ wait, urgent = false }) =>
      wait !== undefined && (urgent || this.#input.policy.wait) ? [wait] : [],
    );
    const { blocked, passedOver } = this.#line;
    if (waits.length > 0) {
      const polls = blocked.size > 0;
      const names = polls ? this.#line.watchList(watchLimit) : [];
      return firstOf(waits, polls ? { forMs: pollMs, names } : passedOver.next(now, watchLimit));
    }
    if (blocked.size > 0) return this.#stalled(now);
    return { kind: 'finish', end: idle[0]?.end ?? this.#result() };
  }

  #stalled({ steadyMs }: Now): Decision {
    const [cluster] = this.#line.blocked;
    const { on, detail, topic } = shortageOf(cluster!);
    this.#stalledSinceMs ??= steadyMs;
    const leftMs = this.#stalledSinceMs + this.#input.policy.patienceMs - steadyMs;
    if (leftMs <= 0) return { kind: 'finish', end: { kind: 'stalled', detail } };
    return waitFor(on, detail, Math.min(leftMs, pollMs), { topic, watch: this.#line.watchList(watchLimit) });
  }

  #result(): StepperEnd {
    if (this.direction === 'forward') {
      const left = this.#program.turns.size - this.#ended;
      if (left === 0) return { kind: 'done' };
      const detail = leftText(this.#input.plan, left);
      return { kind: 'not-finished', detail, refused: false, over: true };
    }
    const left = [...this.#program.turns.values()].filter((turn) => this.#isLeft(turn)).map((turn) => turn.step.id);
    return left.length === 0
      ? { kind: 'undone', failed: this.#failed }
      : { kind: 'undo-incomplete', failed: this.#failed, left };
  }

  #verdictForward(turn: Turn, observed: ReachableNode, now: Now): Verdict {
    const standing = standingOf(observed, turn.step);
    if (turn.inDoubt && standing === 'after') return { kind: 'confirm' };
    if (this.stopping === null && this.#failed.length > 0 && turn.inDoubt) return { kind: 'not-started' };
    if (this.stopping !== null || this.#failed.length > 0) return this.#later(turn);
    if (!turn.inDoubt && standing === 'after') return { kind: 'unchanged' };
    if (!turn.inDoubt && standing === 'elsewhere') {
      this.stop({ kind: 'stale', step: turn.step.id, detail: `${turn.step.target} is no longer what the plan found` });
      return this.#later(turn);
    }
    const bar = this.#barOf(turn, now);
    if (bar !== undefined) {
      this.#line.bar(turn, bar);
      return { kind: 'later' };
    }
    return this.#line.admits(turn) ? { kind: 'begin' } : this.#later(turn);
  }

  #verdictBack(turn: Turn, observed: ReachableNode): Verdict {
    if (this.stopping !== null) return this.#later(turn);
    const standing = changesHands(turn.step) ? standingOf(observed, turn.step) : 'after';
    if (standing === 'before') return { kind: 'undone' };
    if (standing === 'elsewhere' && !turn.inDoubt) {
      return { kind: 'foreign', detail: `${turn.step.target} is neither what it was nor what this run made of it` };
    }
    return this.#line.admits(turn) ? { kind: 'begin' } : this.#later(turn);
  }

  #later(turn: Turn): Verdict {
    this.#line.release(turn);
    return { kind: 'later' };
  }

  #end(turn: Turn, satisfied: boolean, arrived: boolean): void {
    turn.inDoubt = false;
    this.#doubtful.delete(turn);
    if (this.direction === 'forward') {
      turn.endOrder = this.#ended;
      this.#ended += 1;
    }
    this.#line.end(turn, satisfied, arrived);
  }

  /** Something of it stands at the node. */
  #isLeft(turn: Turn): boolean {
    const state = this.#saga.stateOf(turn.step.id);
    if (turn.undo === 'none' || turn.asBefore) return false;
    return state === 'done' || state === 'failed' || state === 'undoing' || state === 'undo-failed';
  }

  #turn(id: string): Turn {
    const turn = this.#program.turns.get(id);
    if (turn === undefined) throw new ThemisError('BUG', `unknown step ${id}`);
    return turn;
  }
}
