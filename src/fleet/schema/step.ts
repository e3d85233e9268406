/**
 * Decides what a run in a database does next, from nothing but what the database keeps of it: its steps and its journal.
 * Pure. The program is a line: for each operation of a phase a marker that it was expanded, then its steps, so the
 * program grows as its operations have their turn. An undo is a run whose steps are all done and which has turned.
 */
import type { JsonObject } from '../../kernel/json.ts';
import type { SchemaPhase } from '../../model/schema/database.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { SchemaAction, SchemaStep } from '../../model/schema/schema-step.ts';
import { createSaga, type Saga } from '../../saga/machine.ts';
import type { SagaProgram, SagaState, SagaStep } from '../../saga/program.ts';

export type Entry = Pick<JournalEntry, 'step' | 'event' | 'detail' | 'failure'>;

/** What the decision is made from. */
export interface RunView {
  readonly phase: SchemaPhase | 'undo';
  /** Of the migration; none are expanded by an undo. */
  readonly operations: number;
  readonly onFailure: 'rollback' | 'pause';
  /** Its last step is to look whether the schema serves those who read it. Default: false. */
  readonly verifies?: boolean;
  readonly steps: readonly SchemaStep[];
  readonly entries: readonly Entry[];
}

export type SchemaInstruction =
  | { readonly kind: 'expand'; readonly operation: number }
  /** `takenUp`: it was begun by somebody who did not come to its end. */
  | { readonly kind: 'do'; readonly step: SchemaStep; readonly takenUp: boolean }
  | { readonly kind: 'undo'; readonly step: SchemaStep; readonly takenUp: boolean }
  | { readonly kind: 'verify' }
  /** From here on steps are taken back. */
  | { readonly kind: 'turn'; readonly because: string }
  /** `left`: steps that are done and could not be taken back, or are to stay until a person has looked. */
  | { readonly kind: 'close'; readonly outcome: 'done' | 'undone' | 'stuck'; readonly left: readonly string[] };

export function nextInstruction(run: RunView): SchemaInstruction {
  const saga = sagaOf(run);
  // A line is taken back in order: past a step that stays, nothing older is touched.
  if (run.entries.some(({ event }) => event === 'undo-failed')) return stuck(run);
  const decision = saga.next();
  switch (decision.kind) {
    case 'run':
      return forward(run, saga, firstOf(decision.running, decision.ready));
    case 'undo': {
      const id = firstOf(decision.running, decision.ready);
      return { kind: 'undo', step: stepOf(run, id), takenUp: saga.stateOf(id) === 'undoing' };
    }
    case 'turn':
      return { kind: 'turn', because: decision.because };
    case 'finish':
      if (decision.result.kind === 'done') return { kind: 'close', outcome: 'done', left: [] };
      if (decision.result.kind === 'undone') return { kind: 'close', outcome: 'undone', left: [] };
      return stuck(run);
  }
}

/** What is done of it, or half done, or was not to be taken back: oldest first, without what leaves nothing behind. */
export function leftSteps(run: RunView): readonly SchemaStep[] {
  const saga = sagaOf(run);
  const untouched = untouchedSteps(run);
  return run.steps.filter(({ id, undo }) => isLeft(saga.stateOf(id)) && undo.kind !== 'none' && !untouched.has(id));
}

/** Journal of a run that goes on where a stuck one ended: what was done is done, what was half done is in doubt. */
export function carriedEntries(run: RunView, detail: JsonObject): readonly Entry[] {
  const saga = sagaOf(run);
  const untouched = untouchedSteps(run);
  return programOf(run).steps.flatMap(({ id }): Entry[] => {
    const state = saga.stateOf(id);
    if (state === 'done' || state === 'unchanged') return [{ step: id, event: 'done', detail }];
    return isLeft(state) && !untouched.has(id) && !id.startsWith(markerOf(run.phase, ''))
      ? [{ step: id, event: 'begin', detail }]
      : [];
  });
}

export function isTurned(entries: readonly Entry[]): boolean {
  return entries.some(({ event }) => event === 'turn');
}

/** Begun, and its end is not in the journal. */
export function isBegun(run: RunView, step: string): boolean {
  const state = sagaOf(run).stateOf(step);
  return state === 'running' || state === 'undoing';
}

/** In one transaction with its record: it happened once or not at all, and is never in doubt. */
export function isAtomic({ kind }: SchemaAction): boolean {
  return kind === 'statements' || kind === 'scan';
}

/** The step that says that an operation was expanded; no id of a step has this form. */
export function markerOf(phase: string, operation: number | string): string {
  return `expand-operation/${phase}/${operation}`;
}

/** The step that says that the schema was verified. It leaves nothing behind. */
export function verificationOf(phase: string): string {
  return `verify/${phase}`;
}

function sagaOf(run: RunView): Saga {
  return createSaga(programOf(run), run.entries);
}

function programOf(run: RunView): SagaProgram {
  const untouched = untouchedSteps(run);
  const steps: SagaStep[] = [];
  const add = (id: string, undo: SagaStep['undo']): void => {
    const before = steps.at(-1);
    steps.push({ id, needs: before === undefined ? [] : [before.id], undo });
  };
  const addStep = ({ id, undo }: SchemaStep): void => add(id, untouched.has(id) ? 'none' : undoOf(undo));
  if (run.phase === 'undo') run.steps.forEach(addStep);
  else {
    const expanded = Map.groupBy(run.steps, ({ operation }) => operation);
    for (let operation = 0; operation < run.operations; operation += 1) {
      add(markerOf(run.phase, operation), 'none');
      expanded.get(operation)?.forEach(addStep);
    }
    if (run.verifies === true) add(verificationOf(run.phase), 'none');
  }
  const onFailure = run.onFailure === 'pause' || hasIrreversible(run, untouched) ? 'stop' : 'undo';
  return { operation: run.phase, steps, onFailure, undoFailed: true };
}

/** Something happened that nothing takes back: then going on later is better than half a way back. */
function hasIrreversible({ steps, entries }: RunView, untouched: ReadonlySet<string>): boolean {
  const touched = new Set(entries.map(({ step }) => step));
  return steps.some(({ id, undo }) => undo.kind === 'irreversible' && touched.has(id) && !untouched.has(id));
}

/** Steps that failed before they had any effect. */
function untouchedSteps({ entries }: RunView): ReadonlySet<string> {
  const failed = entries.filter(({ event, detail }) => event === 'failed' && detail?.['untouched'] === true);
  return new Set(failed.flatMap(({ step }) => (step === null ? [] : [step])));
}

function undoOf({ kind }: SchemaStep['undo']): SagaStep['undo'] {
  return kind === 'none' || kind === 'irreversible' ? kind : 'inverse';
}

function forward(run: RunView, saga: Saga, id: string): SchemaInstruction {
  const prefix = markerOf(run.phase, '');
  if (id.startsWith(prefix)) return { kind: 'expand', operation: Number(id.slice(prefix.length)) };
  if (id === verificationOf(run.phase)) return { kind: 'verify' };
  return { kind: 'do', step: stepOf(run, id), takenUp: saga.stateOf(id) === 'running' };
}

function stuck(run: RunView): SchemaInstruction {
  return { kind: 'close', outcome: 'stuck', left: leftSteps(run).map(({ id }) => id) };
}

function isLeft(state: SagaState): boolean {
  return state !== 'pending' && state !== 'unchanged' && state !== 'undone';
}

function stepOf({ steps }: RunView, id: string): SchemaStep {
  const found = steps.find((step) => step.id === id);
  if (found === undefined) throw new TypeError(`nextInstruction: no step ${id}`);
  return found;
}

function firstOf(running: Iterable<string>, ready: Iterable<string>): string {
  for (const id of [...running, ...ready]) return id;
  throw new TypeError('nextInstruction: the saga offers no step');
}
