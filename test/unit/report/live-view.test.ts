import { expect, test } from 'vitest';
import type { EventBody } from '../../../src/model/event.ts';
import { emptyLive, live, liveFrame, type LiveState } from '../../../src/report/live/live-view.ts';

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

test('staging shows how far it is, how fast, how long it takes, and what is under way', () => {
  const figures = {
    doneBytes: 3 * 2 ** 20,
    totalBytes: 12 * 2 ** 20,
    fetchedBytes: 2 ** 20,
    reusedBytes: 2 * 2 ** 20,
    bytesPerSecond: 1.5 * 2 ** 20,
    remainingMs: 6000,
    files: [{ path: 'bin/server', doneBytes: 1024, totalBytes: 4096, bytesPerSecond: 512, remainingMs: 6000 }],
  };
  const of = (name: string): EventBody => ({
    type: 'step-progress',
    step: name,
    target: `node/${name}`,
    phase: 'stage',
    ...figures,
  });
  expect(
    liveFrame(after(begun(2), started('a'), of('a'), of('b'), of('c')), 5000, 120, 24)
      .split('\n')
      .slice(1),
  ).toEqual([
    '  node/a  stage 1  stage         4s  3 MiB of 12 MiB, 1.5 MiB/s, 6s left',
    '    bin/server  1 KiB of 4 KiB, 512 B/s, 6s left',
    '  staging ahead: 2 to go, 6 MiB of 24 MiB, 3 MiB/s, 6s left',
    '    node/b bin/server  1 KiB of 4 KiB, 512 B/s, 6s left',
    '    node/c bin/server  1 KiB of 4 KiB, 512 B/s, 6s left',
  ]);
  expect(liveFrame(after(begun(2), of('b')), 5000, 120, 24).split('\n')).toContain(
    '    bin/server  1 KiB of 4 KiB, 512 B/s, 6s left',
  );
  // Nobody knows when the last of them is there.
  const stalled = { ...of('c'), bytesPerSecond: 0, remainingMs: undefined } as unknown as EventBody;
  expect(liveFrame(after(begun(2), of('b'), stalled), 5000, 120, 24).split('\n')[1]).toBe(
    '  staging ahead: 2 to go, 6 MiB of 24 MiB, 1.5 MiB/s',
  );
  const many = Array.from({ length: 9 }, (_, index) => String(index));
  for (const rows of [4, 6, 8, 12, 24]) {
    const frame = liveFrame(after(begun(9), ...many.slice(0, 4).map(started), ...many.map(of)), 5000, 120, rows);
    expect(frame.split('\n').length).toBeLessThanOrEqual(rows);
  }
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
