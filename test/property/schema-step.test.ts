/**
 * Runs of random steps with random failures and kills, driven by the stepper alone. Effects are a stack: a step that
 * leaves something puts itself on it, its undo takes it off, and whoever takes off what is not the top breaks the order.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  carriedEntries,
  isTurned,
  leftSteps,
  markerOf,
  nextInstruction,
  verificationOf,
  type Entry,
  type RunView,
} from '../../src/fleet/schema/step.ts';
import type { SchemaAction, SchemaStep } from '../../src/model/schema/schema-step.ts';
import { runs } from '../support/runs.ts';

const atomic: SchemaAction = { kind: 'statements', statements: [] };
const bare: SchemaAction = { kind: 'bare', statements: [] };
const draft = fc.record({
  action: fc.constantFrom(atomic, bare),
  undo: fc.constantFrom<SchemaStep['undo']>(atomic, atomic, { kind: 'none' }, { kind: 'irreversible', why: 'gone' }),
});
/** What becomes of one thing that is carried out: `half` has its effect and is killed before that is recorded. */
const fate = fc.constantFrom('well', 'well', 'well', 'fails', 'half');
const migration = fc.record({
  operations: fc.array(fc.array(draft, { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  onFailure: fc.constantFrom<RunView['onFailure']>('rollback', 'pause'),
  verifies: fc.boolean(),
  fates: fc.array(fate, { maxLength: 40 }),
});

class Simulation {
  readonly stack: string[] = [];
  readonly happened = new Set<string>();
  readonly plan: readonly (readonly SchemaStep[])[];
  readonly fates: string[];

  constructor({
    operations,
    fates,
  }: {
    operations: readonly (readonly Pick<SchemaStep, 'action' | 'undo'>[])[];
    fates: readonly string[];
  }) {
    this.fates = [...fates];
    this.plan = operations.map((steps, operation) =>
      steps.map((step, index) => ({
        ...step,
        id: `expand/${operation}/${index}`,
        phase: 'expand',
        operation,
        title: '',
        lock: 'none',
        rewrites: false,
      })),
    );
  }

  /** Until it is closed. A kill loses what was not recorded, and the next process goes on from there. */
  drive(run: OpenRun): { outcome: string; left: readonly string[] } {
    for (let turns = 0; turns < 1000; turns += 1) {
      const next = nextInstruction(run);
      switch (next.kind) {
        case 'close':
          return next;
        case 'turn':
          run.entries.push({ step: null, event: 'turn' });
          break;
        case 'expand':
          run.steps.push(...this.plan[next.operation]!);
          run.entries.push({ step: markerOf('expand', next.operation), event: 'done' });
          break;
        case 'do':
          this.#carryOut(run, next.step, next.takenUp, true);
          break;
        case 'undo':
          this.#carryOut(run, next.step, next.takenUp, false);
          break;
        case 'verify':
          this.#verify(run);
      }
    }
    throw new Error('it does not end');
  }

  /** One record of its beginning and its end, after all steps. */
  #verify(run: OpenRun): void {
    const step = verificationOf('expand');
    expect([...this.happened]).toEqual(this.plan.flat().map(({ id }) => id));
    const fate = this.fates.shift() ?? 'well';
    if (fate === 'half') return;
    if (fate === 'well') run.entries.push({ step, event: 'begin' }, { step, event: 'done' });
    else run.entries.push({ step, event: 'begin' }, { step, event: 'failed', detail: { untouched: true } });
  }

  #carryOut(run: { entries: Entry[] }, step: SchemaStep, takenUp: boolean, isForward: boolean): void {
    const { id, action, undo } = step;
    const fate = this.fates.shift() ?? 'well';
    const isAtomic = (isForward ? action : undo).kind === 'statements';
    const events = isForward
      ? (['begin', 'done', 'failed'] as const)
      : (['undo-begin', 'undone', 'undo-failed'] as const);
    const [begin, done, failed] = events.map((event): Entry => ({ step: id, event })) as [Entry, Entry, Entry];
    const begun = takenUp ? [] : [begin];
    if (isAtomic) {
      // Killed before its commit, it has not happened.
      if (fate === 'half') return;
      if (fate === 'well') this.#effect(step, isForward);
      const untouched = isForward ? { detail: { untouched: true } } : {};
      run.entries.push(...begun, fate === 'well' ? done : { ...failed, ...untouched });
      return;
    }
    run.entries.push(...begun);
    if (fate !== 'fails' || isForward) this.#effect(step, isForward);
    if (fate !== 'half') run.entries.push(fate === 'well' ? done : failed);
  }

  /** Idempotent, as everything is that can be carried out twice. */
  #effect({ id, action, undo }: SchemaStep, isForward: boolean): void {
    const at = this.stack.indexOf(id);
    if (isForward) {
      this.happened.add(id);
      if (at < 0 && undo.kind !== 'none') this.stack.push(id);
    } else if (at >= 0) {
      expect(at).toBe(this.stack.length - 1);
      this.stack.pop();
    } else {
      // What happens wholly or not at all is not taken back where it did not.
      expect(action.kind).not.toBe('statements');
    }
  }
}

type OpenRun = RunView & { steps: SchemaStep[]; entries: Entry[] };

function goOn(run: OpenRun): OpenRun {
  return { ...run, steps: [...run.steps], entries: [...carriedEntries(run, {})] };
}

test('whatever fails and whenever it is killed, what is left is what is said to be left, and an undo takes all of it', () => {
  fc.assert(
    fc.property(migration, ({ operations, onFailure, verifies, fates }) => {
      const world = new Simulation({ operations, fates });
      const phase = 'expand';
      let run: OpenRun = { phase, operations: operations.length, onFailure, verifies, steps: [], entries: [] };
      let end = world.drive(run);
      // Whoever pauses looks and goes on, until there is nothing more to fail.
      for (let tries = 0; end.outcome === 'stuck' && !isTurned(run.entries) && tries < 50; tries += 1) {
        expect(leftSteps(run).map(({ id }) => id)).toEqual(world.stack);
        run = goOn(run);
        end = world.drive(run);
      }
      if (end.outcome === 'done') {
        expect([...world.happened]).toEqual(world.plan.flat().map(({ id }) => id));
        expect(run.entries.at(-1)?.step === verificationOf('expand')).toBe(verifies);
      }
      const left = leftSteps(run);
      expect(left.map(({ id }) => id)).toEqual(world.stack);
      if (end.outcome === 'undone') expect(left).toEqual([]);
      if (left.some(({ undo }) => undo.kind === 'irreversible')) return;
      // Nothing fails any more.
      world.fates.length = 0;
      const done = left.map(({ id }): Entry => ({ step: id, event: 'done' }));
      const undo = {
        ...run,
        phase: 'undo' as const,
        steps: [...left],
        entries: [...done, { step: null, event: 'turn' as const }],
      };
      expect(world.drive(undo).outcome).toBe('undone');
      expect(world.stack).toEqual([]);
    }),
    runs(50_000),
  );
});
