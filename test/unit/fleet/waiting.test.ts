/** The loop while it waits for tenants, gates and members: people are heard, and runs that do not wait say until when. */
import { describe, expect, test } from 'vitest';
import type { DesiredApproval, DesiredTenant } from '../../../src/model/desired.ts';
import { FleetWorld } from '../../support/fleet-world.ts';
import { gateOn } from '../../support/judge/simulated-metrics.ts';

const minute = 60_000;
const everyDay = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

function tenant(change: Partial<DesiredTenant> = {}, policy: Partial<DesiredTenant['policy']> = {}): DesiredTenant {
  return {
    name: 't',
    priority: 'normal',
    windows: [],
    blackouts: [],
    policy: { autoUpdate: true, criticalAutoUpdate: false, noticeLeadTimeMs: 0, consent: 'none', ...policy },
    ...change,
  };
}

/** Worlds begin at midnight. */
const atTwo = tenant({ windows: [{ days: everyDay, from: '02:00', to: '03:00', timezone: 'UTC' }] });
const gate = gateOn('errorRate', null, { max: 0.05 });

function at(world: FleetWorld, afterMs: number, call: () => void): void {
  world.clock.at(world.clock.nowMs() + afterMs, call);
}

function approve(world: FleetWorld, subject: DesiredApproval['subject'], forMs?: number): void {
  const expiresAt = forMs === undefined ? undefined : new Date(world.clock.nowMs() + forMs).toISOString();
  world.approvals = [...world.approvals, { name: 'x', target: world.target, subject, by: 'o', reason: 'r', expiresAt }];
}

function waits(world: FleetWorld): string[] {
  return world.events.flatMap((event) => (event.type === 'waiting' ? [event.on] : []));
}

describe('windows', () => {
  test('it waits for the window of a tenant, said once, and carries on inside it', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3], tenants: [atTwo] });
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(waits(world)).toEqual(['window']);
    expect(world.clock.nowMs()).toBeGreaterThan(Date.UTC(2026, 0, 1, 2));
    expect(world.problems).toEqual([]);
  });

  test('without waiting it stops there with exit 9, names the instant, and a later run goes on', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3], tenants: [atTwo] });
    expect(await world.apply(undefined, { wait: false })).toMatchObject({
      report: { exitCode: 9, resumable: true, detail: expect.stringContaining('2026-01-01T02:00:00') as string },
    });
    await world.clock.advance(125 * minute);
    expect(await world.apply(undefined, { wait: false })).toMatchObject({ report: { result: 'done' } });
  });

  test('suspension and interrupts are heard within seconds while a window is waited for', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3], tenants: [atTwo] });
    at(world, minute, () => void world.store.steer({ suspended: { at: '', by: 'ops', reason: 'incident' } }));
    expect(await world.apply()).toMatchObject({ report: { result: 'not-finished', exitCode: 9, resumable: true } });
    expect(world.clock.nowMs()).toBeLessThan(Date.UTC(2026, 0, 1) + minute + 10_000);
    await world.store.steer({ suspended: null });
    const soft = new AbortController();
    at(world, minute, () => soft.abort());
    expect(await world.apply(undefined, { soft: soft.signal })).toMatchObject({ report: { result: 'interrupted' } });
    expect(world.clock.nowMs()).toBeLessThan(Date.UTC(2026, 0, 1) + 3 * minute);
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
  });

  test('cancel ends it while it waits', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3], tenants: [atTwo] });
    at(world, minute, () => void world.store.steer({ cancel: { execution: 'e-1', at: '', by: 'ops' } }));
    expect(await world.apply()).toMatchObject({ report: { result: 'cancelled', resumable: false } });
  });

  test('an emergency is heard while a window is waited for; once it expires the rest waits for the window', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [15], tenants: [atTwo] });
    at(world, 10 * minute, () => approve(world, { kind: 'emergency' }, 40_000));
    at(world, 20 * minute, () => expect(world.distinctVersions()).toEqual(['1.4.0', '1.5.0']));
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.clock.nowMs()).toBeGreaterThan(Date.UTC(2026, 0, 1, 2));
  });
});

describe('consent', () => {
  test('it is waited for when it was taken back, and heard when it is given again', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [9], tenants: [tenant({}, { consent: 'required' })] });
    approve(world, { kind: 'tenant', tenant: 't' });
    at(world, 10_000, () => (world.approvals = []));
    at(world, 5 * minute, () => approve(world, { kind: 'tenant', tenant: 't' }));
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(waits(world)).toEqual(['consent']);
    expect(world.clock.nowMs()).toBeGreaterThan(Date.UTC(2026, 0, 1) + 5 * minute);
  });
});

describe('gates', () => {
  const judged = { seed: 3, sizes: [5], stages: 3, bakeMs: minute, gates: [gate] } as const;
  const isNew = (version: string | undefined): boolean => version === '1.5.0';

  test('verdicts are told, stored and kept in the record', async () => {
    const world = new FleetWorld({ ...judged, failing: () => 0 });
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    const told = world.events.flatMap((event) => (event.type === 'verdict' ? [event.id] : []));
    expect(told.length).toBeGreaterThan(0);
    expect(world.state.record.verdicts.map(({ id }) => id)).toEqual(told);
    for (const id of told) expect(await world.store.evidence.readVerdict(id)).toMatchObject({ id });
  });

  test('onFailure pause: a gate that fails leaves the stage as it is, exit 1', async () => {
    const world = new FleetWorld({
      ...judged,
      onFailure: 'pause',
      failing: (one) => (isNew(one.packages['db']?.version) ? 0.5 : 0),
    });
    expect(await world.apply()).toMatchObject({ report: { result: 'paused', exitCode: 1, resumable: false } });
    expect(Object.values(world.versions()).filter(isNew)).toHaveLength(1);
  });

  test('without a source of metrics nothing is promoted: it ends with exit 9 and says so', async () => {
    const world = new FleetWorld(judged);
    expect(await world.apply()).toMatchObject({
      report: { exitCode: 9, resumable: true, detail: expect.stringContaining('no source of metrics') as string },
    });
  });

  test('evidence that is insufficient is taken back where the stage says so, exit 6', async () => {
    const world = new FleetWorld({
      ...judged,
      onInsufficient: 'rollback',
      bakeLimitMs: 3 * minute,
      failing: () => null,
    });
    expect(await world.apply()).toMatchObject({ report: { result: 'rolled-back', exitCode: 6 } });
    expect(world.isBack()).toBe(true);
  });

  test('suspended while a stage bakes on evidence, the same execution goes on with what was read', async () => {
    const world = new FleetWorld({ ...judged, failing: () => 0 });
    at(world, 30_000, () => void world.store.steer({ suspended: { at: '', by: 'ops', reason: 'incident' } }));
    expect(await world.apply()).toMatchObject({ report: { exitCode: 9, resumable: true } });
    await world.store.steer({ suspended: null });
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.state.executions).toHaveLength(1);
  });
});

test('a clock that is set forward shortens no bake, one that is set back makes none longer', async () => {
  for (const jumpMs of [120 * minute, -120 * minute]) {
    const world = new FleetWorld({ seed: 3, sizes: [3], stages: 2, bakeMs: 60 * minute });
    const startedMs = world.clock.steadyMs();
    at(world, 20 * minute, () => world.clock.jump(jumpMs));
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    const tookMs = world.clock.steadyMs() - startedMs;
    expect(tookMs).toBeGreaterThan(60 * minute);
    expect(tookMs).toBeLessThan(62 * minute);
  }
});

describe('replication', () => {
  test('a member that lags is waited for by name and number, and in the end a person is asked', async () => {
    const lagMs = 12_000;
    const world = new FleetWorld({
      seed: 3,
      sizes: [3],
      replication: ({ name }) => ({ lagMs: name === 'n0-1' ? lagMs : 3, underReplicatedGroups: 0, membersUp: 3 }),
    });
    world.clock.at(Date.UTC(2026, 0, 2), () => {});
    const run = await world.apply();
    const told = world.events.find((event) => event.type === 'waiting');
    expect(told).toMatchObject({ on: 'quorum', detail: expect.stringMatching(/n0-1 is 12s behind .*10s/u) as string });
    expect(waits(world)).toEqual(['quorum']);
    expect(run).toMatchObject({ report: { result: 'paused', exitCode: 1, resumable: true } });
  });

  test('it counts on the way back as well', async () => {
    let lags = false;
    const world: FleetWorld = new FleetWorld({
      seed: 3,
      sizes: [5],
      replication: () => ({ lagMs: null, underReplicatedGroups: lags ? 1 : 0, membersUp: null }),
      faults: {
        operation: (one, _target, kind) => {
          if (kind === 'rollback' || one.name !== 'n0-3') return 'none';
          lags = true;
          at(world, 25_000, () => (lags = false));
          return 'unhealthy';
        },
      },
    });
    expect(await world.apply()).toMatchObject({ report: { result: 'rolled-back', exitCode: 6 } });
    expect(waits(world)[0]).toBe('quorum');
    expect(world.isBack()).toBe(true);
  });
});
