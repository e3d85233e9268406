import { describe, expect, test } from 'vitest';
import { digestJson } from '../../../src/kernel/digest.ts';
import type { EventBody, ThemisEvent } from '../../../src/model/event.ts';
import { createEventLines } from '../../../src/report/live/event-lines.ts';
import { historyTable } from '../../../src/report/history-table.ts';
import { emptyLive, live, liveFrame, type LiveState } from '../../../src/report/live/live-view.ts';
import { statusTable, type StatusView } from '../../../src/report/status-table.ts';

const startMs = Date.UTC(2026, 0, 1);
const stamp = (seconds: number): string => new Date(startMs + seconds * 1000).toISOString();
const event = (seconds: number, body: EventBody): ThemisEvent => ({ at: stamp(seconds), ...body });

const started = event(0, {
  type: 'execution-started',
  execution: 'apply-1',
  planDigest: digestJson(1),
  resumed: false,
  steps: 4,
});
const begun = (name: string, seconds: number): ThemisEvent =>
  event(seconds, {
    type: 'step-started',
    step: name,
    target: `node/${name}`,
    kind: 'node-update',
    stage: 1,
    direction: 'forward',
  });
const progress = (
  name: string,
  phase: 'stage' | 'drain' | 'switch',
  seconds: number,
  doneBytes?: number,
): ThemisEvent =>
  event(seconds, {
    type: 'step-progress',
    step: name,
    target: `node/${name}`,
    phase,
    ...(doneBytes === undefined ? {} : { doneBytes, totalBytes: 2048 }),
  });
const done = (name: string, seconds: number): ThemisEvent =>
  event(seconds, {
    type: 'step-finished',
    step: name,
    target: `node/${name}`,
    outcome: { kind: 'done' },
    durationMs: 10_000,
    direction: 'forward',
  });

describe('lines', () => {
  test('what to do about a failure stands below it', () => {
    const failure = { code: 'IO', message: 'no', retry: 'human', hint: 'Do it.' } as const;
    const failed = event(1, {
      type: 'step-finished',
      step: 'a',
      target: 'node/a',
      outcome: { kind: 'failed', failure },
      durationMs: 1,
      direction: 'forward',
    });
    expect(createEventLines()(failed)).toBe('00:00:01 node/a: failed: no\nhint: Do it.');
  });

  test('a staging that is through says once what it cost', () => {
    const lineOf = createEventLines();
    const staged = (doneBytes: number, reusedBytes: number): ThemisEvent =>
      event(1, {
        type: 'step-progress',
        step: 'a',
        target: 'node/a',
        phase: 'stage',
        doneBytes,
        totalBytes: 4096,
        fetchedBytes: 1024,
        reusedBytes,
      });
    expect([staged(1024, 0), staged(2048, 0), staged(4096, 3072), staged(4096, 3072)].map(lineOf)).toEqual([
      '00:00:01 node/a: stage',
      undefined,
      '00:00:01 node/a: staged 4 KiB: 1 KiB fetched, 3 KiB were there',
      undefined,
    ]);
  });

  test('a staging that lasts says how far it is, every half minute', () => {
    const lineOf = createEventLines();
    const at = (second: number, more: object) =>
      lineOf(
        event(second, { type: 'step-progress', step: 'a', target: 'node/a', phase: 'stage', ...more } as EventBody),
      );
    const figures = { totalBytes: 240 * 2 ** 20, fetchedBytes: 1, reusedBytes: 0 };
    const half = { ...figures, doneBytes: 120 * 2 ** 20, bytesPerSecond: 20 * 2 ** 20, remainingMs: 6000 };
    const lines = [
      at(0, {}),
      ...Array.from({ length: 29 }, (_, index) => at(index + 1, half)),
      at(30, half),
      at(31, half),
      // Silence: neither a rate nor an end.
      at(62, { ...figures, doneBytes: 120 * 2 ** 20, bytesPerSecond: 0 }),
      at(99, { ...figures, doneBytes: 240 * 2 ** 20 }),
      at(140, { ...figures, doneBytes: 240 * 2 ** 20 }),
    ];
    expect(lines.filter((line) => line !== undefined)).toEqual([
      '00:00:00 node/a: stage',
      '00:00:30 node/a: staging 120 MiB of 240 MiB, 20 MiB/s, 6s left',
      '00:01:02 node/a: staging 120 MiB of 240 MiB',
      '00:01:39 node/a: staged 240 MiB: 1 B fetched',
    ]);
  });

  test('one line a phase change, none for a counter that moves, and no cursor codes', () => {
    const lineOf = createEventLines();
    const events = [
      started,
      begun('a', 1),
      progress('a', 'stage', 1, 1),
      progress('a', 'stage', 2, 2),
      progress('a', 'drain', 3),
      done('a', 10),
    ];
    const lines = events.map(lineOf).filter((line) => line !== undefined);
    expect(lines).toEqual([
      '00:00:00 started apply-1: 4 steps',
      '00:00:01 node/a: started (stage 1)',
      '00:00:01 node/a: stage',
      '00:00:03 node/a: drain',
      '00:00:10 node/a: done in 10s',
    ]);
  });

  test('failures, waits, moves and stops are told', () => {
    const lineOf = createEventLines();
    const failure = { code: 'UNHEALTHY', message: 'sick', retry: 'human' } as const;
    const told = (body: EventBody) => lineOf(event(0, body));
    expect(told({ type: 'rolling-back', because: 's', failure })).toContain('because s failed: sick');
    const waits = { type: 'waiting', detail: 'stage 1 waits', until: stamp(60) } as const;
    expect(told({ ...waits, on: 'evidence' })).toContain(`waits, at most until ${stamp(60)}`);
    expect(told({ ...waits, on: 'window' })).not.toContain(stamp(60));
    expect(told({ type: 'waiting', on: 'bake', detail: 'stage 1 bakes', until: stamp(60) })).toContain(
      `until ${stamp(60)}`,
    );
    expect(told({ type: 'leader-moved', cluster: 'c', from: 'a', to: 'b' })).toContain('b leads now, before a');
    expect(told({ type: 'leader-moved', cluster: 'c', from: null, to: 'b' })).toBeUndefined();
    const stopping = { type: 'stopping', signal: 'interrupt' } as const;
    expect(told({ ...stopping, inHand: ['a'], staging: ['b', 'c'] })).toContain('finishing a; no longer staging b, c');
    expect(told({ ...stopping, inHand: [], databases: ['database/d'], staging: [] })).toContain(
      'leaving database/d after the next statement or batch',
    );
    expect(told({ ...stopping, inHand: [], staging: [] })).toContain('nothing is in hand');
    const outcome = { kind: 'failed', failure } as const;
    expect(
      told({ type: 'step-finished', step: 'a', target: 'node/a', outcome, durationMs: 1, direction: 'back' }),
    ).toContain('not taken back: sick');
  });
});

describe('live view', () => {
  const play = (events: readonly ThemisEvent[]): LiveState => events.reduce(live, emptyLive);

  test('a frame tells share, ETA, phase, stage and bytes of what is in hand', () => {
    const state = play([started, begun('a', 0), done('a', 10), begun('b', 10), progress('b', 'stage', 11, 1024)]);
    const lines = liveFrame(state, startMs + 15_000, 100, 24).split('\n');
    expect(lines[0]).toBe('applying [======                  ] 1/4, 15s, about 30s left');
    expect(lines[1]).toBe('  node/b  stage 1  stage         5s  1 KiB of 2 KiB');
  });

  test('it is never wider than the terminal nor higher, however many nodes are in hand', () => {
    const many = Array.from({ length: 50 }, (_, index) => begun(`node-with-a-long-name-${index}`, 1));
    const lines = liveFrame(play([started, ...many]), startMs, 30, 10).split('\n');
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(lines.at(-1)).toBe('  and 43 more');
  });

  test('a rollback turns the bar around; a wait and a stop are said', () => {
    const failure = { code: 'UNHEALTHY', message: 'sick', retry: 'human' } as const;
    const back = play([
      started,
      begun('a', 0),
      done('a', 10),
      event(11, { type: 'rolling-back', because: 'b', failure }),
    ]);
    expect(liveFrame(back, startMs, 100, 24)).toContain('rolling back [');
    const waiting = play([
      started,
      event(1, { type: 'waiting', on: 'approval', detail: 'stage 1 waits', until: null }),
    ]);
    expect(liveFrame(waiting, startMs, 100, 24)).toContain('waiting: stage 1 waits');
    const stopping = play([started, event(1, { type: 'stopping', signal: 'interrupt', inHand: [], staging: [] })]);
    expect(liveFrame(stopping, startMs, 100, 24)).toContain('once more to leave at once');
  });
});

describe('tables', () => {
  test('history: newest first as given, open executions say how they go on', () => {
    const row = {
      id: 'apply-1',
      kind: 'apply',
      planDigest: digestJson(1),
      targetDigest: digestJson(2),
      startedAt: stamp(0),
      by: 'me@host',
      revision: 'abcdef0123456789',
    };
    const end = { finishedAt: stamp(90), result: 'rolled-back', exitCode: 6, detail: 'b failed' };
    const lines = historyTable([
      { ...row, id: 'apply-2', end: null },
      { ...row, end },
    ]).split('\n');
    expect(lines[1]).toMatch(/^apply-2 .* open .*run apply again/u);
    expect(lines[2]).toMatch(/^apply-1 .*1m 30s.* rolled-back .*6.*abcdef0123 .*b failed$/u);
    expect(historyTable([])).toContain('Nothing has been applied');
  });

  test('status: nodes, stages, conditions', () => {
    const node = {
      cluster: 'c',
      desired: { db: '1.5.0' },
      role: 'leader',
      health: 'healthy',
      drift: 2,
      window: 'open',
      note: '',
    };
    const said = { answer: 'fail', at: stamp(2), target: digestJson(2), because: 'errors: 10 %' } as const;
    const verdict = { id: '0123456789abcdef', stage: 1, gate: 'errors', ...said };
    const view: StatusView = {
      fleet: { name: 'orders', uid: 'u' },
      revision: null,
      nodes: [
        { ...node, name: 'a', observed: { db: '1.4.0' } },
        { ...node, name: 'b', desired: { db: '1.5.0', other: '1.0.0' }, observed: null },
      ],
      rollout: {
        target: 'abc',
        startedAt: stamp(0),
        hops: [
          { leadsTo: 'themisdb 1.4.5', stages: [{ stage: 1, nodes: 2, completedAt: stamp(0), promotedAt: stamp(0) }] },
        ],
        stages: [{ stage: 1, nodes: 2, updated: 1, completedAt: stamp(1), promotedAt: null }],
        verdicts: [verdict],
      },
      conditions: [{ type: 'Ready', status: false, reason: '1 of 2 nodes do not' }],
    };
    const text = statusTable(view);
    expect(text).toMatch(/^a +c +1\.5\.0 +1\.4\.0 +leader +healthy +2 files +open$/mu);
    expect(text).toMatch(/^b +c +db 1\.5\.0, other 1\.0\.0 +\? /mu);
    expect(text).toMatch(/^themisdb 1\.4\.5 +1 +2 +promoted/mu);
    expect(text).toMatch(/target +1 +1 of 2 +bakes, or waits/u);
    expect(text).toMatch(/^0123456789abcdef +1 +errors +fail .* errors: 10 %$/mu);
    expect(text).toMatch(/^Ready +False +1 of 2 nodes do not$/mu);
  });
});
