/**
 * The stepper: decides what a fleet execution does next, and nothing else. It holds no clock and does no I/O. The
 * runner tells it every journal entry once durable, and whatever nodes report; it answers with steps to take in
 * hand, what to wait for, when to turn back and how it ended. Fed the same things in the same order it answers the
 * same, so a killed run is resumed by feeding it the journal. Each event costs the edges it touches, not the fleet.
 */
import { ThemisError } from '../../kernel/error.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { DesiredApproval } from '../../model/desired.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { ObservedNode, ReachableNode } from '../../model/observed.ts';
import { createSaga, type Saga } from '../../saga/machine.ts';
import type { Decision, FailedStep, StepperEnd, StepperInput, Stop, Verdict } from './decision.ts';
import { Gates, type CompletedStage, type GateState } from './gate.ts';
import { Line, type LeaderMove, type Parked } from '../line/line.ts';
import { buildProgram, type FleetProgram } from '../line/program.ts';
import { changesHands, standingOf } from '../line/state-match.ts';
import type { Turn } from '../line/turn.ts';
import { earliest, gateNotOpen, waitFor, waitForGate } from './waiting.ts';

const pollMs = 1000;
const longestRetryMs = 5000;
const watchLimit = 32;

export class Stepper {
  readonly #input: StepperInput;
  readonly #program: FleetProgram;
  readonly #saga: Saga;
  readonly #line: Line;
  readonly #gates: Gates;
  readonly #failed: FailedStep[] = [];
  readonly #doubtful = new Set<Turn>();
  #ended = 0;
  #changed = false;
  #stop: Stop | null = null;
  #stalledSinceMs: number | null = null;

  constructor(input: StepperInput) {
    this.#input = input;
    this.#program = buildProgram(input.plan, input.nodes, input.actions, input.policy.onFailure);
    this.#saga = createSaga(this.#program.saga);
    this.#line = new Line(this.#program);
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

  /** Why nothing more starts; null while the execution goes on. A failure outweighs a stale step: it is taken back. */
  get stopping(): Stop | null {
    return this.#stop?.kind === 'stale' && this.#failed.length > 0 ? null : this.#stop;
  }

  /** Ids of the steps that are in hand. Costs the whole plan: for the message to a person. */
  inHand(): string[] {
    return [...this.#program.turns.values()].filter((turn) => turn.place === 'held').map((turn) => turn.step.id);
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

  approvals(list: readonly DesiredApproval[]): void {
    this.#gates.approvals(list);
  }

  /** The first reason counts. */
  stop(reason: Stop): void {
    this.#stop ??= reason;
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
        return;
      case 'done':
      case 'unchanged':
        if (turn.node !== null && entry.event === 'done') this.#changed = true;
        if (turn.node !== null) this.#gates.nodeEnded(turn.step.stage, entry.at);
        this.#end(turn, true);
        return;
      case 'failed':
        turn.asBefore = entry.detail?.['asBefore'] === true;
        this.#changed ||= entry.detail?.['refused'] !== true;
        this.#failed.push({
          step: entry.step,
          failure: entry.failure ?? { code: 'BUG', message: 'no failure was recorded', retry: 'never' },
          asBefore: turn.asBefore,
          refused: entry.detail?.['refused'] === true,
        });
        this.#end(turn, false);
        return;
      default:
        this.#end(turn, true);
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
      .filter((turn) => turn.place === 'pending' && turn.node !== null)
      .map((turn) => turn.step.id);
  }

  /** A step in hand, after a fresh look at its node and cluster; `operation` is the id the runner uses for it. */
  verdict(step: string, observed: ObservedNode, operation: string, nowMs: number): Verdict {
    const turn = this.#turn(step);
    if (!observed.reachable) {
      this.noAnswer(step, observed.failure, nowMs);
      return { kind: 'later' };
    }
    const own = observed.operation?.id === operation;
    // Once begun, only the operation itself is an answer; a look that works while every try is lost is none.
    if (!turn.inDoubt || own) turn.silentSinceMs = null;
    if (own) return { kind: 'begin' };
    if (observed.operation !== null) return { kind: 'recover' };
    return this.direction === 'forward'
      ? this.#verdictForward(turn, observed, nowMs)
      : this.#verdictBack(turn, observed);
  }

  /**
   * A step in hand got no answer: it is parked and tried again. When patience is over the execution stops, because a
   * lost connection says nothing about the effect, and neither a failure nor an undo would be honest.
   */
  noAnswer(step: string, failure: Failure, nowMs: number): void {
    const turn = this.#turn(step);
    turn.silentSinceMs ??= nowMs;
    if (nowMs - turn.silentSinceMs < this.#input.policy.patienceMs) {
      this.#park(turn, nowMs);
      return;
    }
    this.stop({ kind: 'lost', step, failure });
    this.#line.release(turn);
  }

  /** The node answered that it cannot do it now: parked, or false when patience is over and it counts as a failure. */
  notNow(step: string, nowMs: number): boolean {
    const turn = this.#turn(step);
    turn.refusedSinceMs ??= nowMs;
    if (nowMs - turn.refusedSinceMs >= this.#input.policy.patienceMs) return false;
    this.#park(turn, nowMs);
    return true;
  }

  /** A step in hand that is put back without having begun. */
  release(step: string): void {
    this.#line.release(this.#turn(step));
  }

  next(nowMs: number): Decision {
    this.#line.wake(nowMs);
    const gates = this.#gates.states(this.#line.gates, nowMs);
    const go = this.#start(gates);
    if (go !== undefined) {
      this.#stalledSinceMs = null;
      return go;
    }
    const parked = this.#line.nextParked();
    const wakeMs = parked?.untilMs;
    if (this.#line.held > 0) {
      const polls = this.#line.blocked.size > 0 && this.stopping === null;
      const untilMs = earliest(wakeMs, polls ? nowMs + pollMs : undefined);
      return waitFor(null, '', untilMs, polls ? this.#watchList() : []);
    }
    if (this.stopping !== null) return { kind: 'finish', end: { kind: 'stopped', stop: this.stopping } };
    if (this.direction === 'forward' && this.#failed.length > 0) return this.#afterFailure(wakeMs);
    if (parked !== undefined && isSilent(parked.turn)) {
      return waitFor('health', `${parked.turn.step.target} does not answer`, parked.untilMs, []);
    }
    return this.#idle(gates, parked, nowMs);
  }

  #start(gates: ReadonlyMap<Turn, GateState>): Decision | undefined {
    const look: string[] = [];
    const promote: string[] = [];
    const failing = this.direction === 'forward' && this.#failed.length > 0;
    if (this.stopping === null && !failing) {
      while (this.#line.held < this.#input.policy.parallelism) {
        const turn = this.#line.take();
        if (turn === undefined) break;
        look.push(turn.step.id);
      }
      for (const [turn, state] of gates) {
        if (state.kind !== 'open') continue;
        this.#line.hold(turn);
        promote.push(turn.step.id);
      }
    } else if (this.stopping === null) {
      for (const turn of this.#doubtful) {
        if (turn.place !== 'pending' || turn.node?.held !== null) continue;
        this.#line.hold(turn);
        look.push(turn.step.id);
      }
    }
    return look.length + promote.length === 0 ? undefined : { kind: 'go', look, promote };
  }

  #park(turn: Turn, nowMs: number): void {
    const delayMs = Math.min(longestRetryMs, 250 * 2 ** Math.min(turn.attempts, 10));
    turn.attempts += 1;
    this.#line.park(turn, nowMs + delayMs);
  }

  #afterFailure(wakeMs: number | undefined): Decision {
    if (this.#doubtful.size > 0 && wakeMs !== undefined)
      return waitFor('operation', 'a node does not answer', wakeMs, []);
    if (this.#input.policy.onFailure === 'pause')
      return { kind: 'finish', end: { kind: 'paused', failed: this.#failed } };
    const { step, failure } = this.#failed[0]!;
    return { kind: 'turn', because: step, failure };
  }

  /** Nothing is in hand and nothing may start: wait for a gate or for nodes to come back, or it is over. */
  #idle(gates: ReadonlyMap<Turn, GateState>, parked: Parked | undefined, nowMs: number): Decision {
    const gate = [...gates].find(([, state]) => state.kind !== 'open');
    if (gate !== undefined && this.#input.policy.wait) {
      const decision = waitForGate(gate[0], gate[1], nowMs);
      const polls = this.#line.blocked.size > 0;
      if (!polls) return decision;
      return { ...decision, untilMs: nowMs + pollMs, watch: this.#watchList() } as Decision;
    }
    if (this.#line.blocked.size > 0) return this.#stalled(nowMs);
    if (gate !== undefined) return { kind: 'finish', end: gateNotOpen(gate[0], gate[1]) };
    if (parked !== undefined) return this.#window(parked);
    return { kind: 'finish', end: this.#result() };
  }

  #window(parked: Parked): Decision {
    const detail = `${parked.turn.step.target} waits for its window, which opens ${formatInstant(parked.untilMs)}`;
    if (this.#input.policy.wait) return waitFor('window', detail, parked.untilMs, []);
    return { kind: 'finish', end: { kind: 'not-finished', detail, refused: false, over: false } };
  }

  #stalled(nowMs: number): Decision {
    const [cluster] = this.#line.blocked;
    const reason = cluster!.blocked ?? 'health';
    const down = [...cluster!.down].slice(0, 5).map((node) => node.name);
    const detail =
      reason === 'leader'
        ? `cluster ${cluster!.name} has no leader`
        : `cluster ${cluster!.name} cannot spare another node: ${down.join(', ')} ${down.length === 1 ? 'is' : 'are'} down`;
    this.#stalledSinceMs ??= nowMs;
    const endMs = this.#stalledSinceMs + this.#input.policy.patienceMs;
    if (nowMs >= endMs) return { kind: 'finish', end: { kind: 'stalled', detail } };
    return waitFor(reason, detail, Math.min(endMs, nowMs + pollMs), this.#watchList());
  }

  #result(): StepperEnd {
    if (this.direction === 'forward') {
      const left = this.#program.turns.size - this.#ended;
      if (left === 0) return { kind: 'done' };
      const detail = `${left} ${left === 1 ? 'step is' : 'steps are'} left that cannot start now`;
      return { kind: 'not-finished', detail, refused: false, over: true };
    }
    const left = [...this.#program.turns.values()].filter((turn) => this.#isLeft(turn)).map((turn) => turn.step.id);
    return left.length === 0
      ? { kind: 'undone', failed: this.#failed }
      : { kind: 'undo-incomplete', failed: this.#failed, left };
  }

  #verdictForward(turn: Turn, observed: ReachableNode, nowMs: number): Verdict {
    const standing = standingOf(observed, turn.step);
    if (turn.inDoubt && standing === 'after') return { kind: 'confirm' };
    if (this.stopping === null && this.#failed.length > 0 && turn.inDoubt) return { kind: 'not-started' };
    if (this.stopping !== null || this.#failed.length > 0) return this.#later(turn);
    if (!turn.inDoubt && standing === 'after') return { kind: 'unchanged' };
    if (!turn.inDoubt && standing === 'elsewhere') {
      this.stop({ kind: 'stale', step: turn.step.id, detail: `${turn.step.target} is no longer what the plan found` });
      return this.#later(turn);
    }
    if (nowMs > turn.startBeforeMs) {
      this.#line.drop(turn);
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

  #watchList(): string[] {
    const names: string[] = [];
    for (const cluster of this.#line.blocked) {
      for (const node of cluster.blocked === 'leader' ? cluster.members : cluster.down) {
        if (names.length >= watchLimit) return names;
        names.push(node.name);
      }
    }
    return names;
  }

  #end(turn: Turn, satisfied: boolean): void {
    turn.inDoubt = false;
    this.#doubtful.delete(turn);
    if (this.direction === 'forward') {
      turn.endOrder = this.#ended;
      this.#ended += 1;
    }
    this.#line.end(turn, satisfied);
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

/** Parked because its node gives no answer, and not until a window opens. */
function isSilent(turn: Turn): boolean {
  return turn.silentSinceMs !== null || turn.refusedSinceMs !== null;
}
