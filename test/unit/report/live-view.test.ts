import { expect, test } from 'vitest';
import type { EventBody } from '../../../src/model/event.ts';
import { emptyLive, live, liveFrame, type LiveState } from '../../../src/report/live-view.ts';

const digest = `sha256:${'0'.repeat(64)}` as const;

/** Each event comes one second after the one before. */
function after(...events: readonly EventBody[]): LiveState {
  return events.reduce<LiveState>(
    (state, event, index) => live(state, { at: new Date(index * 1000).toISOString(), ...event }),
    emptyLive,
  );
}

function begun(steps: number): EventBody {
  return { type: 'execution-started', execution: 'apply-1', planDigest: digest, resumed: false, steps };
}

function started(name: string): EventBody {
  return {
    type: 'step-started',
    step: name,
    target: `node/${name}`,
    kind: 'node-update',
    stage: 1,
    direction: 'forward',
  };
}

function finished(step: string, target: string, durationMs: number): EventBody {
  return { type: 'step-finished', step, target, outcome: { kind: 'done' }, durationMs, direction: 'forward' };
}

function staged(name: string, doneBytes: number): EventBody {
  return { type: 'step-progress', step: name, target: `node/${name}`, phase: 'stage', doneBytes, totalBytes: 10 };
}

test('a gate that opens does not make the nodes look faster', () => {
  const state = after(begun(6), finished('a', 'node/a', 4000), finished('g', 'stage/1', 0));
  expect(liveFrame(state, 3000, 100, 24)).toBe('applying [========                ] 2/6, 3s, about 16s left');
});

test('what is staged ahead is told until it is whole or has its turn', () => {
  expect(liveFrame(after(begun(2), staged('a', 1), staged('b', 1)), 2000, 100, 24)).toContain('staging ahead: 2 to go');
  expect(after(begun(2), staged('a', 1), staged('b', 1), staged('a', 10), started('b')).staging.size).toBe(0);
});

test('a frame never has more lines or columns than the terminal', () => {
  const names = Array.from({ length: 50 }, (_, index) => `node-${index}`);
  const state = after(begun(60), ...names.map(started), staged('x', 1), {
    type: 'waiting',
    on: 'bake',
    detail: 'x'.repeat(300),
    until: null,
  });
  for (const [columns, rows] of [
    [100, 24],
    [40, 10],
    [20, 6],
  ] as const) {
    const lines = liveFrame(state, 60_000, columns, rows).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  }
});
