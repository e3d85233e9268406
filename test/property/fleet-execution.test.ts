import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  expectNothingLeft,
  expectOnceEach,
  expectQuarantine,
  kills,
  lastResult,
  mixed,
  network,
  settle,
  shape,
  updatesOf,
  withFailure,
} from '../support/fleet-runs.ts';
import { FleetWorld } from '../support/fleet-world.ts';
import { runs } from '../support/runs.ts';

describe('fleet execution under kills, lost messages and moving leaders', () => {
  test('a good release reaches every node once, promises kept at every instant, and a second run is empty', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, kills, network, fc.boolean(), async (options, killed, faults, unrest) => {
        const world = new FleetWorld({ ...options, faults });
        if (unrest) world.unrest(3_600_000, 20_000);
        await settle(world, killed);
        expect(world.problems).toEqual([]);
        expect(lastResult(world)).toBe('done');
        expectOnceEach(world);
        await expectNothingLeft(world);
      }),
      runs(10_000),
    );
  });

  test('a release that fails on some node is taken back everywhere, exit 6, and is in quarantine', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, kills, network, fc.nat(), async (options, killed, network, pick) => {
        const world = withFailure(options, pick, 'unhealthy', network);
        const run = await settle(world, killed);
        expect(world.problems).toEqual([]);
        expect(world.isBack()).toBe(true);
        expect(lastResult(world)).toBe('rolled-back');
        // What failed once is not tried a second time, whatever was lost on the way.
        expect(Math.max(...updatesOf(world))).toBe(1);
        if (run.kind === 'executed') expect(run.report.exitCode).toBe(6);
        await expectQuarantine(world);
        expect(world.isBack()).toBe(true);
      }),
      runs(10_000),
    );
  });

  test('on the way over two minors no node is ever two ahead of another, forwards and back', async () => {
    await fc.assert(
      fc.asyncProperty(shape, kills, fc.boolean(), fc.nat(), async (options, killed, fails, pick) => {
        const hops = { ...options, stages: 1, via: '1.5.0', to: '1.6.0' };
        const world = fails ? withFailure(hops, pick, 'unhealthy', {}, '1.6.0') : new FleetWorld(hops);
        await settle(world, killed);
        expect(world.problems).toEqual([]);
        expect(world.distinctVersions()).toEqual([fails ? '1.4.0' : '1.6.0']);
      }),
      runs(10_000),
    );
  });

  test('nodes with nothing installed join, or go back to nothing with the rest when one of them fails', async () => {
    const joining = fc.record({ bare: fc.constantFrom(1, 5), fails: fc.boolean(), pick: fc.nat() });
    await fc.assert(
      fc.asyncProperty(mixed, kills, joining, async (options, killed, { bare, fails, pick }) => {
        // Where a majority stands without the one that joined: elsewhere its leader cannot follow it back.
        const sizes = options.sizes.map((size) => (bare === 1 && size > 2 ? 5 : size));
        const all = { ...options, sizes, stages: 1, bare };
        const world = fails ? withFailure(all, pick, 'unhealthy', {}) : new FleetWorld(all);
        await settle(world, killed);
        expect(world.problems).toEqual([]);
        expect(lastResult(world)).toBe(fails ? 'rolled-back' : 'done');
        if (fails) {
          expect(world.isBack()).toBe(true);
          await expectQuarantine(world);
        } else await expectNothingLeft(world);
      }),
      runs(10_000),
    );
  });

  test('with onFailure pause nothing is taken back and nothing more is started, exit 1', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, kills, fc.nat(), async (options, killed, pick) => {
        const world = withFailure({ ...options, onFailure: 'pause' }, pick, 'unhealthy', {});
        const run = await settle(world, killed);
        expect(world.problems).toEqual([]);
        expect(lastResult(world)).toBe('paused');
        if (run.kind === 'executed') expect(run.report).toMatchObject({ result: 'paused', exitCode: 1 });
        const { steps } = (await world.apply())! as { steps: number };
        expect(steps).toBeGreaterThan(0);
      }),
      runs(10_000),
    );
  });

  test('a node that can go neither way needs a person: exit 7, and every cluster that can spare a node is back', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, kills, fc.nat(), async (options, killed, pick) => {
        const world = withFailure(options, pick, 'stuck', {});
        const run = await settle(world, killed);
        expect(world.problems).toEqual([]);
        if (run.kind === 'executed') expect(run.report.exitCode).toBe(7);
        const stuck = [...world.fleet.nodes.values()].filter((one) => !one.up);
        expect(stuck.length).toBe(1);
        for (const one of world.fleet.nodes.values()) {
          // Its own cluster may have nobody to spare while it is down.
          if (one.cluster !== stuck[0]!.cluster) expect(one.packages).toEqual(world.starts.get(one.name)!.packages);
        }
      }),
      runs(10_000),
    );
  });

  test('an interrupt at any instant finishes what is in hand, gives the lock back, and the next run goes on', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, network, fc.integer({ min: 0, max: 60_000 }), async (options, faults, afterMs) => {
        const world = new FleetWorld({ ...options, faults });
        const soft = new AbortController();
        world.clock.at(world.clock.nowMs() + afterMs, () => soft.abort());
        const run = (await world.apply(undefined, { soft: soft.signal }))!;
        expect(world.state.lease.holder).toBeNull();
        if (run.kind === 'executed' && run.report.result === 'interrupted') {
          expect(run.report).toMatchObject({ exitCode: 130, resumable: true });
        }
        await settle(world, []);
        expect(world.problems).toEqual([]);
        expectOnceEach(world);
        await expectNothingLeft(world);
      }),
      runs(10_000),
    );
  });

  test('node operations that are cut off too are recovered, and no service is stopped twice for one step', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, kills, network, async (options, killed, faults) => {
        let count = 0;
        const operation = () => ((count += 1) % 3 === 0 ? 'interrupted' : 'none') as 'interrupted' | 'none';
        const world = new FleetWorld({ ...options, faults: { ...faults, operation } });
        // Somebody else's recovery comes by now and then, as `themis node recover` at boot does.
        for (let atMs = 10_000; atMs < 3_600_000; atMs += 10_000) {
          world.clock.at(world.clock.nowMs() + atMs, () => {
            for (const one of world.fleet.nodes.values()) if (one.open?.state === 'interrupted') void one.recover();
          });
        }
        await settle(world, killed);
        expect(world.problems).toEqual([]);
        expectOnceEach(world);
        await expectNothingLeft(world);
      }),
      runs(10_000),
    );
  });

  test('when the target moves after a kill, the old execution is superseded and the new target is reached', async () => {
    await fc.assert(
      fc.asyncProperty(mixed, kills, async (options, killed) => {
        const world = new FleetWorld(options);
        await world.apply(killed[0] ?? { atWrite: 4, durable: true });
        const was = world.state.executions.at(-1);
        world.to = '1.5.1';
        await settle(world, killed.slice(1));
        expect(world.problems).toEqual([]);
        await expectNothingLeft(world);
        if (was?.summary.end === null) {
          const now = world.state.executions.find((one) => one.summary.id === was.summary.id);
          expect(now?.summary.end?.result).toBe('superseded');
        }
      }),
      runs(10_000),
    );
  });

  test('nodes that crash by themselves count: promises hold, and the run ends all-new, all-old or says why not', async () => {
    await fc.assert(
      fc.asyncProperty(
        mixed,
        network,
        fc.array(fc.nat({ max: 120_000 }), { maxLength: 6 }),
        async (options, faults, crashes) => {
          const world = new FleetWorld({ ...options, faults });
          const names = [...world.fleet.nodes.keys()];
          for (const [index, atMs] of crashes.entries()) {
            const one = world.fleet.nodes.get(names[(atMs + index) % names.length]!)!;
            world.clock.at(world.clock.nowMs() + atMs, () => one.crash());
            world.clock.at(world.clock.nowMs() + atMs + 45_000, () => one.comeBack());
          }
          await settle(world, []);
          expect(world.problems).toEqual([]);
          if (lastResult(world) === 'rolled-back') expect(world.isBack()).toBe(true);
          else await expectNothingLeft(world);
        },
      ),
      runs(10_000),
    );
  });
});
