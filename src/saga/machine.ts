/**
 * The one journalled step machine. It holds no clock and does no I/O: the driver records each journal entry,
 * durably, and tells it here; the machine says what may happen next. Replaying a journal and living through it
 * give the same state, so a killed driver goes on where the entries end. Each entry costs time in proportion to
 * the edges it touches; `next` costs what it returns.
 *
 * Invariants: a step begins only after everything it needs is done or unchanged; nothing begins forward after a
 * failure; steps are taken back newest first; entries that contradict the state are refused, not repaired.
 */
import type { JournalEntry } from '../model/journal.ts';
import { ThemisError } from '../kernel/error.ts';
import type { SagaDecision, SagaProgram, SagaResult, SagaState, SagaStep } from './program.ts';

export interface Saga {
  /** Advances by one entry. Throws BUG for an entry that cannot follow from the state. */
  record(entry: Pick<JournalEntry, 'step' | 'event'>): void;
  next(): SagaDecision;
  stateOf(step: string): SagaState;
  readonly direction: 'forward' | 'back';
  readonly closed: boolean;
}

interface Node {
  readonly step: SagaStep;
  state: SagaState;
  /** Needs that are not done yet. */
  missing: number;
  readonly dependents: Node[];
}

export function createSaga(program: SagaProgram, journal: Iterable<Pick<JournalEntry, 'step' | 'event'>> = []): Saga {
  const machine = new Machine(program);
  for (const entry of journal) machine.record(entry);
  return machine;
}

class Machine implements Saga {
  direction: 'forward' | 'back' = 'forward';
  closed = false;
  readonly #program: SagaProgram;
  readonly #nodes = new Map<string, Node>();
  /** Pending with nothing missing. */
  readonly #ready = new Set<string>();
  readonly #running = new Set<string>();
  /** Steps to take back if it comes to that, oldest first; one that is taken back stays and is passed over. */
  readonly #finished: Node[] = [];
  readonly #failed: Node[] = [];
  readonly #stuck: Node[] = [];
  #open: number;

  constructor(program: SagaProgram) {
    this.#program = program;
    for (const step of program.steps) {
      if (this.#nodes.has(step.id)) throw bug(`step ${step.id} appears twice`);
      this.#nodes.set(step.id, { step, state: 'pending', missing: 0, dependents: [] });
    }
    for (const node of this.#nodes.values()) {
      for (const need of new Set(node.step.needs)) {
        this.#node(need).dependents.push(node);
        node.missing += 1;
      }
    }
    for (const [id, node] of this.#nodes) if (node.missing === 0) this.#ready.add(id);
    this.#open = this.#nodes.size;
  }

  stateOf(step: string): SagaState {
    return this.#node(step).state;
  }

  record(entry: Pick<JournalEntry, 'step' | 'event'>): void {
    if (this.closed) throw bug(`entry ${entry.event} after close`);
    if (entry.step === null) {
      this.#recordWhole(entry.event);
      return;
    }
    const node = this.#node(entry.step);
    switch (entry.event) {
      case 'begin':
        this.#begin(node);
        return;
      case 'done':
      case 'unchanged':
        this.#expect(node, ['running', 'pending'], entry.event);
        this.#complete(node, entry.event);
        return;
      case 'failed':
        this.#expect(node, ['running'], entry.event);
        this.#running.delete(node.step.id);
        node.state = 'failed';
        this.#failed.push(node);
        if (this.#program.undoFailed && node.step.undo !== 'none') this.#finished.push(node);
        return;
      case 'undo-begin':
        // Again after a crash in the middle: the inverse is idempotent.
        this.#expect(node, ['done', 'failed', 'undoing'], entry.event);
        if (this.direction !== 'back') throw bug(`undo of ${entry.step} before the turn`);
        node.state = 'undoing';
        this.#running.add(node.step.id);
        return;
      case 'undone':
      case 'undo-failed':
        this.#expect(node, ['undoing'], entry.event);
        this.#running.delete(node.step.id);
        node.state = entry.event;
        if (entry.event === 'undo-failed') this.#stuck.push(node);
        return;
      default:
        throw bug(`entry ${entry.event} names step ${entry.step}`);
    }
  }

  next(): SagaDecision {
    return this.direction === 'forward' ? this.#nextForward() : this.#nextBack();
  }

  #recordWhole(event: JournalEntry['event']): void {
    switch (event) {
      case 'open':
        return;
      case 'turn':
        this.#turn();
        return;
      case 'close':
        this.closed = true;
        return;
      default:
        throw bug(`entry ${event} names no step`);
    }
  }

  #begin(node: Node): void {
    // A second `begin` is a crash in the middle of the step: the driver runs it again.
    if (node.state === 'running') return;
    this.#expect(node, ['pending'], 'begin');
    if (node.missing > 0) throw bug(`step ${node.step.id} began before what it needs`);
    if (this.direction !== 'forward' || this.#failed.length > 0)
      throw bug(`step ${node.step.id} began after a failure`);
    this.#ready.delete(node.step.id);
    node.state = 'running';
    this.#running.add(node.step.id);
  }

  #complete(node: Node, state: 'done' | 'unchanged'): void {
    if (node.missing > 0) throw bug(`step ${node.step.id} ended before what it needs`);
    this.#ready.delete(node.step.id);
    this.#running.delete(node.step.id);
    node.state = state;
    this.#open -= 1;
    if (state === 'done' && node.step.undo !== 'none') this.#finished.push(node);
    for (const dependent of node.dependents) {
      dependent.missing -= 1;
      if (dependent.missing === 0) this.#ready.add(dependent.step.id);
    }
  }

  #turn(): void {
    if (this.direction === 'back') throw bug('turned twice');
    this.direction = 'back';
    // What was in doubt when the driver died counts as done: its inverse takes back whatever part of it happened.
    for (const id of this.#running) {
      const node = this.#node(id);
      node.state = 'done';
      if (node.step.undo !== 'none') this.#finished.push(node);
    }
    this.#running.clear();
  }

  #nextForward(): SagaDecision {
    if (this.#failed.length === 0) {
      if (this.#open === 0) return { kind: 'finish', result: { kind: 'done' } };
      return { kind: 'run', ready: this.#ready, running: this.#running };
    }
    if (this.#running.size > 0) return { kind: 'run', ready: [], running: this.#running };
    if (this.#program.onFailure === 'stop')
      return { kind: 'finish', result: { kind: 'stopped', failed: ids(this.#failed) } };
    return { kind: 'turn', because: this.#failed[0]!.step.id };
  }

  #nextBack(): SagaDecision {
    while (this.#finished.length > 0 && !isLeft(this.#finished.at(-1)!)) this.#finished.pop();
    const ready = this.#undoable();
    if (this.#running.size > 0 || ready.next().done !== true) {
      return { kind: 'undo', ready: { [Symbol.iterator]: () => this.#undoable() }, running: this.#running };
    }
    const left = [...this.#stuck, ...this.#finished.filter(isLeft)];
    const failed = ids(this.#failed);
    const result: SagaResult =
      left.length === 0 ? { kind: 'undone', failed } : { kind: 'undo-incomplete', failed, left: ids(left) };
    return { kind: 'finish', result };
  }

  *#undoable(): Generator<string, void, void> {
    for (let index = this.#finished.length - 1; index >= 0; index -= 1) {
      const node = this.#finished[index]!;
      if (isLeft(node) && node.step.undo === 'inverse') yield node.step.id;
    }
  }

  #node(id: string): Node {
    const node = this.#nodes.get(id);
    if (node === undefined) throw bug(`unknown step ${id}`);
    return node;
  }

  #expect(node: Node, states: readonly SagaState[], event: string): void {
    if (!states.includes(node.state)) throw bug(`${event} of step ${node.step.id}, which is ${node.state}`);
  }
}

/** Done or half-done, and not being taken back. */
function isLeft(node: Node): boolean {
  return node.state === 'done' || node.state === 'failed';
}

function ids(nodes: Iterable<Node>): string[] {
  return Array.from(nodes, (node) => node.step.id);
}

function bug(message: string): ThemisError {
  return new ThemisError('BUG', `journal: ${message}`);
}
