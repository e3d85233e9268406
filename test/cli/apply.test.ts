/** Apply as a process over real nodes: killed, interrupted, failing, resumed; the service processes are real too. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';

const slowMs = 120_000;

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: 3, rollout: { healthTimeout: '10s' } });
  expect(fleet.firstApply).toMatchObject({ code: 0, err: expect.stringContaining('done: every step is done') });
}, slowMs);
afterAll(() => fleet.remove());

test(
  'killed in the middle and run again: the same end, and the third run has nothing to do',
  async () => {
    await fleet.askFor('1.5.0');
    const running = fleet.start('apply', '--auto-approve');
    await running.printed(/: (?:switch|start)\n/u);
    running.child.kill('SIGKILL');
    await running.ended;
    expect(running.child.signalCode).toBe('SIGKILL');

    const again = await fleet.themis('apply', '--auto-approve');
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('going on with apply-')]);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));

    const third = await fleet.themis('apply');
    expect([third.code, third.out]).toEqual([0, expect.stringContaining('No changes.')]);
    const stream = (await fleet.themis('apply', '-o', 'jsonl')).out.trimEnd().split('\n');
    const closing = { type: 'execution-finished', execution: null, result: 'nothing-to-do', exitCode: 0 };
    expect(JSON.parse(stream.at(-1)!)).toMatchObject(closing);
    expect((await fleet.history()).map((one) => one.end?.result)).toEqual(['done', 'done']);
  },
  slowMs,
);

test(
  'a node that does not become healthy: exit 6, every node is back, history tells it, the target is quarantined',
  async () => {
    await fleet.addRelease('1.6.0');
    fleet.breakVersions('node-c', ['1.6.0']);
    await fleet.askFor('1.6.0');
    const failed = await fleet.themis('apply', '--auto-approve', '-o', 'jsonl');
    expect(failed.code).toBe(6);
    const events = failed.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events[0]?.type).toBe('version');
    expect(events.map((event) => event.type)).toContain('rolling-back');
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
    expect(fleet.installed()).toEqual(fleet.all('1.5.0'));
    const [last] = await fleet.history();
    expect(last?.end).toMatchObject({ result: 'rolled-back', exitCode: 6 });
    expect((await fleet.themis('apply', '--auto-approve')).code).toBe(4);
  },
  slowMs,
);

test(
  'interrupted once: nodes in hand finish, the lock is free, and it goes on; nobody to ask: exit 1',
  async () => {
    fleet.breakVersions('node-c', []);
    expect((await fleet.themis('resume')).code).toBe(0);
    const running = fleet.start('apply', '--auto-approve');
    await running.printed(': start\n');
    running.child.kill('SIGINT');
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([130, expect.stringContaining('Go on with: themis apply')]);
    const status = JSON.parse((await fleet.themis('status', '-o', 'json')).out) as {
      conditions: { type: string; status: boolean }[];
    };
    const condition = (type: string) => status.conditions.find((one) => one.type === type)?.status;
    expect([condition('Locked'), condition('Progressing')]).toEqual([false, true]);

    const unasked = await fleet.themis('apply');
    expect([unasked.code, unasked.err]).toEqual([1, expect.stringContaining('--auto-approve')]);
    expect((await fleet.themis('apply', '--auto-approve')).code).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.6.0'));
  },
  slowMs,
);

test(
  'two at once: the second is told who, since when and how to force it, and exits 5',
  async () => {
    await fleet.addRelease('1.6.1');
    await fleet.askFor('1.6.1');
    const running = fleet.start('apply', '--auto-approve');
    await running.printed(': preflight\n');
    const second = await fleet.themis('apply', '--auto-approve');
    expect([second.code, second.err]).toEqual([
      5,
      expect.stringMatching(/pid \d+.*since .*\n.*themis force-unlock \d+/su),
    ]);
    const waited = await fleet.themis('apply', '--auto-approve', '--lock-timeout', '60s');
    expect([waited.code, waited.out]).toEqual([0, expect.stringContaining('No changes.')]);
    expect((await running.ended).code).toBe(0);
  },
  slowMs,
);

test(
  'a saved plan is refused once what it was made from moved, and applied without a question otherwise',
  async () => {
    await fleet.addRelease('1.6.2');
    await fleet.askFor('1.6.2');
    expect((await fleet.themis('plan', '--out', 'a.themisplan')).code).toBe(0);
    writeFileSync(fleet.inNode('node-a', 'install/share/version.json'), '{"version":"1.6.1" }');
    const stale = await fleet.themis('apply', 'a.themisplan');
    expect([stale.code, stale.err]).toEqual([8, expect.stringContaining('no longer what this plan was made from')]);
    expect((await fleet.themis('plan', '--out', 'b.themisplan')).code).toBe(0);
    expect((await fleet.themis('apply', 'b.themisplan', '--dry-run')).code).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.6.1'));
    expect((await fleet.themis('suspend', '--reason', 'incident')).code).toBe(0);
    const held = await fleet.themis('apply', 'b.themisplan');
    expect([held.code, held.out]).toEqual([4, expect.stringContaining('THM3051')]);
    expect((await fleet.themis('resume')).code).toBe(0);
    // Outside the seal, and so not taken from the file.
    const plan = JSON.parse(readFileSync(fleet.file('b.themisplan'), 'utf8')) as Plan;
    const deferred = plan.steps.map(({ id }) => ({ step: id, reason: 'edited', until: null }));
    fleet.write('b.themisplan', JSON.stringify({ ...plan, deferred }));
    expect((await fleet.themis('apply', 'b.themisplan')).code).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.6.2'));
    const back = await fleet.themis('rollback', 'node/node-b', '--auto-approve');
    expect(back.code).toBe(0);
    expect(fleet.installed()).toEqual({ ...fleet.all('1.6.2'), 'node-b': '1.6.1' });
  },
  slowMs,
);

test(
  'a rollback that was cut off goes on as it was planned, and apply does not bring its target on again',
  async () => {
    const running = fleet.start('rollback', '--all', '--auto-approve');
    await running.printed(/: (?:switch|start)\n/u);
    running.child.kill('SIGKILL');
    await running.ended;

    const forward = await fleet.themis('apply', '--auto-approve');
    expect([forward.code, forward.err + forward.out]).toEqual([4, expect.stringContaining('THM3050')]);
    const again = await fleet.themis('rollback', '--all', '--auto-approve');
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('going on with rollback-')]);
    expect(fleet.installed()).toEqual({ ...fleet.all('1.6.1'), 'node-b': '1.6.0' });
  },
  slowMs,
);
