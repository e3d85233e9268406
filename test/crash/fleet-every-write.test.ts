import { expect, test } from 'vitest';
import { FleetWorld, type WorldOptions } from '../support/fleet-world.ts';
import { gateOn } from '../support/judge/simulated-metrics.ts';

/** Kills the first controller at its n-th journal write, before or after it is durable, for every n until one lives. */
async function everyWrite(options: WorldOptions, check: (world: FleetWorld) => void): Promise<number> {
  for (let atWrite = 1; ; atWrite += 1) {
    let killed = false;
    for (const durable of [false, true]) {
      const world = new FleetWorld(options);
      killed = (await world.apply({ atWrite, durable })) === null || killed;
      for (let tries = 0; tries < 5; tries += 1) {
        const run = (await world.apply())!;
        if (run.kind === 'executed' && (run.report.resumable || run.report.result === 'stale')) continue;
        break;
      }
      check(world);
    }
    if (!killed) return atWrite - 1;
  }
}

test('killed at every journal write of a rollout in two stages: every node once, all new', async () => {
  const writes = await everyWrite({ seed: 7, sizes: [3, 1], stages: 2, bakeMs: 5000 }, (world) => {
    expect(world.problems).toEqual([]);
    expect(world.distinctVersions()).toEqual(['1.5.0']);
    for (const one of world.fleet.nodes.values()) expect([...one.stops.values()]).toEqual([1]);
    expect(world.state.executions.map((one) => one.summary.end?.result)).toEqual(['done']);
  });
  expect(writes).toBe(12);
});

test('killed at every journal write of a rollout that fails and goes back: all old, quarantined, told once', async () => {
  const options: WorldOptions = {
    seed: 7,
    sizes: [3, 1],
    stages: 2,
    faults: { operation: (one, _target, kind) => (kind === 'update' && one.name === 'n0-2' ? 'unhealthy' : 'none') },
  };
  const writes = await everyWrite(options, (world) => {
    expect(world.problems).toEqual([]);
    expect(world.distinctVersions()).toEqual(['1.4.0']);
    expect(world.state.record.quarantine).toHaveLength(1);
    expect(world.state.executions.map((one) => one.summary.end?.result)).toEqual(['rolled-back']);
    for (const one of world.fleet.nodes.values()) {
      for (const stops of one.stops.values()) expect(stops).toBe(1);
    }
  });
  expect(writes).toBeGreaterThan(8);
});

const judged: WorldOptions = {
  seed: 7,
  sizes: [3, 1],
  stages: 2,
  bakeMs: 20_000,
  gates: [gateOn('errorRate', null, { max: 0.05 })],
};

test('killed at every journal write of a rollout that is judged: every node once, all new, every answer kept', async () => {
  const writes = await everyWrite({ ...judged, failing: () => 0 }, (world) => {
    expect(world.problems).toEqual([]);
    expect(world.distinctVersions()).toEqual(['1.5.0']);
    for (const one of world.fleet.nodes.values()) expect([...one.stops.values()]).toEqual([1]);
    expect(world.state.executions.map((one) => one.summary.end?.result)).toEqual(['done']);
    const { verdicts } = world.state.record;
    expect(new Set(verdicts.map(({ stage }) => stage))).toEqual(new Set([1, 2]));
    expect(new Set(verdicts.map(({ id }) => id)).size).toBe(verdicts.length);
  });
  expect(writes).toBe(14);
});

test('killed at every journal write of a rollout that its gate fails: all old, and the verdict stands in the journal', async () => {
  const isNew = (version: string | undefined): boolean => version === '1.5.0';
  const options: WorldOptions = { ...judged, failing: (one) => (isNew(one.packages['db']?.version) ? 0.5 : 0) };
  await everyWrite(options, (world) => {
    expect(world.problems).toEqual([]);
    expect(world.isBack()).toBe(true);
    expect(world.state.record.quarantine).toHaveLength(1);
    expect(world.state.executions.map((one) => one.summary.end?.result)).toEqual(['rolled-back']);
    const failed = world.state.executions[0]!.journal.find(({ event }) => event === 'failed');
    expect(failed?.failure?.code).toBe('GATE_FAILED');
    const ids = world.state.record.verdicts.filter(({ answer }) => answer === 'fail').map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(failed?.detail?.['verdicts'] as string[]));
    expect(failed?.detail?.['verdicts']).not.toEqual([]);
  });
});
