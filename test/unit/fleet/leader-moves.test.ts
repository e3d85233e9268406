import { expect, test } from 'vitest';
import { FleetWorld } from '../../support/fleet-world.ts';

test.each(['n0-0', 'n0-1', 'n0-2'])(
  'leadership that moved to %s between two runs of the first stage opens no later stage',
  async (name) => {
    const world = new FleetWorld({ seed: 3, sizes: [3], stages: 3, bakeMs: 3_600_000 });
    await world.apply({ atWrite: 2, durable: true });
    world.fleet.moveLeader('c0', name);
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.problems).toEqual([]);
  },
);
