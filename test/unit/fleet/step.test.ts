import { describe, expect, test } from 'vitest';
import { ThemisError, toFailure } from '../../../src/kernel/error.ts';
import { formatInstant } from '../../../src/kernel/units/instant.ts';
import type { JournalEntry, JournalEvent } from '../../../src/model/journal.ts';
import { node, planOf, promote, seen, update } from '../../support/plans.ts';

import { setUp, startMs } from '../../support/stepper.ts';

describe('who goes next', () => {
  test('followers one at a time, the leader last', () => {
    const run = setUp();
    expect(run.look()).toEqual(['b']);
    expect(run.look()).toEqual([]);
    expect(run.verdict('b')).toBe('begin');
    run.done('b');
    expect(run.look()).toEqual(['c']);
    run.done('c');
    expect(run.look()).toEqual(['a']);
    run.done('a');
    expect(run.next()).toEqual({ kind: 'finish', end: { kind: 'done' } });
  });

  test('a follower that came to lead while it was in line goes back to the end of it', () => {
    const run = setUp();
    expect(run.look()).toEqual(['b']);
    run.report('a', { role: 'follower' });
    run.report('b', { role: 'leader' });
    expect(run.verdict('b')).toBe('later');
    expect(run.look()).toEqual(['a']);
    run.done('a');
    expect(run.look()).toEqual(['c']);
    run.done('c');
    expect(run.look()).toEqual(['b']);
  });

  test('a gate does not wait for a step that is postponed because its node leads, and counts on it otherwise', () => {
    const steps = [
      update('a'),
      update('b'),
      promote(1, ['a/update/1.5.0', 'b/update/1.5.0']),
      update('c', { stage: 2, needs: ['stage-1/promote'] }),
    ];
    const run = setUp({ steps, leader: 'a' });
    expect(run.look()).toEqual(['b']);
    run.done('b');
    expect(run.next()).toMatchObject({ kind: 'go', promote: ['stage-1/promote'] });
    const other = setUp({ steps, leader: 'c' });
    expect(other.look()).toEqual(['a']);
    other.done('a');
    expect(other.look()).toEqual(['b']);
  });

  test('parallelism bounds what is in hand over all clusters', () => {
    const nodes = ['p', 'q', 'r', 's'].map((name) => node(name, name));
    expect(setUp({ nodes, leader: undefined, policy: { parallelism: 3 } }).look()).toEqual(['p', 'q', 'r']);
  });

  test('a need between steps is kept', () => {
    const nodes = [node('p', 'x'), node('q', 'y')];
    const run = setUp({ nodes, steps: [update('p'), update('q', { needs: ['p/update/1.5.0'] })], leader: undefined });
    expect(run.look()).toEqual(['p']);
    expect(run.look()).toEqual([]);
    run.done('p');
    expect(run.look()).toEqual(['q']);
  });
});

describe('availability', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((name) => node(name));

  test('nodes down for any reason count against maxUnavailable, and one that is down costs nothing extra', () => {
    const run = setUp({ nodes: five, leader: 'a' });
    run.report('c', { health: { status: 'stopped', runningVersion: null, detail: null } });
    expect(run.look()).toEqual(['c']);
    expect(run.verdict('c')).toBe('begin');
  });

  test('quorum is kept even where maxUnavailable would allow more', () => {
    const run = setUp({ leader: 'a', limits: { maxUnavailable: 3 } });
    expect(run.look()).toEqual(['b']);
    const larger = setUp({ nodes: five, leader: 'a', limits: { maxUnavailable: 3 } });
    expect(larger.look()).toEqual(['b', 'c']);
  });

  test('a cluster that lost a member between look and begin is left alone', () => {
    const run = setUp();
    expect(run.look()).toEqual(['b']);
    run.report('c', { health: { status: 'unhealthy', runningVersion: null, detail: null } });
    expect(run.verdict('b')).toBe('later');
  });

  test('a cluster without a leader waits, is watched, and in the end a person is asked', () => {
    const run = setUp({ leader: undefined });
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'leader', watch: ['a', 'b', 'c'] });
    run.after(10_000);
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'stalled' } });
  });
});

describe('skew', () => {
  test('a step waits while another member is more than the limit away from where it would go', () => {
    const steps = [update('b', {}, '1.4.0', '1.5.0'), update('c', {}, '1.4.0', '1.6.0')];
    const run = setUp({ steps, limits: { maxUnavailable: 2 } });
    expect(run.look()).toEqual(['b']);
    run.done('b');
    expect(run.look()).toEqual([]);
    run.report('a', { packages: seen('a', '1.5.0').packages });
    expect(run.look()).toEqual([]);
    run.report('c', { packages: seen('c', '1.5.0').packages });
    expect(run.look()).toEqual(['c']);
  });

  test('what a step has brought counts though its node was not looked at since', () => {
    const hop = promote(1, ['b/update/1.5.0', 'a/update/1.5.0']);
    const steps = [
      update('b', {}, '1.4.0', '1.5.0'),
      update('a', {}, '1.4.0', '1.5.0'),
      hop,
      update('b', { needs: [hop.id] }, '1.5.0', '1.6.0'),
      update('a', { needs: [hop.id] }, '1.5.0', '1.6.0'),
    ];
    const run = setUp({ nodes: [node('a'), node('b')], steps, leader: 'b', limits: { maxUnavailable: 2 } });
    const entry = (step: string, event: 'begin' | 'done' | 'failed', detail = {}): void =>
      run.stepper.record({
        step,
        event,
        at: formatInstant(startMs),
        detail,
        ...(event === 'failed' ? { failure: toFailure(new ThemisError('UNHEALTHY', 'sick')) } : {}),
      });
    for (const step of ['b/update/1.5.0', 'a/update/1.5.0', hop.id, 'b/update/1.6.0']) {
      entry(step, 'begin');
      entry(step, 'done');
    }
    entry('a/update/1.6.0', 'begin');
    entry('a/update/1.6.0', 'failed', { asBefore: true });
    run.record('', 'turn');
    const gone = toFailure(new ThemisError('UNREACHABLE', 'cut off'));
    run.stepper.see({ name: 'b', reachable: false, failure: gone });
    const stopped = { status: 'stopped', runningVersion: null, detail: null } as const;
    run.report('a', { ...seen('a', '1.5.0'), health: stopped, role: 'unknown' });
    // It is down and costs nothing; but a at 1.4.0 would stand beside b, which has 1.6.0 by the journal alone.
    expect(run.look()).toEqual(['b']);
  });
});

describe('looking just before', () => {
  test('a node that has it already is unchanged; one that is neither is stale and stops the run', () => {
    const run = setUp();
    run.look();
    run.report('b', { packages: seen('b', '1.5.0').packages });
    expect(run.verdict('b')).toBe('unchanged');
    run.record('b', 'unchanged');
    run.look();
    run.report('c', { packages: seen('c', '1.3.9').packages });
    expect(run.verdict('c')).toBe('later');
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'stopped', stop: { kind: 'stale' } } });
  });

  test('an operation of somebody else is recovered first, its own is joined', () => {
    const run = setUp();
    run.look();
    run.report('b', { operation: { id: 'other', kind: 'update', state: 'interrupted', token: 1 } });
    expect(run.verdict('b')).toBe('recover');
    run.report('b', { operation: { id: 'own', kind: 'update', state: 'running', token: 1 } });
    expect(run.verdict('b')).toBe('begin');
  });

  test('a node without an answer is asked again with growing pauses, then the run stops and concludes nothing', () => {
    const run = setUp();
    const silent = { name: 'b', reachable: false, failure: toFailure(new ThemisError('UNREACHABLE', 'gone')) } as const;
    const waits: number[] = [];
    for (let nowMs = startMs; ;) {
      const now = { nowMs, steadyMs: nowMs };
      const decision = run.stepper.next(now);
      if (decision.kind === 'finish') {
        expect(decision.end).toMatchObject({ kind: 'stopped', stop: { kind: 'lost', step: 'b/update/1.5.0' } });
        break;
      }
      if (decision.kind === 'go') {
        run.stepper.see(silent);
        expect(run.stepper.verdict(decision.look[0]!, silent, 'own', now).kind).toBe('later');
      }
      if (decision.kind !== 'wait') continue;
      waits.push(decision.forMs!);
      nowMs += decision.forMs!;
    }
    expect(waits.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
  });
});

describe('a release that is to be had later', () => {
  const failure = toFailure(new ThemisError('RATE_LIMITED', 'come back later', { retryAfterMs: 3_600_000 }));
  const silent = { name: 'c', reachable: false, failure: toFailure(new ThemisError('UNREACHABLE', 'gone')) } as const;

  test('does not keep a run from ending that lost a node, although something failed meanwhile', () => {
    const nodes = [node('a', 'x'), node('b', 'y'), node('c', 'z')];
    const run = setUp({ nodes, leader: undefined });
    expect(run.look()).toEqual(['a', 'b', 'c']);
    run.record('c', 'begin');
    run.stepper.stop({ kind: 'postponed', step: 'a/update/1.5.0', failure });
    run.stepper.release('a/update/1.5.0');
    run.record('b', 'begin');
    run.record('b', 'failed', { asBefore: true });
    expect(run.stepper.stopping).toBeNull();
    for (let tries = 0; tries < 100; tries += 1) {
      run.stepper.noAnswer('c/update/1.5.0', silent.failure, run.now());
      const decision = run.next();
      if (decision.kind === 'finish') break;
      run.after(decision.kind === 'wait' ? decision.forMs! : 0);
      run.next();
    }
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'stopped', stop: { kind: 'lost' } } });
  });

  test.each(['interrupted', 'stale'] as const)('gives way to what weighs more, and to nothing else: %s', (kind) => {
    const run = setUp();
    run.stepper.stop({ kind: 'postponed', step: 'a/update/1.5.0', failure });
    run.stepper.stop(kind === 'stale' ? { kind, step: 'a/update/1.5.0', detail: '' } : { kind });
    expect(run.stepper.stopping?.kind).toBe(kind === 'stale' ? 'postponed' : 'interrupted');
    run.stepper.stop({ kind: 'cancelled', by: 'ops' });
    expect(run.stepper.stopping?.kind).toBe(kind === 'stale' ? 'cancelled' : 'interrupted');
  });
});

describe('failure', () => {
  test('rollback: what is in hand ends, then what was done is taken back, the leader last', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => node(name));
    const run = setUp({ nodes, leader: 'a' });
    for (const name of ['b', 'c']) {
      expect(run.look()).toEqual([name]);
      run.done(name);
    }
    run.look();
    run.record('d', 'begin');
    run.record('d', 'failed', { asBefore: true });
    expect(run.next()).toMatchObject({ kind: 'turn', because: 'd/update/1.5.0' });
    run.report('a', { role: 'follower' });
    run.report('c', { role: 'leader' });
    run.record('', 'turn');
    expect(run.look()).toEqual(['b']);
    expect(run.verdict('b')).toBe('begin');
    run.record('b', 'undo-begin');
    run.report('b', { packages: seen('b', '1.4.0').packages });
    run.record('b', 'undone');
    expect(run.look()).toEqual(['c']);
    run.report('c', { packages: seen('c', '1.4.0').packages });
    expect(run.verdict('c')).toBe('undone');
    run.record('c', 'undo-begin');
    run.record('c', 'undone');
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'undone' } });
  });

  test('pause: nothing is taken back', () => {
    const run = setUp({ policy: { onFailure: 'pause' } });
    run.look();
    run.record('b', 'begin');
    run.record('b', 'failed', { asBefore: true });
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'paused' } });
    expect(run.stepper.notRun()).toEqual(['a/update/1.5.0', 'c/update/1.5.0']);
  });

  test('an irreversible step that was done leaves the rollback incomplete', () => {
    const steps = [update('b', { irreversible: { why: 'data moves' } }), update('c')];
    const run = setUp({ steps });
    run.look();
    run.done('b');
    run.look();
    run.record('c', 'begin');
    run.record('c', 'failed', { asBefore: true });
    run.record('', 'turn');
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'undo-incomplete', left: ['b/update/1.5.0'] } });
  });

  test('a step in doubt is settled before the turn, never taken back blindly', () => {
    const journal = (step: string, event: JournalEvent, seq: number): JournalEntry => ({
      seq,
      operation: 'e',
      step,
      event,
      at: formatInstant(startMs),
      token: 1,
      ...(event === 'failed'
        ? { failure: toFailure(new ThemisError('UNHEALTHY', 'sick')), detail: { asBefore: true } }
        : {}),
    });
    const nodes = [node('p', 'x'), node('q', 'y')];
    const steps = [update('p'), update('q')];
    const [p, q] = ['p/update/1.5.0', 'q/update/1.5.0'] as const;
    const entries = [journal(p, 'begin', 0), journal(q, 'begin', 1), journal(q, 'failed', 2)];
    const run = setUp({ nodes, steps, leader: undefined, journal: entries });
    expect(run.look()).toEqual(['p']);
    expect(run.verdict('p')).toBe('not-started');
    const done = setUp({ nodes, steps, leader: undefined, journal: entries });
    expect(done.look()).toEqual(['p']);
    done.report('p', { packages: seen('p', '1.5.0').packages });
    expect(done.verdict('p')).toBe('confirm');
  });
});

describe('gates', () => {
  const steps = [
    update('b'),
    promote(1, ['b/update/1.5.0'], { bakeMs: 60_000, approval: true }),
    update('c', { stage: 2, needs: ['stage-1/promote'] }),
  ];
  const approval = {
    name: 'x',
    target: planOf([], []).targetDigest,
    subject: { kind: 'stage', stage: 1 },
    by: 'ops',
    reason: 'fine',
    expiresAt: undefined,
  } as const;

  test('the bake counts from the end of the stage, then the approval is waited for, then the next stage opens', () => {
    const run = setUp({ steps });
    run.look();
    run.after(5000);
    run.done('b');
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'bake', until: startMs + 65_000 });
    expect(run.stepper.takeCompleted()).toEqual([
      { step: 'stage-1/promote', stage: 1, leadsTo: null, atMs: startMs + 5000, judged: false },
    ]);
    run.after(60_000);
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'approval' });
    run.allow([{ ...approval, target: 'sha256:other' as never }]);
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'approval' });
    run.allow([approval]);
    expect(run.next()).toEqual({ kind: 'go', look: [], promote: ['stage-1/promote'], fail: [], schema: [] });
    run.stepper.record({ step: 'stage-1/promote', event: 'begin', at: formatInstant(startMs) });
    run.stepper.record({ step: 'stage-1/promote', event: 'done', at: formatInstant(startMs) });
    expect(run.look()).toEqual(['c']);
  });

  test('without waiting it ends at the gate; an expired approval is refused even when waiting', () => {
    const run = setUp({ steps, policy: { wait: false } });
    run.look();
    run.done('b');
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'not-finished', refused: false, over: false } });
    const late = setUp({ steps });
    late.look();
    late.done('b');
    late.after(60_000);
    late.allow([{ ...approval, expiresAt: formatInstant(startMs) }]);
    expect(late.next()).toMatchObject({ kind: 'finish', end: { kind: 'not-finished', refused: true } });
  });

  test('a deferred step and what needs it are left to another plan', () => {
    const deferred = [{ step: 'b/update/1.5.0', reason: 'grace', until: null }];
    const run = setUp({ steps, change: { deferred } });
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'not-finished', over: true } });
  });
});

test('plans that make no sense are refused: a cycle, an unknown need, a node the fleet no longer has', () => {
  expect(() => setUp({ steps: [update('a', { needs: ['a/update/1.5.0'] })] })).toThrow(/need each other/u);
  expect(() => setUp({ steps: [update('a', { needs: ['x'] })] })).toThrow(/needs x/u);
  expect(() => setUp({ steps: [update('z')] })).toThrow(expect.objectContaining({ code: 'STALE_PLAN' }));
});
