import { describe, expect, test } from 'vitest';
import { stageApproval } from '../../../src/fleet/approval.ts';
import {
  abandonRollout,
  completeStage,
  finishRollout,
  liftQuarantine,
  measure,
  membershipOf,
  p95,
  promoteStage,
  quarantine,
  startRollout,
} from '../../../src/fleet/rollout.ts';
import { maySkew, minorDistance } from '../../../src/fleet/line/skew.ts';
import { standingOf } from '../../../src/fleet/line/state-match.ts';
import { conclude, type Hands } from '../../../src/fleet/execute/conclusion.ts';
import { digestJson } from '../../../src/kernel/digest.ts';
import { ThemisError, toFailure, type ErrorCode } from '../../../src/kernel/error.ts';
import { emptyRecord } from '../../../src/model/rollout-record.ts';
import { has, planOf, promote, seen, update } from '../../support/plans.ts';

const target = digestJson('target');
const first = { stage: 1, leadsTo: null };
const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-02T00:00:00.000Z';

describe('rollout record', () => {
  test('nodes that come later join their stage, and no gate before them counts as passed', () => {
    const started = promoteStage(startRollout(emptyRecord, target, [['b'], []], at), { stage: 1, leadsTo: null }, at);
    const { stages } = startRollout(started, target, [['b', 'a'], ['c']], later).current!;
    expect(stages).toEqual([
      { nodes: ['a', 'b'], completedAt: at, promotedAt: null },
      { nodes: ['c'], completedAt: null, promotedAt: null },
    ]);
  });

  test('stage membership is fixed by the first start for a target and made anew for another', () => {
    const started = startRollout(emptyRecord, target, [['a'], ['b']], at);
    expect(startRollout(started, target, [['b'], ['a']], later)).toBe(started);
    expect(startRollout(started, target, [['b']], later)).toBe(started);
    expect(startRollout(started, digestJson('other'), [['b']], later).current).toMatchObject({ startedAt: later });
  });

  test('completion and promotion are kept from the first time', () => {
    const started = startRollout(emptyRecord, target, [['a'], ['b']], at);
    const done = completeStage(completeStage(started, first, at), first, later);
    expect(done.current?.stages[0]).toMatchObject({ completedAt: at, promotedAt: null });
    expect(promoteStage(done, first, later).current?.stages[0]).toMatchObject({ completedAt: at, promotedAt: later });
    expect(promoteStage(done, { ...first, stage: 7 }, later)).toBe(done);
    expect(finishRollout(done, later).current?.stages.map((one) => one.promotedAt)).toEqual([later, later]);
    expect(abandonRollout(done).current).toBeNull();
  });

  test('a target is in quarantine once, until it is lifted', () => {
    const twice = quarantine(quarantine(emptyRecord, target, at, 'a'), target, later, 'b');
    expect(twice.quarantine).toEqual([{ target, at: later, reason: 'b' }]);
    expect(liftQuarantine(twice, digestJson('other')).quarantine).toHaveLength(1);
    expect(liftQuarantine(twice, target).quarantine).toEqual([]);
    expect(liftQuarantine(twice).quarantine).toEqual([]);
  });

  test('estimates are the p95 of the last fifty', () => {
    expect(p95([])).toBeNull();
    expect(p95(Array.from({ length: 100 }, (_, index) => index + 1))).toBe(95);
    const old = measure(emptyRecord, { update: [9999], rollback: [] });
    const full = measure(old, { update: Array.from({ length: 50 }, () => 100), rollback: [] });
    expect(full.estimates).toEqual({ updateMs: 100, rollbackMs: null });
    expect(full.durations?.update).toHaveLength(50);
  });

  test('phases of migrations are measured each for itself', () => {
    const once = measure(emptyRecord, { update: [], rollback: [], schema: { expand: [5], undo: [7] } });
    expect(once.estimates).toEqual({ updateMs: null, rollbackMs: null, schemaMs: { expand: 5, undo: 7 } });
    const twice = measure(once, { update: [1], rollback: [], schema: { expand: Array.from({ length: 50 }, () => 9) } });
    expect(twice.estimates).toEqual({ updateMs: 1, rollbackMs: null, schemaMs: { expand: 9, undo: 7 } });
    expect(twice.durations?.schema?.expand).toHaveLength(50);
    expect(measure(twice, { update: [], rollback: [] }).estimates).toEqual(twice.estimates);
  });

  test('membership as far as a plan tells it', () => {
    const plan = planOf([update('a'), promote(1, []), update('b', { stage: 3 })], []);
    expect(membershipOf(plan)).toEqual([['a'], [], ['b']]);
  });
});

describe('approval of a stage', () => {
  const approval = {
    name: 'n',
    target,
    subject: { kind: 'stage', stage: 2 },
    by: 'o',
    reason: 'r',
    expiresAt: later,
  } as const;
  const nowMs = Date.parse(at);

  test('bound to target and stage, and to its expiry', () => {
    expect(stageApproval([approval], target, 2, nowMs)).toBe('approved');
    expect(stageApproval([approval], target, 3, nowMs)).toBe('absent');
    expect(stageApproval([approval], digestJson('other'), 2, nowMs)).toBe('absent');
    expect(stageApproval([approval], target, 2, Date.parse(later))).toBe('invalid');
    expect(stageApproval([approval, { ...approval, expiresAt: undefined }], target, 2, Date.parse(later))).toBe(
      'approved',
    );
    expect(stageApproval([{ ...approval, expiresAt: 'soon' }], target, 2, nowMs)).toBe('invalid');
  });
});

describe('skew', () => {
  test('minors within a major, the first minor of the next major, nothing beyond', () => {
    expect(minorDistance('1.4.2', '1.6.0')).toBe(2);
    expect(minorDistance('1.9.0', '2.0.3')).toBe(1);
    expect(minorDistance('2.0.0-rc.1', '1.9.0')).toBe(1);
    expect(minorDistance('1.9.0', '2.1.0')).toBe(Infinity);
    expect(minorDistance('1.0.0', '3.0.0')).toBe(Infinity);
    expect(minorDistance('nightly', '1.0.0')).toBe(0);
  });

  test('a straggler may come closer, nobody may move further away', () => {
    expect(maySkew('1.4.0', '1.5.0', '1.4.0', 1)).toBe(true);
    expect(maySkew('1.4.0', '1.6.0', '1.4.0', 1)).toBe(false);
    expect(maySkew('1.2.0', '1.3.0', '1.5.0', 1)).toBe(true);
  });
});

describe('where a node stands', () => {
  test('only packages that the step names count', () => {
    const extra = { ...seen('a', '1.4.0').packages, other: seen('a', '9.9.9').packages['db']! };
    expect(standingOf(seen('a', '1.4.0', { packages: extra }), update('a'))).toBe('before');
    expect(standingOf(seen('a', '1.5.0'), update('a'))).toBe('after');
    expect(standingOf(seen('a', '1.3.0'), update('a'))).toBe('elsewhere');
    expect(standingOf(seen('a', '1.4.0', { packages: {} }), update('a', { before: { packages: {} } }))).toBe('before');
  });

  test('a repair is done when nothing has drifted', () => {
    const repair = update('a', { kind: 'node-repair', after: has('1.4.0') });
    const drift = [{ package: 'db', path: 'x', problem: 'changed' }] as const;
    expect(standingOf(seen('a', '1.4.0', { drift }), repair)).toBe('before');
    expect(standingOf(seen('a', '1.4.0'), repair)).toBe('after');
    expect(standingOf(seen('a', '1.5.0'), repair)).toBe('elsewhere');
  });
});

describe('how an execution ended', () => {
  const failed = (code: ErrorCode, refused = false) => [
    { step: 's', failure: toFailure(new ThemisError(code, 'why')), asBefore: true, refused },
  ];
  const stop = (stop: Parameters<typeof conclude>[0] & { kind: 'stopped' }) => stop;

  test.each([
    [conclude({ kind: 'done' }, 'forward', true), 'done', 0, true],
    [conclude({ kind: 'done' }, 'forward', false), 'nothing-to-do', 0, true],
    [conclude({ kind: 'undone', failed: failed('UNHEALTHY') }, 'back', true), 'rolled-back', 6, true],
    [conclude({ kind: 'undone', failed: failed('SIGNATURE_INVALID', true) }, 'back', false), 'paused', 4, true],
    [conclude({ kind: 'undone', failed: failed('SIGNATURE_INVALID', true) }, 'back', true), 'rolled-back', 6, true],
    [
      conclude({ kind: 'undo-incomplete', failed: failed('UNHEALTHY'), left: ['s'] }, 'back', true),
      'rollback-incomplete',
      7,
      true,
    ],
    [conclude({ kind: 'paused', failed: failed('UNHEALTHY') }, 'forward', true), 'paused', 1, true],
    [conclude({ kind: 'paused', failed: failed('ROLLBACK_INCOMPLETE') }, 'forward', true), 'paused', 7, true],
    [
      conclude({ kind: 'not-finished', detail: '', refused: false, over: false }, 'forward', true),
      'not-finished',
      9,
      false,
    ],
    [
      conclude({ kind: 'not-finished', detail: '', refused: false, over: true }, 'forward', true),
      'not-finished',
      9,
      true,
    ],
    [
      conclude({ kind: 'not-finished', detail: '', refused: true, over: false }, 'forward', true),
      'not-finished',
      4,
      false,
    ],
    [conclude({ kind: 'stalled', detail: '' }, 'forward', true), 'paused', 1, false],
    [conclude({ kind: 'stalled', detail: '' }, 'back', true), 'rollback-incomplete', 7, false],
    [conclude(stop({ kind: 'stopped', stop: { kind: 'interrupted' } }), 'forward', true), 'interrupted', 130, false],
    [conclude(stop({ kind: 'stopped', stop: { kind: 'cancelled', by: 'x' } }), 'forward', true), 'cancelled', 1, true],
    [
      conclude(stop({ kind: 'stopped', stop: { kind: 'suspended', by: 'x', reason: 'y' } }), 'forward', true),
      'not-finished',
      9,
      false,
    ],
    [
      conclude(stop({ kind: 'stopped', stop: { kind: 'stale', step: 's', detail: '' } }), 'forward', true),
      'stale',
      8,
      true,
    ],
    [
      conclude(
        stop({ kind: 'stopped', stop: { kind: 'lost', step: 's', failure: failed('UNREACHABLE')[0]!.failure } }),
        'back',
        true,
      ),
      'rollback-incomplete',
      7,
      false,
    ],
  ] as const)('%o', (conclusion, result, code, closes) => {
    expect([conclusion.result, conclusion.exitCode, conclusion.closes]).toEqual([result, code, closes]);
  });

  test('an interrupted run says of every node what became of it', () => {
    const end = stop({ kind: 'stopped', stop: { kind: 'interrupted' } });
    const none = { finished: [], left: [], databases: [], stopped: [], staging: [] };
    const detail = (hands: Partial<Hands>) => conclude(end, 'forward', true, [], { ...none, ...hands }).detail;
    expect(detail({})).toBe('nothing was in hand');
    expect(detail({ finished: ['node/a'] })).toBe('what was in hand came to its end: node/a');
    expect(detail({ databases: ['database/d'] })).toBe('work was stopped and goes on from there next time: database/d');
    expect(detail({ left: ['node/a'], stopped: ['node/b'], staging: ['node/c'] })).toBe(
      'not waited for, each ends by itself: node/a; staging was stopped and goes on from there next time: node/b; staging has not stopped: node/c',
    );
  });
});
