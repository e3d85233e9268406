import { expect, test } from 'vitest';
import { createSaga } from '../../../src/saga/machine.ts';
import type { SagaProgram } from '../../../src/saga/program.ts';

const line: SagaProgram = {
  operation: 'op',
  onFailure: 'undo',
  undoFailed: true,
  steps: [
    { id: 'a', needs: [], undo: 'none' },
    { id: 'b', needs: ['a'], undo: 'inverse' },
    { id: 'c', needs: ['b'], undo: 'inverse' },
  ],
};

function ready(saga: ReturnType<typeof createSaga>): string[] {
  const decision = saga.next();
  return 'ready' in decision ? [...decision.ready] : [];
}

test('a step becomes ready only when what it needs is done', () => {
  const saga = createSaga(line);
  expect(ready(saga)).toEqual(['a']);
  saga.record({ step: 'a', event: 'begin' });
  expect(ready(saga)).toEqual([]);
  saga.record({ step: 'a', event: 'done' });
  expect(ready(saga)).toEqual(['b']);
});

test('a failure turns, undoes the failed step and the done ones newest first, and ends undone', () => {
  const saga = createSaga(line, [
    { step: 'a', event: 'begin' },
    { step: 'a', event: 'done' },
    { step: 'b', event: 'begin' },
    { step: 'b', event: 'done' },
    { step: 'c', event: 'begin' },
    { step: 'c', event: 'failed' },
  ]);
  expect(saga.next()).toEqual({ kind: 'turn', because: 'c' });
  saga.record({ step: null, event: 'turn' });
  expect(ready(saga)).toEqual(['c', 'b']);
  for (const step of ['c', 'b']) {
    saga.record({ step, event: 'undo-begin' });
    saga.record({ step, event: 'undone' });
  }
  expect(saga.next()).toEqual({ kind: 'finish', result: { kind: 'undone', failed: ['c'] } });
});

test('a step in doubt after a crash is reported as running and may begin again', () => {
  const saga = createSaga(line, [
    { step: 'a', event: 'done' },
    { step: 'b', event: 'begin' },
  ]);
  const decision = saga.next();
  expect(decision.kind === 'run' && [...decision.running]).toEqual(['b']);
  saga.record({ step: 'b', event: 'begin' });
  saga.record({ step: 'b', event: 'done' });
  expect(ready(saga)).toEqual(['c']);
});

test('an undo that fails leaves the rest to be undone and ends incomplete', () => {
  const saga = createSaga(line, [
    { step: 'a', event: 'done' },
    { step: 'b', event: 'done' },
    { step: 'c', event: 'begin' },
    { step: 'c', event: 'failed' },
    { step: null, event: 'turn' },
    { step: 'c', event: 'undo-begin' },
    { step: 'c', event: 'undo-failed' },
  ]);
  expect(ready(saga)).toEqual(['b']);
  saga.record({ step: 'b', event: 'undo-begin' });
  saga.record({ step: 'b', event: 'undone' });
  expect(saga.next()).toEqual({ kind: 'finish', result: { kind: 'undo-incomplete', failed: ['c'], left: ['c'] } });
});

test('an entry that cannot follow is refused', () => {
  const saga = createSaga(line);
  expect(() => saga.record({ step: 'b', event: 'begin' })).toThrow(/before what it needs/u);
  expect(() => saga.record({ step: 'x', event: 'begin' })).toThrow(/unknown step/u);
});
