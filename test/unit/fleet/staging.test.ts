/** What a run does about staging: it ends when nobody needs it, and waits for a source that names a time. */
import { describe, expect, test } from 'vitest';
import { ThemisError } from '../../../src/kernel/error.ts';
import { wireVersion } from '../../../src/model/message.ts';
import { FleetWorld } from '../../support/fleet-world.ts';

test.each([
  ['cancel', { cancel: { execution: 'e-1', at: '', by: 'ops' } }, 'cancelled'],
  ['suspension', { suspended: { at: '', by: 'ops', reason: 'incident' } }, 'not-finished'],
] as const)('a %s does not wait for what is only staged, however long that takes', async (_what, steering, result) => {
  const world = new FleetWorld({ seed: 3, sizes: [3] });
  const call = world.fleet.call.bind(world.fleet);
  world.fleet.call = (node, request, options) => {
    if (request.kind !== 'stage') return call(node, request, options);
    const ended = new ThemisError('CANCELLED', 'it ended');
    return new Promise((_resolve, reject) => options.signal?.addEventListener('abort', () => reject(ended)));
  };
  world.clock.at(world.clock.nowMs() + 7000, () => void world.store.steer(steering));
  expect(await world.apply()).toMatchObject({ report: { result } });
  expect(world.distinctVersions()).toEqual(['1.4.0']);
});

/** No node gets what it needs before that time. */
function closeSource(world: FleetWorld, forMs: number): void {
  const untilMs = world.clock.nowMs() + forMs;
  const call = world.fleet.call.bind(world.fleet);
  world.fleet.call = async (node, request, options) => {
    const retryAfterMs = untilMs - world.clock.nowMs();
    if (request.kind !== 'stage' || retryAfterMs <= 0) return await call(node, request, options);
    const failure = { code: 'RATE_LIMITED', message: 'come back later.', retry: 'backoff', retryAfterMs } as const;
    world.fleet.calls.set('refused', (world.fleet.calls.get('refused') ?? 0) + 1);
    return { wireVersion, node: node.name, kind: 'refused', failure };
  };
}

describe('a source that wants to be left alone', () => {
  test('for a while: it is told, not asked before, and then all goes on', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3] });
    closeSource(world, 20_000);
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.events).toContainEqual(
      expect.objectContaining({
        type: 'step-progress',
        note: expect.stringMatching(/^come back later; asked again at /u) as string,
      }),
    );
    // Once ahead, and once in turn, at each node.
    expect(world.fleet.calls.get('refused')).toBeLessThanOrEqual(6);
  });

  test('for longer than patience lasts: it ends at once, nobody is at fault, and it stays open', async () => {
    const world = new FleetWorld({ seed: 3, sizes: [3] });
    closeSource(world, 24 * 3_600_000);
    const startedMs = world.clock.nowMs();
    expect(await world.apply()).toMatchObject({
      report: {
        result: 'not-finished',
        exitCode: 9,
        resumable: true,
        detail: expect.stringContaining('come back later') as string,
      },
    });
    expect(world.clock.nowMs() - startedMs).toBeLessThan(10_000);
    expect(world.state.record.quarantine).toEqual([]);
    await world.clock.advance(24 * 3_600_000);
    expect(await world.apply()).toMatchObject({ report: { result: 'done' } });
    expect(world.state.executions).toHaveLength(1);
  });

  test('a failure outweighs it: what was done is taken back all the same', async () => {
    const world = new FleetWorld({
      seed: 3,
      sizes: [3, 3],
      faults: { operation: (one, _, kind) => (kind === 'update' && one.cluster === 'c0' ? 'unhealthy' : 'none') },
    });
    const call = world.fleet.call.bind(world.fleet);
    const failure = { code: 'RATE_LIMITED', message: 'come back later.', retry: 'backoff' } as const;
    world.fleet.call = async (node, request, options) => {
      if (request.kind !== 'stage' || node.cluster === 'c0') return await call(node, request, options);
      // Its turn comes while the other one is at work.
      await world.clock.sleep(1000, options.signal);
      return { wireVersion, node: node.name, kind: 'refused', failure: { ...failure, retryAfterMs: 86_400_000 } };
    };
    expect(await world.apply()).toMatchObject({ report: { result: 'rolled-back', exitCode: 6 } });
  });
});
