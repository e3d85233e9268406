/** What the loop does with people and the world: gates, suspension, cancel, a lost lease, out-of-reach nodes. */
import { describe, expect, test } from 'vitest';
import { createMemoryState, createMemoryStore } from '../../../src/adapters/store/memory.ts';
import { SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import { keepLease, takeLease } from '../../../src/fleet/lease.ts';
import { wireVersion } from '../../../src/model/message.ts';
import { actionOf } from '../../../src/actions/index.ts';
import type { SimulatedNode } from '../../../src/adapters/transport/simulated/node.ts';
import { FleetWorld } from '../../support/fleet-world.ts';
import { gateOn } from '../../support/judge/simulated-metrics.ts';

const staged = { seed: 3, sizes: [3], stages: 3, bakeMs: 3_600_000 } as const;

function at(world: FleetWorld, afterMs: number, call: () => void): void {
  world.clock.at(world.clock.nowMs() + afterMs, call);
}

function approve(world: FleetWorld, stage: number): void {
  const subject = { kind: 'stage', stage } as const;
  world.approvals.push({
    name: `s${stage}`,
    target: world.target,
    subject,
    by: 'o',
    reason: 'r',
    expiresAt: undefined,
  });
}

describe('stages', () => {
  test('an approval given while it waits is heard; the record tells completion and promotion', async () => {
    const world = new FleetWorld({ ...staged, stages: 2, approval: true });
    at(world, 4 * 3_600_000, () => approve(world, 1));
    const startedMs = world.clock.nowMs();
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.clock.nowMs() - startedMs).toBeGreaterThan(4 * 3_600_000);
    const stages = world.state.record.current?.stages ?? [];
    expect(stages.every((one) => one.completedAt !== null && one.promotedAt !== null)).toBe(true);
    const waits = world.events.filter((event) => event.type === 'waiting').map((event) => event.on);
    expect(waits).toEqual(['bake', 'approval']);
  });

  test('without waiting it stops at the bake with exit 9, and each run goes on from there', async () => {
    const world = new FleetWorld(staged);
    expect(await world.apply(undefined, { wait: false })).toMatchObject({ report: { exitCode: 9, resumable: true } });
    expect(Object.values(world.versions()).filter((version) => version === '1.5.0')).toHaveLength(1);
    expect(await world.apply(undefined, { wait: false })).toMatchObject({ report: { exitCode: 9 } });
    await world.clock.advance(3_600_000);
    expect(await world.apply(undefined, { wait: false })).toMatchObject({ report: { exitCode: 9 } });
    expect(Object.values(world.versions()).filter((version) => version === '1.5.0')).toHaveLength(2);
    await world.clock.advance(3_600_000);
    expect(await world.apply(undefined, { wait: false })).toMatchObject({ report: { result: 'done' } });
    expect(world.state.executions).toHaveLength(1);
  });
});

describe('rollouts in several runs', () => {
  test('a run that takes back what it did names the nodes that an earlier run of the rollout changed, exit 7', async () => {
    const failing = (one: SimulatedNode) => (one.packages['db']?.version === '1.5.0' ? 0.5 : 0);
    const gates = [gateOn('errorRate', null, { max: 0.05 })];
    const world = new FleetWorld({ seed: 3, sizes: [5], stages: 2, bakeMs: 60_000, gates, failing });
    at(world, 7000, () => void world.store.steer({ cancel: { execution: 'e-1', at: '', by: 'ops' } }));
    expect(await world.apply()).toMatchObject({ report: { result: 'cancelled' } });
    const updated = () => Object.entries(world.versions()).flatMap(([name, to]) => (to === '1.5.0' ? [name] : []));
    const changed = updated();
    expect(changed.length).toBeGreaterThan(0);
    expect(await world.apply()).toMatchObject({
      report: {
        result: 'rollback-incomplete',
        exitCode: 7,
        resumable: false,
        detail: expect.stringContaining(`themis rollback node/${changed[0]}`) as string,
      },
    });
    expect(updated()).toEqual(changed);
  });
});

describe('people', () => {
  test('suspension lets nodes in hand finish and stays open; lifted, the same execution goes on', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [5] });
    at(world, 7000, () => void world.store.steer({ suspended: { at: '', by: 'ops', reason: 'incident' } }));
    expect(await world.apply()).toMatchObject({ report: { result: 'not-finished', exitCode: 9, resumable: true } });
    expect(world.distinctVersions()).toEqual(['1.4.0', '1.5.0']);
    await world.store.steer({ suspended: null });
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.state.executions).toHaveLength(1);
  });

  test('cancel ends the execution where it is, for good', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [5] });
    at(world, 7000, () => void world.store.steer({ cancel: { execution: 'e-1', at: '', by: 'ops' } }));
    expect(await world.apply()).toMatchObject({ report: { result: 'cancelled', exitCode: 1, resumable: false } });
    expect(world.distinctVersions()).toEqual(['1.4.0', '1.5.0']);
  });

  test('what a paused run has on its way to a node is refused there as soon as another run holds the lock', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3] });
    await world.apply({ atWrite: 2, durable: true });
    const { plan, journal } = world.state.executions[0]!;
    expect(journal.map((entry) => entry.event)).toEqual(['open', 'begin']);
    const step = plan.steps.find((one) => one.id === journal[1]!.step)!;
    const one = world.nodes.find(({ name }) => step.target === `node/${name}`)!;
    const update = actionOf(step)
      .instructions(step)
      .find((part) => part.kind === 'update')!;
    const authority = { store: world.store.id, token: world.state.lease.token };
    const { node: _, ...body } = update;

    // Another target: the new run has no reason of its own to begin with this node.
    world.to = '1.5.1';
    await world.apply(undefined, { soft: AbortSignal.abort() });
    const late = world.fleet.call(
      one,
      { wireVersion, node: one.name, authority, operation: 'late', ...body },
      { signal: new AbortController().signal },
    );
    expect(await world.clock.runUntil(late)).toMatchObject({ kind: 'refused', failure: { code: 'FENCED' } });
  });

  test('a rollback cut off as soon as it turned leaves its target in quarantine, whoever ends it', async () => {
    const failing = () =>
      new FleetWorld({
        seed: 3,
        sizes: [3],
        faults: { operation: (one, _, kind) => (kind === 'update' && one.name === 'n0-2' ? 'unhealthy' : 'none') },
      });
    const whole = failing();
    expect(await whole.apply()).toMatchObject({ report: { result: 'rolled-back', exitCode: 6 } });
    const turn = whole.state.executions[0]!.journal.findIndex((entry) => entry.event === 'turn');
    const world = failing();
    await world.apply({ atWrite: turn + 1, durable: true });
    expect(world.state.executions[0]!.journal.at(-1)?.event).toBe('turn');
    expect(world.state.record.quarantine.map((one) => one.target)).toEqual([world.target]);
  });

  test('a second interrupt does not wait for the node in hand, and nothing of it is lost or doubled', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3] });
    const soft = new AbortController();
    const hard = new AbortController();
    at(world, 2000, () => soft.abort());
    at(world, 2100, () => hard.abort());
    expect(await world.apply(undefined, { soft: soft.signal, hard: hard.signal })).toMatchObject({
      report: {
        result: 'interrupted',
        exitCode: 130,
        detail: expect.stringContaining('not waited for, each ends by itself: node/n0-') as string,
      },
    });
    expect(world.distinctVersions()).toEqual(['1.4.0']);
    expect(world.state.lease.holder).toBeNull();
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    for (const one of world.fleet.nodes.values()) expect([...one.stops.values()]).toEqual([1]);
  });

  test('an interrupt ends what is staged at once, without a word about finishing it, and the next run stages anew', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3] });
    const soft = new AbortController();
    const hear = world.events.push.bind(world.events);
    world.events.push = (...events) => {
      if (events.some(({ type }) => type === 'step-progress')) soft.abort();
      return hear(...events);
    };
    const run = await world.apply(undefined, { soft: soft.signal });
    const staging = world.events.flatMap((event) => (event.type === 'stopping' ? event.staging : []));
    expect(staging.length).toBeGreaterThan(0);
    expect(world.events.find((event) => event.type === 'stopping')).toMatchObject({ inHand: [] });
    expect(run).toMatchObject({
      report: {
        result: 'interrupted',
        detail: expect.stringMatching(/^staging was stopped and goes on from there next time: node\/n0-/u) as string,
      },
    });
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
  });
});

describe('the world', () => {
  test('whoever loses the lease stops at once and touches nothing more', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [5] });
    at(world, 7000, () => void world.store.lease.forceRelease(world.state.lease.token));
    await expect(world.apply()).rejects.toMatchObject({ code: 'FENCED' });
    const updates = world.fleet.calls.get('update');
    await world.clock.advance(600_000);
    expect(world.fleet.calls.get('update')).toBe(updates);
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.problems).toEqual([]);
  });

  test('a node out of reach in the middle of its step is unknown, not failed: paused, open, and asked again later', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3] });
    const cut = (reachable: boolean): void => {
      for (const one of world.fleet.nodes.values())
        if (one.open !== null || reachable) world.fleet.setReachable(one.name, reachable);
    };
    at(world, 1500, () => cut(false));
    expect(await world.apply()).toMatchObject({ report: { result: 'paused', exitCode: 1, resumable: true } });
    expect(world.events.some((event) => event.type === 'rolling-back')).toBe(false);
    // However often it was asked.
    const told = world.events.flatMap((event) => (event.type === 'waiting' ? [event.detail] : []));
    expect(told).toEqual([expect.stringMatching(/^node\/\S+ does not answer$/u)]);
    cut(true);
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    for (const one of world.fleet.nodes.values()) expect([...one.stops.values()]).toEqual([1]);
  });

  test('a node that is out of reach again after its step began is waited for again, and that is said', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [1] });
    const reach = (afterMs: number, isReachable: boolean): void =>
      at(world, afterMs, () => world.fleet.setReachable('n0-0', isReachable));
    reach(100, false);
    reach(10_000, true);
    for (let ms = 10_100; ms < 20_000; ms += 100)
      at(world, ms, () => {
        if (world.fleet.nodes.get('n0-0')!.open !== null) world.fleet.setReachable('n0-0', false);
      });
    reach(30_000, true);
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    const told = world.events.flatMap(({ type }) => (/^(?:waiting|step-(?!progress))/u.test(type) ? [type] : []));
    expect(told).toEqual(['waiting', 'step-started', 'waiting', 'step-finished']);
  });

  test('of several nodes that do not answer each is named once, however often they are asked', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [1, 1, 1] });
    at(world, 100, () => {
      for (const { name } of world.fleet.nodes.values()) world.fleet.setReachable(name, false);
    });
    expect(await world.apply()).toMatchObject({ report: { result: 'paused' } });
    const told = world.events.flatMap((event) => (event.type === 'waiting' ? [event.detail] : []));
    expect(told.toSorted()).toEqual(['n0-0', 'n1-0', 'n2-0'].map((name) => `node/${name} does not answer`));
  });

  test('estimates come from what was measured', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3] });
    await world.apply();
    const { estimates, durations } = world.state.record;
    expect(durations?.update).toHaveLength(3);
    expect(estimates.updateMs).toBeGreaterThan(4000);
  });
});

describe('lease', () => {
  const holder = { id: 'a', who: 'a@h', host: 'h', pid: 7, pidStartedAt: null, purpose: 'apply' };
  const idle = { timeoutMs: 0, signal: new AbortController().signal, onWait: () => {} };

  test('taken by somebody else: the error says who, since when and how to force it', async () => {
    const clock = new SimulatedClock();
    const store = createMemoryStore(createMemoryState(), clock);
    await takeLease(store.lease, holder, clock, idle);
    await expect(takeLease(store.lease, { ...holder, id: 'b' }, clock, idle)).rejects.toMatchObject({
      code: 'ALREADY_IN_PROGRESS',
      message: expect.stringContaining('a@h (pid 7 on h)') as string,
      hint: expect.stringContaining('force-unlock 1') as string,
    });
  });

  test('waiting ends when it is released', async () => {
    const clock = new SimulatedClock();
    const store = createMemoryStore(createMemoryState(), clock);
    const kept = keepLease(await takeLease(store.lease, holder, clock, idle), clock);
    clock.at(clock.nowMs() + 90_000, () => void kept.release());
    const waits: string[] = [];
    const wait = { ...idle, timeoutMs: 600_000, onWait: () => void waits.push('once') };
    const next = await clock.runUntil(takeLease(store.lease, { ...holder, id: 'b' }, clock, wait));
    expect(next.token).toBe(2);
    expect(waits).toEqual(['once']);
  });

  test('kept alive beyond its lifetime, and lost when somebody forces it', async () => {
    const clock = new SimulatedClock();
    const store = createMemoryStore(createMemoryState(), clock);
    const kept = keepLease(await takeLease(store.lease, holder, clock, idle), clock);
    await clock.advance(300_000);
    expect(kept.lost.aborted).toBe(false);
    expect((await store.lease.current())?.token).toBe(kept.token);
    await store.lease.forceRelease(kept.token);
    await clock.advance(60_000);
    expect(kept.lost.reason).toMatchObject({ code: 'FENCED' });
  });

  test('a store that cannot be written counts as lost only when the lease would have run out', async () => {
    const clock = new SimulatedClock();
    const broken = { token: 1, renew: () => Promise.reject(new Error('disk')), release: () => Promise.resolve() };
    const kept = keepLease(broken, clock, 60_000);
    await clock.advance(30_000);
    clock.jump(-3_600_000);
    await clock.advance(20_000);
    expect(kept.lost.aborted).toBe(false);
    await clock.advance(10_000);
    expect(kept.lost.aborted).toBe(true);
  });
});
