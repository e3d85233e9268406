/** Steps in databases among those on nodes: the stepper holds them, waits for them, and goes back around them. */
import { describe, expect, test } from 'vitest';
import { ThemisError, toFailure } from '../../../src/kernel/error.ts';
import { formatInstant } from '../../../src/kernel/units/instant.ts';
import type { JournalEntry, JournalEvent } from '../../../src/model/journal.ts';
import type { ObservedDatabase } from '../../../src/model/schema/database.ts';
import { desiredMigration, observedDatabase, open } from '../../support/schema-fixture.ts';
import { planOf, schema, seen, update } from '../../support/plans.ts';
import { setUp, startMs, trio } from '../../support/stepper.ts';

const [expand, migrate, contract] = ['orders/expand', 'orders/migrate', 'orders/contract'] as const;
const updates = trio.map(({ name }) => update(name, { needs: [expand] }));
const steps = [
  schema('schema-expand', []),
  ...updates,
  schema(
    'schema-migrate',
    updates.map(({ id }) => id),
  ),
  schema('schema-contract', [migrate], { irreversible: { why: 'a column is gone' } }),
];

type Run = ReturnType<typeof setUp>;

function tell({ stepper }: Run, step: string, event: JournalEvent, detail = {}): void {
  const failure = event === 'failed' ? { failure: toFailure(new ThemisError('DATABASE_CONFLICT', 'twice')) } : {};
  stepper.record({ step, event, at: formatInstant(startMs), detail, ...failure });
}

function carryOut(run: Run, step: string): void {
  expect(run.next()).toEqual({ kind: 'go', look: [], promote: [], fail: [], schema: [step] });
  tell(run, step, 'begin');
  tell(run, step, 'done');
}

function updateAll(run: Run): void {
  for (const name of ['b', 'c', 'a']) {
    expect(run.look()).toEqual([name]);
    run.done(name);
  }
}

describe('the way there', () => {
  test('expand, then the nodes, then data, then contract; each is taken in hand once', () => {
    const run = setUp({ steps });
    expect(run.next()).toMatchObject({ kind: 'go', schema: [expand], look: [] });
    expect(run.next()).toMatchObject({ kind: 'wait', on: null });
    tell(run, expand, 'begin');
    expect([run.next(), run.stepper.inHand()]).toMatchObject([{ kind: 'wait', on: null }, [expand]]);
    tell(run, expand, 'done');
    updateAll(run);
    carryOut(run, migrate);
    carryOut(run, contract);
    expect(run.next()).toEqual({ kind: 'finish', end: { kind: 'done' } });
    expect(run.stepper.changed).toBe(true);
  });

  test('what was found done changes nothing, and the nodes go on', () => {
    const run = setUp({ steps });
    run.next();
    tell(run, expand, 'begin');
    tell(run, expand, 'unchanged');
    expect(run.stepper.changed).toBe(false);
    expect(run.look()).toEqual(['b']);
  });

  test('a step of a database counts for no node: as many as may be are in hand beside it', () => {
    const run = setUp({ steps: [schema('schema-expand', []), update('b')], policy: { parallelism: 1 } });
    expect(run.next()).toMatchObject({ kind: 'go', look: ['b/update/1.5.0'], schema: [expand] });
  });

  test('what may start in one database at the same time is carried out one after the other', () => {
    const other = schema('schema-migrate', [], { id: 'orders/migrate-2' });
    const elsewhere = schema('schema-expand', [], { id: 'stock/expand', target: 'database/stock' });
    const run = setUp({ steps: [schema('schema-contract', []), other, elsewhere] });
    expect(run.next()).toMatchObject({ kind: 'go', schema: [contract, elsewhere.id] });
    expect(run.next()).toMatchObject({ kind: 'wait', on: null });
    for (const event of ['begin', 'done'] as const) tell(run, contract, event);
    expect(run.next()).toMatchObject({ kind: 'go', schema: [other.id] });
  });

  test('what is open in a database comes first there: nothing else is let in before it has ended', () => {
    const later = schema('schema-expand', []);
    const cut = schema('schema-contract', [], { params: { ...later.params, migration: 'cut' } });
    const state = observedDatabase(1, { open: open(desiredMigration('cut', 1), 'contract') });
    const first = (databases: readonly ObservedDatabase[]) => setUp({ steps: [later, cut], databases }).next();
    expect(first([])).toMatchObject({ schema: [expand] });
    expect(first([state])).toMatchObject({ schema: [contract] });
  });

  test('a deferred contract is left to another plan', () => {
    const deferred = [{ step: contract, reason: 'grace', until: null }];
    const run = setUp({ steps, change: planOf(steps, [], { deferred }) });
    carryOut(run, expand);
    updateAll(run);
    carryOut(run, migrate);
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'not-finished', over: true, refused: false } });
  });
});

describe('what comes in between', () => {
  test('a soft stop begins nothing more; what is released is offered again, and ends the run', () => {
    const run = setUp({ steps });
    run.next();
    tell(run, expand, 'begin');
    run.stepper.stop({ kind: 'interrupted' });
    expect(run.next()).toMatchObject({ kind: 'wait', on: null });
    run.stepper.release(expand);
    expect(run.stepper.isInDoubt(expand)).toBe(true);
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'stopped', stop: { kind: 'interrupted' } } });
  });

  test('stopped before its first entry, it does not begin', () => {
    const run = setUp({ steps });
    run.next();
    run.stepper.stop({ kind: 'suspended', by: 'ops', reason: 'x' });
    expect(run.stepper.mayBegin(expand)).toBe(false);
  });

  test.each([
    ['expand', [[expand, 'begin']], expand],
    ['data', [[expand, 'done'], ...updates.map(({ id }) => [id, 'done']), [migrate, 'begin']], migrate],
  ] as const)('cut off in %s, the next run begins it anew', (_, entries, step) => {
    const run = setUp({ steps, journal: entries.flatMap(([id, event]) => journalOf(id, event as 'begin' | 'done')) });
    expect(run.next()).toEqual({ kind: 'go', look: [], promote: [], fail: [], schema: [step] });
    expect(run.stepper.mayBegin(step)).toBe(true);
  });
});

let seq = 0;
function journalOf(step: string, event: 'begin' | 'done'): JournalEntry[] {
  const entry = { operation: 'e', step, at: formatInstant(startMs), token: 1 };
  const begin: JournalEntry = { ...entry, seq: seq++, event: 'begin' };
  return event === 'begin' ? [begin] : [begin, { ...entry, seq: seq++, event }];
}

describe('failure', () => {
  test.each(['rollback', 'pause'] as const)('of an expand: no node is touched, nobody turns (%s)', (onFailure) => {
    const run = setUp({ steps, policy: { onFailure } });
    run.next();
    tell(run, expand, 'begin');
    tell(run, expand, 'failed', { asBefore: true, refused: false });
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'paused', failed: [{ step: expand }] } });
    expect(run.stepper.notRun()).toEqual([...updates.map(({ id }) => id), migrate, contract]);
  });

  test('of a node: nodes go back, the expanded schema stays', () => {
    const run = setUp({ steps });
    carryOut(run, expand);
    run.look();
    run.done('b');
    run.look();
    run.record('c', 'begin');
    run.record('c', 'failed', { asBefore: true });
    expect(run.next()).toMatchObject({ kind: 'turn', because: 'c/update/1.5.0' });
    run.record('', 'turn');
    goBack(run, 'b');
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'undone' } });
  });

  test('behind an expand between two hops nodes go back all the same', () => {
    const first = update('b', { hop: 1 });
    const run = setUp({ steps: [first, schema('schema-expand', [first.id]), update('c', { needs: [expand] })] });
    failSecond(run, expand);
    goBack(run, 'b');
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'undone' } });
  });

  test('nothing goes back behind a contract, and a person is told', () => {
    const gone = { irreversible: { why: 'a column is gone' } };
    const first = update('b', { hop: 1 });
    const between = [schema('schema-migrate', [first.id]), schema('schema-contract', [migrate], gone)];
    const run = setUp({ steps: [first, ...between, update('c', { needs: [contract] })] });
    failSecond(run, migrate, contract);
    expect(run.next()).toMatchObject({
      kind: 'finish',
      end: { kind: 'undo-incomplete', left: ['b/update/1.5.0', contract] },
    });
  });

  test('cut off in a contract beside a failure, it is seen to its end before anything turns', () => {
    const gone = { irreversible: { why: 'a column is gone' } };
    const own = [update('b'), schema('schema-contract', [], gone)];
    const failed = {
      ...journalOf('b/update/1.5.0', 'begin')[0]!,
      event: 'failed',
      detail: { asBefore: true },
    } as const;
    const run = setUp({
      steps: own,
      journal: [...journalOf(contract, 'begin'), ...journalOf('b/update/1.5.0', 'begin'), failed],
    });
    expect(run.next()).toEqual({ kind: 'go', look: [], promote: [], fail: [], schema: [contract] });
    expect(run.stepper.mayBegin(contract)).toBe(true);
    tell(run, contract, 'done');
    expect(run.next()).toMatchObject({ kind: 'turn', because: 'b/update/1.5.0' });
  });

  function failSecond(run: Run, ...between: readonly string[]): void {
    expect(run.look()).toEqual(['b']);
    run.done('b');
    for (const step of between) carryOut(run, step);
    expect(run.look()).toEqual(['c']);
    run.record('c', 'begin');
    run.record('c', 'failed', { asBefore: true });
    run.record('', 'turn');
  }

  function goBack(run: Run, name: string): void {
    expect(run.look()).toEqual([name]);
    run.record(name, 'undo-begin');
    run.report(name, { packages: seen(name, '1.4.0').packages });
    run.record(name, 'undone');
  }
});
