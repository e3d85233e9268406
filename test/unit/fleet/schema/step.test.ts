/** What comes next in a run, from its steps and its journal alone. */
import { expect, test } from 'vitest';
import {
  carriedEntries,
  leftSteps,
  markerOf,
  nextInstruction,
  type Entry,
  type RunView,
} from '../../../../src/fleet/schema/step.ts';
import type { SchemaAction, SchemaStep } from '../../../../src/model/schema/schema-step.ts';

const sql: SchemaAction = { kind: 'statements', statements: ['SELECT 1'] };
const bare: SchemaAction = { kind: 'bare', statements: ['SELECT 1'] };

function step(name: string, change: Partial<SchemaStep> = {}): SchemaStep {
  const operation = Number(name.split('/')[0]);
  return {
    id: `expand/${name}`,
    phase: 'expand',
    operation,
    title: name,
    action: bare,
    undo: sql,
    lock: 'none',
    rewrites: false,
    ...change,
  };
}

function entries(...lines: readonly string[]): readonly Entry[] {
  return lines.map((line) => {
    const words = line.split(' ');
    const event = words.at(-1) as Entry['event'];
    return { step: words.length === 1 ? null : words[0]!, event };
  });
}

const marked = (operation: number): string => `${markerOf('expand', operation)} done`;
const untouched = (id: string): readonly Entry[] => [
  { step: id, event: 'begin' },
  { step: id, event: 'failed', detail: { untouched: true } },
];

function view(change: Partial<RunView>): RunView {
  return { phase: 'expand', operations: 2, onFailure: 'rollback', steps: [], entries: [], ...change };
}

const [a, b, c] = [step('0/a'), step('0/b'), step('1/c')];

test('an operation is expanded when everything before it is done', () => {
  expect(nextInstruction(view({ entries: entries('open') }))).toEqual({ kind: 'expand', operation: 0 });
  const one = view({ steps: [a], entries: entries('open', marked(0)) });
  expect(nextInstruction(one)).toEqual({ kind: 'do', step: a, takenUp: false });
  const two = view({ steps: [a], entries: entries('open', marked(0), 'expand/0/a done') });
  expect(nextInstruction(two)).toEqual({ kind: 'expand', operation: 1 });
});

test('operations without steps come to an end too', () => {
  const run = view({ entries: entries('open', marked(0), marked(1)) });
  expect(nextInstruction(run)).toEqual({ kind: 'close', outcome: 'done', left: [] });
});

test('a step that was begun and not ended is taken up again', () => {
  const run = view({ steps: [a], entries: entries('open', marked(0), 'expand/0/a begin') });
  expect(nextInstruction(run)).toEqual({ kind: 'do', step: a, takenUp: true });
});

const bFailed = entries('open', marked(0), 'expand/0/a done', 'expand/0/b begin', 'expand/0/b failed');

test('after a failure it turns, and takes back the failed step and then the ones before it', () => {
  const run = view({ steps: [a, b], entries: bFailed });
  expect(nextInstruction(run)).toEqual({ kind: 'turn', because: b.id });
  const turned = [...bFailed, ...entries('turn')];
  expect(nextInstruction({ ...run, entries: turned })).toEqual({ kind: 'undo', step: b, takenUp: false });
  const half = [...turned, ...entries(`${b.id} undo-begin`)];
  expect(nextInstruction({ ...run, entries: half })).toEqual({ kind: 'undo', step: b, takenUp: true });
  const back = [...half, ...entries(`${b.id} undone`)];
  expect(nextInstruction({ ...run, entries: back })).toEqual({ kind: 'undo', step: a, takenUp: false });
  const over = [...back, ...entries(`${a.id} undo-begin`, `${a.id} undone`)];
  expect(nextInstruction({ ...run, entries: over })).toEqual({ kind: 'close', outcome: 'undone', left: [] });
});

test('a step that failed before it had any effect is not taken back', () => {
  const journal = [...entries('open', marked(0), 'expand/0/a done'), ...untouched(b.id), ...entries('turn')];
  expect(nextInstruction(view({ steps: [a, b], entries: journal }))).toMatchObject({ kind: 'undo', step: a });
});

test('a refused operation takes back the ones before it', () => {
  const journal = [...entries('open', marked(0), 'expand/0/a done'), ...untouched(markerOf('expand', 1))];
  const run = view({ steps: [a], entries: journal });
  expect(nextInstruction(run)).toMatchObject({ kind: 'turn' });
  const turned = { ...run, entries: [...journal, ...entries('turn')] };
  expect(nextInstruction(turned)).toMatchObject({ kind: 'undo', step: a });
});

test('with pause it stops where it failed, and names what is done', () => {
  const run = view({ steps: [a, b], entries: bFailed, onFailure: 'pause' });
  expect(nextInstruction(run)).toEqual({ kind: 'close', outcome: 'stuck', left: [a.id, b.id] });
});

test('past something irreversible it stops instead of going half a way back', () => {
  const gone = step('0/a', { undo: { kind: 'irreversible', why: 'it is gone' } });
  expect(nextInstruction(view({ steps: [gone, b], entries: bFailed }))).toMatchObject({
    kind: 'close',
    outcome: 'stuck',
  });
  const failed = view({ steps: [b, step('0/x', { undo: gone.undo })], entries: [] });
  const journal = [...entries('open', marked(0), `${b.id} done`), ...untouched('expand/0/x')];
  expect(nextInstruction({ ...failed, entries: journal })).toMatchObject({ kind: 'turn' });
});

test('a step that does not go back keeps the ones before it', () => {
  const journal = [...bFailed, ...entries('turn', `${b.id} undo-begin`, `${b.id} undo-failed`)];
  expect(nextInstruction(view({ steps: [a, b], entries: journal }))).toEqual({
    kind: 'close',
    outcome: 'stuck',
    left: [a.id, b.id],
  });
});

test('an undo takes back what it was given, newest first, and passes over what leaves nothing', () => {
  const quiet = step('1/quiet', { undo: { kind: 'none' } });
  const journal = entries('open', `${a.id} done`, `${quiet.id} done`, `${c.id} done`, 'turn');
  const run = view({ phase: 'undo', steps: [a, quiet, c], entries: journal });
  expect(nextInstruction(run)).toMatchObject({ kind: 'undo', step: c });
  const one = { ...run, entries: [...journal, ...entries(`${c.id} undo-begin`, `${c.id} undone`)] };
  expect(nextInstruction(one)).toMatchObject({ kind: 'undo', step: a });
  expect(leftSteps(one)).toEqual([a]);
});

test('whoever goes on from a stuck run has what was done, and in doubt what was half done', () => {
  const run = view({ steps: [a, b], entries: bFailed, onFailure: 'pause' });
  const carried = carriedEntries(run, { carriedFrom: 1 });
  expect(carried.map(({ step, event }) => `${step} ${event}`)).toEqual([marked(0), `${a.id} done`, `${b.id} begin`]);
  expect(nextInstruction({ ...run, entries: carried })).toEqual({ kind: 'do', step: b, takenUp: true });
  const clean = view({ steps: [a, b], entries: [...entries('open', marked(0), `${a.id} done`), ...untouched(b.id)] });
  const again = { ...clean, entries: carriedEntries(clean, {}) };
  expect(nextInstruction(again)).toEqual({ kind: 'do', step: b, takenUp: false });
});
