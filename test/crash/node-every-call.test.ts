/**
 * Kills, fails and cuts the power at every effect of a whole update, of one that has to roll back, and of a rollback,
 * before it and after it. Soak also lets parts of what was not synced survive a power cut.
 */
import { expect, test } from 'vitest';
import { isSoak } from '../support/runs.ts';
import { crashWorld, powerCut, recoverAndCheck, runInto, scenarios } from '../support/node/crash-world.ts';
import type { CrashWorld, Scenario } from '../support/node/crash-world.ts';
import type { Fault } from '../support/node/fuse.ts';

/** Every n until the operation runs clean; fails if that never happens or if nothing was ever hit. */
async function atEvery(
  scenario: Scenario,
  kind: Fault['kind'],
  stride: number,
  check: (crashed: CrashWorld, run: Awaited<ReturnType<typeof runInto>>, what: string) => Promise<void>,
): Promise<number> {
  let hits = 0;
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; ; at += stride) {
      const crashed = await crashWorld(scenario);
      const run = await runInto(crashed, { at, when, kind });
      if (run.fuse.hit === undefined) break;
      hits += 1;
      expect(at).toBeLessThan(1000);
      await check(crashed, run, `${scenario}, ${kind} ${when} ${run.fuse.hit}`);
    }
  }
  return hits;
}

/** For the kinds that differ little from one effect to the next. */
const stride = isSoak ? 1 : 3;

/** A forward direction stops the node once; a failing update once more on its way back. */
const stopsOf = (scenario: Scenario, turned: boolean): number => (scenario === 'failing update' || turned ? 2 : 1);

for (const scenario of scenarios) {
  test(`${scenario}: killed at every effect, recovery ends fully old or fully new and goes forward where it can`, async () => {
    const ends = { old: 0, new: 0 };
    const hits = await atEvery(scenario, 'kill', 1, async (crashed, run, what) => {
      expect(run.reply, what).toBeUndefined();
      crashed.files.releaseLocks();
      const end = await recoverAndCheck(crashed, what, { stops: stopsOf(scenario, false) });
      ends[end] += 1;
      expect(crashed.world.service.running, what).toBe(true);
    });
    expect(hits).toBeGreaterThan(100);
    expect(ends.old).toBeGreaterThan(0);
    expect(ends.new > 0).toBe(scenario !== 'failing update');
  });

  test(`${scenario}: power cut at every effect, recovery ends fully old or fully new`, async () => {
    await atEvery(scenario, 'kill', 1, async (crashed, _run, what) => {
      powerCut(crashed);
      await recoverAndCheck(crashed, what, { stops: stopsOf(scenario, true) });
    });
  });

  test(`${scenario}: power cut at every effect with some un-synced things surviving`, async () => {
    for (let seed = 1; seed <= (isSoak ? 50 : 1); seed += 1) {
      await atEvery(scenario, 'kill', stride, async (crashed, _run, what) => {
        powerCut(crashed, randomSurvival(seed));
        await recoverAndCheck(crashed, `${what}, seed ${seed}`, { stops: stopsOf(scenario, true) });
      });
    }
  });

  test(`${scenario}: every effect failing once ends as the reply says`, async () => {
    await atEvery(scenario, 'fail', 1, async (crashed, { reply }, what) => {
      expect(reply, what).toBeDefined();
      const end = await recoverAndCheck(crashed, what, { stops: stopsOf(scenario, true) });
      if (reply?.kind === 'refused') expect(end, what).toBe('old');
      if (reply?.kind === 'finished' && reply.result.kind === 'done') expect(end, what).toBe('new');
      if (reply?.kind === 'finished' && reply.result.kind === 'rolled-back') expect(end, what).toBe('old');
      expect(crashed.world.service.running, what).toBe(true);
    });
  });

  test(`${scenario}: a disk that fails for good from any effect on is survived once it works again`, async () => {
    await atEvery(scenario, 'fail-from-here', stride, async (crashed, _run, what) => {
      await recoverAndCheck(crashed, what, { stops: stopsOf(scenario, true) });
    });
  });

  test(`${scenario}: a disk full at every write, once and for good`, async () => {
    await atEvery(scenario, 'full', 1, async (crashed, _run, what) => {
      await recoverAndCheck(crashed, what, { stops: stopsOf(scenario, true) });
      expect(crashed.world.service.running, what).toBe(true);
    });
    await atEvery(scenario, 'full-from-here', 1, async (crashed, _run, what) => {
      await recoverAndCheck(crashed, what, { stops: stopsOf(scenario, true) });
    });
  });
}

/** Deterministic: each un-synced thing is kept, lost or torn by a hash of its name and the seed. */
function randomSurvival(seed: number) {
  let state = seed;
  return (_what: string, name: string): 'kept' | 'lost' | 'torn' => {
    for (const char of name) state = (Math.imul(state ^ char.codePointAt(0)!, 0x01000193) >>> 0) + 1;
    return (['kept', 'lost', 'torn'] as const)[(state >>> 7) % 3]!;
  };
}
