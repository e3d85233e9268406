/** Worlds that property tests of the executor draw, and how a run of them is brought to its end. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { SimulatedNode } from '../../src/adapters/transport/simulated/node.ts';
import { FleetWorld, type Run, type WorldOptions } from './fleet-world.ts';

export const shape = fc.record({
  seed: fc.integer({ min: 1, max: 1e9 }),
  sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  maxUnavailable: fc.integer({ min: 1, max: 2 }),
  stages: fc.integer({ min: 1, max: 3 }),
  bakeMs: fc.constantFrom(0, 60_000),
  parallelism: fc.integer({ min: 1, max: 6 }),
});
/** Nodes that lag behind in two versions, are where they should be, or drifted at any of them. */
const starts = fc.array(
  fc.record({ version: fc.constantFrom('1.4.0', '1.4.2', '1.5.0'), drifted: fc.constantFrom(false, false, true) }),
  { maxLength: 6 },
);
export const mixed = fc.record({ shape, starts }).map(({ shape, starts }): WorldOptions => ({ ...shape, starts }));
export const kills = fc.array(fc.record({ atWrite: fc.integer({ min: 1, max: 25 }), durable: fc.boolean() }), {
  maxLength: 4,
});
export const network = fc.record({
  lostRequests: fc.constantFrom(0, 0.05, 0.2),
  lostAnswers: fc.constantFrom(0, 0.05, 0.2),
});

/** Killed as often as asked, then run until it says that running it again would not help. */
export async function settle(
  world: FleetWorld,
  killed: readonly { atWrite: number; durable: boolean }[],
  isEnough: (run: Run) => boolean = () => false,
): Promise<Run> {
  for (const kill of killed) {
    const run = await world.apply(kill);
    if (run !== null && (!goesOn(run) || isEnough(run))) return run;
  }
  for (let tries = 0; ; tries += 1) {
    const run = (await world.apply())!;
    if (!goesOn(run) || isEnough(run) || tries === 20) return run;
  }
}

/** A request of a dead controller may arrive after its successor looked: stale, plan again. */
function goesOn(run: Run): boolean {
  if (run.kind === 'executed') return run.report.resumable || run.report.result === 'stale';
  return run.kind === 'incomplete';
}

export function updatesOf(world: FleetWorld): number[] {
  return [...world.fleet.nodes.values()].map(
    (one) => [...one.operations.values()].filter((operation) => operation.body.kind === 'update').length,
  );
}

/** The real planner looks at what the run left behind and has no step for it. */
export async function expectNothingLeft(world: FleetWorld): Promise<void> {
  let run = await settle(world, []);
  // The look may have been lost on the way for longer than anybody tries.
  for (let tries = 0; tries < 5 && run.kind === 'incomplete'; tries += 1) run = await settle(world, []);
  expect(run).toEqual({ kind: 'empty', steps: 0 });
  expect(world.isDone()).toBe(true);
  expect(world.problems).toEqual([]);
}

export async function expectQuarantine(world: FleetWorld): Promise<void> {
  expect(await settle(world, [])).toMatchObject({
    kind: 'refused',
    codes: expect.arrayContaining(['THM3050']) as unknown,
  });
  expect(world.problems).toEqual([]);
}

/** No node that had nothing to do was stopped, and no other one twice. */
export function expectOnceEach(world: FleetWorld): void {
  for (const one of world.fleet.nodes.values()) {
    expect([...one.stops.values()]).toEqual(world.hasWork(one.name) ? [1] : []);
  }
}

export function lastResult(world: FleetWorld): string | undefined {
  return world.state.executions.at(-1)?.summary.end?.result;
}

/** One node, the same in every run of a seed, does not become healthy with the new release. */
export function withFailure(
  options: WorldOptions,
  pick: number,
  fault: 'unhealthy' | 'stuck',
  network: { lostRequests?: number; lostAnswers?: number },
  version = '1.5.0',
  meanwhile: (world: FleetWorld, one: SimulatedNode) => void = () => {},
): FleetWorld {
  const like = new FleetWorld(options);
  const names = like.nodes.map(({ name }) => name).filter((name) => like.hasWork(name));
  const bad = names[pick % names.length]!;
  const world: FleetWorld = new FleetWorld({
    ...options,
    faults: {
      ...network,
      operation: (one, target, kind) => {
        meanwhile(world, one);
        return kind === 'update' && one.name === bad && target['db']!.version === version ? fault : 'none';
      },
    },
  });
  return world;
}
