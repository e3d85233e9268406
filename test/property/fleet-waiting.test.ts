import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SimulatedNode } from '../../src/adapters/transport/simulated/node.ts';
import type { DesiredTenant } from '../../src/model/desired.ts';
import {
  expectNothingLeft,
  expectQuarantine,
  kills,
  lastResult,
  mixed,
  settle,
  shape,
  withFailure,
} from '../support/fleet-runs.ts';
import { FleetWorld, type WorldOptions } from '../support/fleet-world.ts';
import { gateOn } from '../support/judge/simulated-metrics.ts';
import { runs } from '../support/runs.ts';

/** Windows of the first hours of every day, some across them, some of them too short for anything. */
const tenant = fc
  .record({
    windows: fc.array(
      fc.record({ fromMinute: fc.integer({ min: 0, max: 150 }), minutes: fc.constantFrom(1, 5, 20, 60) }),
      { maxLength: 3 },
    ),
    zone: fc.constantFrom('UTC', 'Asia/Kolkata', 'America/New_York'),
    blackout: fc.boolean(),
    noticeMs: fc.constantFrom(0, 0, 10 * 60_000),
  })
  .map(({ windows, zone, blackout, noticeMs }): Omit<DesiredTenant, 'name'> => ({
    priority: 'normal',
    windows: windows.map(({ fromMinute, minutes }) => ({
      days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
      from: wallClock(fromMinute, zone),
      to: wallClock(fromMinute + minutes, zone),
      timezone: zone,
    })),
    blackouts: blackout
      ? [{ from: '2026-01-01T00:20:00Z', to: '2026-01-01T00:50:00Z', timezone: 'UTC', reason: undefined }]
      : [],
    policy: { autoUpdate: true, criticalAutoUpdate: false, noticeLeadTimeMs: noticeMs, consent: 'none' },
  }));

/** `HH:MM` in a zone, so many minutes after the instant at which every world begins. */
function wallClock(minute: number, zone: string): string {
  const begin = Temporal.Instant.from('2026-01-01T00:00:00Z').toZonedDateTimeISO(zone);
  return begin.add({ minutes: minute }).toPlainTime().toString({ smallestUnit: 'minute' });
}

describe('fleet execution that waits for tenants, gates and leaders', () => {
  test('no tenant is touched outside its window, and every node is new, or the run says what it waits for', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.array(tenant, { minLength: 1, maxLength: 3 }),
        kills,
        fc.boolean(),
        async (options, terms, killed, fails) => {
          const tenants = terms.map((one, index) => ({ ...one, name: `t${index}` }));
          const all = { ...options, sizes: options.sizes.slice(0, 2), bakeMs: 0, tenants };
          const world = fails ? withFailure(all, options.seed, 'unhealthy', {}) : new FleetWorld(all);
          const run = await settle(world, killed);
          expect(world.problems).toEqual([]);
          if (run.kind === 'executed' && run.report.exitCode === 9) expect(run.report.detail).not.toBe('');
          else if (run.kind === 'executed' && run.report.exitCode === 6) expect(world.isBack()).toBe(true);
          else if (!fails) expect(world.isDone()).toBe(true);
        },
      ),
      runs(2000),
    );
  });

  test('a release whose requests fail is stopped in its first stage and taken back; without evidence nobody goes on', async () => {
    await fc.assert(
      fc.asyncProperty(shape, kills, fc.constantFrom(0, 0.3, null), async (options, killed, share) => {
        const judged = {
          ...options,
          sizes: [...options.sizes, 3],
          stages: 3,
          bakeMs: 60_000,
          bakeLimitMs: 180_000,
          gates: [gateOn('errorRate', null, { max: 0.05 })],
        };
        const isNew = (version: string | undefined) => version === '1.5.0';
        const world: FleetWorld = new FleetWorld({
          ...judged,
          failing: (one) => (isNew(one.packages['db']?.version) ? share : 0),
        });
        let most = 0;
        const count = (): void => {
          most = Math.max(most, Object.values(world.versions()).filter(isNew).length);
          if (world.clock.nowMs() < Date.UTC(2026, 0, 2)) world.clock.at(world.clock.nowMs() + 1000, count);
        };
        count();
        const run = await settle(world, killed, (one) => one.kind === 'executed' && one.report.exitCode === 9);
        expect(world.problems).toEqual([]);
        const first = Math.floor((world.nodes.length * 34) / 100);
        if (share !== 0) expect(most).toBeLessThanOrEqual(first);
        if (share === 0) expect(world.isDone()).toBe(true);
        else if (share === null) expect(run).toMatchObject({ report: { result: 'not-finished', exitCode: 9 } });
        else {
          expect(lastResult(world)).toBe('rolled-back');
          expect(world.isBack()).toBe(true);
          await expectQuarantine(world);
        }
      }),
      runs(2000),
    );
  });

  test('over two minors every hop goes through all stages, leaders last in each, and all of them are taken back', async () => {
    // Nobody stands two minors ahead from the start: back beside such a one would be further away again.
    const versions = fc.constantFrom('1.4.0', '1.5.0', '1.5.1');
    const starts = fc.array(fc.record({ version: versions, drifted: fc.constantFrom(false, false, true) }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(shape, starts, kills, fc.record({ fails: fc.boolean(), pick: fc.nat() }), async (...drawn) => {
        const [options, starts, killed, { fails, pick }] = drawn;
        const all = { ...options, starts, to: '1.6.0' };
        const world = fails ? withFailure(all, pick, 'unhealthy', {}, '1.6.0', spite) : spiteful(all);
        await settle(world, killed);
        expect(world.problems).toEqual([]);
        // The node that was picked may not have to move on the last hop.
        if (lastResult(world) === 'rolled-back') expect(world.isBack()).toBe(true);
        else {
          expect(lastResult(world)).toBe('done');
          await expectNothingLeft(world);
        }
      }),
      runs(5000),
    );
  });

  test('leadership that moves to a node in the middle of its step never lets it go before the others', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, kills, fc.boolean(), async (options, killed, fails) => {
        const world = fails ? withFailure(options, options.seed, 'unhealthy', {}, '1.5.0', spite) : spiteful(options);
        await settle(world, killed);
        expect(world.problems).toEqual([]);
        expect(lastResult(world)).toBe(fails ? 'rolled-back' : 'done');
        if (fails) expect(world.isBack()).toBe(true);
        else await expectNothingLeft(world);
      }),
      runs(5000),
    );
  });

  test('while a member lags, or its group lacks copies, no other member of its cluster is stopped', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.boolean(), fc.integer({ min: 0, max: 20_000 }), async (options, lags, catchUpMs) => {
        const backMs = new Map<string, number>();
        const notes: string[] = [];
        const world: FleetWorld = new FleetWorld({
          ...options,
          sizes: options.sizes.map((size) => size + 2),
          maxUnavailable: 1,
          replication: (one) => {
            const behind = (backMs.get(one.name) ?? 0) > world.clock.nowMs();
            const lagMs = behind && lags ? 20_000 : 5;
            return { lagMs, underReplicatedGroups: behind && !lags ? 2 : 0, membersUp: null };
          },
          faults: {
            operation: (one) => {
              const busy = world.fleet.members(one.cluster).find(({ name }) => name !== one.name && isBehind(name));
              if (busy !== undefined) notes.push(`${one.name} beside ${busy.name}`);
              backMs.set(one.name, world.clock.nowMs() + 6000 + catchUpMs);
              return 'none';
            },
          },
        });
        const isBehind = (name: string): boolean => (backMs.get(name) ?? 0) > world.clock.nowMs();
        await settle(world, []);
        expect(notes).toEqual([]);
        expect(world.problems).toEqual([]);
        expect(world.isDone()).toBe(true);
      }),
      runs(2000),
    );
  });
});

function spiteful(options: WorldOptions): FleetWorld {
  const world: FleetWorld = new FleetWorld({
    ...options,
    faults: {
      operation: (one) => {
        spite(world, one);
        return 'none';
      },
    },
  });
  return world;
}

/** Preflight, restore point and preparation of a simulated node. */
const drainsAfterMs = 300;

/** Now and then the node that is about to be drained comes to lead. */
function spite(world: FleetWorld, one: SimulatedNode): void {
  if (world.random() < 0.5) return;
  const afterMs = Math.floor(world.random() * drainsAfterMs);
  world.clock.at(world.clock.nowMs() + afterMs, () => world.fleet.moveLeader(one.cluster, one.name));
}
