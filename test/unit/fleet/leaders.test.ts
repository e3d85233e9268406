/** Leadership and replication as the stepper sees them. */
import { describe, expect, test } from 'vitest';
import type { Replication } from '../../../src/model/observed.ts';
import { node, promote, seen, update } from '../../support/plans.ts';
import { setUp } from '../../support/stepper.ts';

const b = 'b/update/1.5.0';

describe('leadership', () => {
  test('who is not believed to lead is told not to go on while it does; who leads is not', () => {
    const run = setUp();
    expect(run.stepper.leadership(b)).toEqual({ unlessLeading: true, mayGoLeaderless: false });
    expect(run.stepper.leadership('a/update/1.5.0').unlessLeading).toBe(false);
    run.report('b', { role: 'unknown' });
    expect(run.stepper.leadership(b).unlessLeading).toBe(true);
  });

  test('only where nobody else is up may a leader go without a successor', () => {
    const alone = setUp({ nodes: [node('b')], leader: 'b' });
    expect(alone.look()).toEqual(['b']);
    expect(alone.stepper.leadership(b)).toEqual({ unlessLeading: false, mayGoLeaderless: true });
    const two = setUp({ nodes: [node('a'), node('b')], leader: 'b' });
    expect(two.stepper.leadership(b).mayGoLeaderless).toBe(false);
    two.report('a', { health: { status: 'stopped', runningVersion: null, detail: null } });
    expect(two.stepper.leadership(b).mayGoLeaderless).toBe(true);
    two.report('a', { packages: {}, health: { status: 'stopped', runningVersion: null, detail: null } });
    expect(two.stepper.leadership(b).mayGoLeaderless).toBe(true);
  });

  test('a node that answered that it leads goes to the end of its line, however long that takes', () => {
    const run = setUp();
    expect(run.look()).toEqual(['b']);
    run.record('b', 'begin');
    run.report('a', { role: 'follower' });
    run.report('b', { role: 'leader' });
    expect(run.stepper.leads(b, run.now())).toBe(true);
    for (const name of ['a', 'c']) {
      expect(run.look()).toEqual([name]);
      run.after(60_000);
      run.done(name);
    }
    expect(run.look()).toEqual(['b']);
    expect(run.verdict('b')).toBe('begin');
    // Patience starts anew: what it refuses now has nothing to do with that.
    expect(run.stepper.notNow(b, run.now())).toBe(true);
  });

  test('one that no longer leads by the time it is looked at is tried again, until patience is over', () => {
    const run = setUp();
    run.look();
    run.record('b', 'begin');
    expect(run.stepper.leads(b, run.now())).toBe(true);
    expect(run.next()).toMatchObject({ kind: 'go', look: ['c/update/1.5.0'] });
    run.after(10_000);
    expect(run.stepper.leads(b, run.now())).toBe(false);
  });

  test('a leader that its group gave way to is waited for by the gate of the stage once it is its turn', () => {
    const barrier = { ...promote(1, ['a/update/1.5.0']), id: 'group-1/barrier' };
    const others = ['b', 'c'].map((name) => update(name, { needs: [barrier.id] }));
    const steps = [
      update('a'),
      barrier,
      ...others,
      promote(
        1,
        ['a', 'b', 'c'].map((name) => `${name}/update/1.5.0`),
      ),
    ];
    const run = setUp({ steps, leader: 'a' });
    expect(run.next()).toMatchObject({ promote: [barrier.id] });
    for (const event of ['begin', 'done'] as const) run.record('group-1', event);
    for (const name of ['b', 'c', 'a']) {
      expect(run.next()).toMatchObject({ look: [`${name}/update/1.5.0`], promote: [] });
      run.done(name);
    }
    expect(run.next()).toMatchObject({ promote: ['stage-1/promote'] });
  });

  test('a leader that a gate gave way to is looked at while the gate waits; once it leads no more it is waited for', () => {
    const needs = ['a/update/1.5.0', b];
    const bake = promote(1, needs, { bakeMs: 300_000, approval: false });
    const run = setUp({ steps: [update('a'), update('b'), bake, update('c', { stage: 2, needs: [bake.id] })] });
    run.look();
    run.done('b');
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'bake', forMs: 30_000, watch: [] });
    run.after(30_000);
    expect(run.next()).toMatchObject({ on: 'bake', forMs: 0, watch: ['a'] });
    run.report('a', { role: 'follower' });
    run.report('c', { role: 'leader' });
    expect(run.look()).toEqual(['a']);
    run.done('a');
    expect(run.next()).toMatchObject({ on: 'bake', forMs: 300_000, watch: [] });
  });

  test('a gate waits for the gate before it, though every node of its own stage leads', () => {
    const nodes = [node('p', 'x'), node('q', 'x'), node('r', 'y'), node('s', 'y')];
    const steps = [
      update('p'),
      promote(1, ['p/update/1.5.0']),
      update('r', { stage: 2, needs: ['stage-1/promote'] }),
      promote(2, ['r/update/1.5.0']),
      update('q', { stage: 3, needs: ['stage-2/promote'] }),
      update('s', { stage: 3, needs: ['stage-2/promote'] }),
    ];
    const run = setUp({ nodes, steps, leader: 'r' });
    expect(run.next()).toEqual({ kind: 'go', look: ['p/update/1.5.0'], promote: [], fail: [], schema: [] });
  });
});

describe('hops', () => {
  test('a leader takes each hop after the others of its cluster that have to take it, not after those that are past it', () => {
    const via = (name: string) => ({ ...update(name), hop: 1 });
    const last = (name: string, needs: string[]) => update(name, { needs }, '1.5.0', '1.6.0');
    // c has had the first hop already: its only step is of the last one.
    const steps = [via('b'), via('a'), last('b', [b]), last('a', ['a/update/1.5.0']), last('c', [b, 'a/update/1.5.0'])];
    const run = setUp({ steps, leader: 'a' });
    run.report('c', { packages: seen('c', '1.5.0').packages });
    expect(run.look()).toEqual(['b']);
    run.done('b');
    expect(run.look()).toEqual(['a']);
  });
});

describe('replication', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((name) => node(name));
  const said = (change: Partial<Replication>): { replication: Replication } => ({
    replication: { lagMs: null, underReplicatedGroups: null, membersUp: null, ...change },
  });

  test('a member that lags too far counts as away; itself it costs nothing extra', () => {
    const run = setUp({ nodes: five, leader: 'a' });
    run.report('c', said({ lagMs: 10_000 }));
    expect(run.look()).toEqual(['b']);
    const late = setUp({ nodes: five, leader: 'a' });
    late.report('c', said({ lagMs: 10_001 }));
    expect(late.look()).toEqual(['c']);
    const blocked = setUp({ nodes: five, leader: 'a', steps: [update('b')] });
    blocked.report('c', said({ lagMs: 12_000 }));
    expect(blocked.next()).toMatchObject({ kind: 'wait', on: 'quorum', watch: ['c'] });
    blocked.report('c', said({ lagMs: 9_000 }));
    expect(blocked.look()).toEqual(['b']);
  });

  test('groups without enough copies, and too few members in sight, hold every step of the cluster', () => {
    for (const bad of [{ underReplicatedGroups: 1 }, { membersUp: 3 }]) {
      const run = setUp({ nodes: five, leader: 'a' });
      run.report('d', said(bad));
      expect(run.next()).toMatchObject({ kind: 'wait', on: 'quorum', detail: expect.stringContaining('d ') as string });
      run.report('d', said({ underReplicatedGroups: 0, membersUp: 4 }));
      expect(run.look()).toEqual(['b']);
    }
  });

  test('what came between look and begin holds it too, and so it does on the way back', () => {
    const run = setUp({ nodes: five, leader: 'a' });
    run.look();
    run.report('d', said({ underReplicatedGroups: 2 }));
    expect(run.verdict('b')).toBe('later');
    run.report('d', said({ underReplicatedGroups: 0 }));
    run.look();
    run.done('b');
    run.look();
    run.record('c', 'begin');
    run.record('c', 'failed', { asBefore: true });
    run.record('', 'turn');
    run.report('d', said({ underReplicatedGroups: 2 }));
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'quorum' });
    run.after(10_000);
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'stalled' } });
  });

  test('the number may change as long as it is the same member: it is said once', () => {
    const run = setUp({ nodes: five, leader: 'a', steps: [update('b')] });
    const topics = [12_000, 15_000].map((lagMs) => {
      run.report('c', said({ lagMs }));
      return (run.next() as { topic: string }).topic;
    });
    expect(new Set(topics).size).toBe(1);
  });

  test('what a member said before it went down does not count', () => {
    const run = setUp({ nodes: five, leader: 'a', limits: { maxUnavailable: 2 } });
    run.report('c', {
      ...said({ underReplicatedGroups: 3 }),
      health: { status: 'stopped', runningVersion: null, detail: null },
    });
    expect(run.look()).toContain('b');
  });
});
