/** Apply as a process over real nodes: killed, interrupted, failing, resumed; the service processes are real too. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInterface } from 'node:readline';
import type { ChildProcess } from 'node:child_process';
import type { Plan } from '../../src/model/plan.ts';
import { ended, RealFleet } from '../support/real-fleet.ts';

const fleet = new RealFleet();
const slowMs = 120_000;

beforeAll(async () => {
  await fleet.make(3);
  const { code, err } = await fleet.run('apply', '--auto-approve');
  expect([code, err]).toEqual([0, expect.stringContaining('done: every step is done')]);
}, slowMs);
afterAll(() => fleet.remove());

/** Resolves when a line of progress on stderr matches. */
function said(child: ChildProcess, what: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (what.test(line)) resolve();
    });
    child.once('close', () => reject(new Error(`it ended and never said ${what.source}`)));
  });
}

async function healthyVersions(): Promise<(string | undefined)[]> {
  const answers = await Promise.all(fleet.nodes.map((node) => fleet.health(node)));
  return answers.map((answer) => (answer?.status === 'healthy' ? answer.version : undefined));
}

test(
  'killed in the middle and run again: the same end, and the third run has nothing to do',
  async () => {
    await fleet.want('1.5.0');
    const child = fleet.start('apply', '--auto-approve');
    const end = ended(child);
    await said(child, /: (?:switch|start)$/u);
    child.kill('SIGKILL');
    expect((await end).signal).toBe('SIGKILL');

    const again = await fleet.run('apply', '--auto-approve');
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('going on with apply-')]);
    expect(await healthyVersions()).toEqual(['1.5.0', '1.5.0', '1.5.0']);

    const third = await fleet.run('apply');
    expect([third.code, third.out]).toEqual([0, expect.stringContaining('No changes.')]);
    const stream = (await fleet.run('apply', '-o', 'jsonl')).out.trimEnd().split('\n');
    const closing = { type: 'execution-finished', execution: null, result: 'nothing-to-do', exitCode: 0 };
    expect(JSON.parse(stream.at(-1)!)).toMatchObject(closing);
    const history = JSON.parse((await fleet.run('history', '-o', 'json')).out) as { end: { result: string } | null }[];
    expect(history.map((one) => one.end?.result)).toEqual(['done', 'done']);
  },
  slowMs,
);

test(
  'a node that does not become healthy: exit 6, every node is back, history tells it, the target is quarantined',
  async () => {
    await fleet.release('1.6.0');
    const config = JSON.parse(fleet.read('nodes/node-c/server.json')) as object;
    fleet.write('nodes/node-c/server.json', JSON.stringify({ ...config, brokenVersions: ['1.6.0'] }));
    await fleet.want('1.6.0');
    const failed = await fleet.run('apply', '--auto-approve', '-o', 'jsonl');
    expect(failed.code).toBe(6);
    const events = failed.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events[0]?.type).toBe('version');
    expect(events.map((event) => event.type)).toContain('rolling-back');
    expect(await healthyVersions()).toEqual(['1.5.0', '1.5.0', '1.5.0']);
    expect(fleet.versions()).toEqual(['1.5.0', '1.5.0', '1.5.0']);
    const [last] = JSON.parse((await fleet.run('history', '-o', 'json')).out) as {
      end: { result: string; exitCode: number };
    }[];
    expect(last?.end).toMatchObject({ result: 'rolled-back', exitCode: 6 });
    expect((await fleet.run('apply', '--auto-approve')).code).toBe(4);
  },
  slowMs,
);

test(
  'interrupted once: nodes in hand finish, the lock is free, and it goes on; nobody to ask: exit 1',
  async () => {
    fleet.write('nodes/node-c/server.json', fleet.read('nodes/node-c/server.json').replace('1.6.0', '0.0.0'));
    expect((await fleet.run('resume')).code).toBe(0);
    const child = fleet.start('apply', '--auto-approve');
    const end = ended(child);
    await said(child, /: start$/u);
    child.kill('SIGINT');
    const { code, err } = await end;
    expect([code, err]).toEqual([130, expect.stringContaining('Go on with: themis apply')]);
    const status = JSON.parse((await fleet.run('status', '-o', 'json')).out) as {
      conditions: { type: string; status: boolean }[];
    };
    const condition = (type: string) => status.conditions.find((one) => one.type === type)?.status;
    expect([condition('Locked'), condition('Progressing')]).toEqual([false, true]);

    const unasked = await fleet.run('apply');
    expect([unasked.code, unasked.err]).toEqual([1, expect.stringContaining('--auto-approve')]);
    expect((await fleet.run('apply', '--auto-approve')).code).toBe(0);
    expect(await healthyVersions()).toEqual(['1.6.0', '1.6.0', '1.6.0']);
  },
  slowMs,
);

test(
  'two at once: the second is told who, since when and how to force it, and exits 5',
  async () => {
    await fleet.release('1.6.1');
    await fleet.want('1.6.1');
    const child = fleet.start('apply', '--auto-approve');
    const end = ended(child);
    await said(child, /: preflight$/u);
    const second = await fleet.run('apply', '--auto-approve');
    expect([second.code, second.err]).toEqual([
      5,
      expect.stringMatching(/pid \d+.*since .*\n.*themis force-unlock \d+/su),
    ]);
    const waited = await fleet.run('apply', '--auto-approve', '--lock-timeout', '60s');
    expect([waited.code, waited.out]).toEqual([0, expect.stringContaining('No changes.')]);
    expect((await end).code).toBe(0);
  },
  slowMs,
);

test(
  'a saved plan is refused once what it was made from moved, and applied without a question otherwise',
  async () => {
    await fleet.release('1.6.2');
    await fleet.want('1.6.2');
    expect((await fleet.run('plan', '--out', 'a.themisplan')).code).toBe(0);
    fleet.write('nodes/node-a/install/share/version.json', '{"version":"1.6.1" }');
    const stale = await fleet.run('apply', 'a.themisplan');
    expect([stale.code, stale.err]).toEqual([8, expect.stringContaining('no longer what this plan was made from')]);
    expect((await fleet.run('plan', '--out', 'b.themisplan')).code).toBe(0);
    expect((await fleet.run('apply', 'b.themisplan', '--dry-run')).code).toBe(0);
    expect(await healthyVersions()).toEqual(['1.6.1', '1.6.1', '1.6.1']);
    expect((await fleet.run('suspend', '--reason', 'incident')).code).toBe(0);
    const held = await fleet.run('apply', 'b.themisplan');
    expect([held.code, held.out]).toEqual([4, expect.stringContaining('THM3051')]);
    expect((await fleet.run('resume')).code).toBe(0);
    // Outside the seal, and so not taken from the file.
    const plan = JSON.parse(fleet.read('b.themisplan')) as Plan;
    const deferred = plan.steps.map(({ id }) => ({ step: id, reason: 'edited', until: null }));
    fleet.write('b.themisplan', JSON.stringify({ ...plan, deferred }));
    expect((await fleet.run('apply', 'b.themisplan')).code).toBe(0);
    expect(await healthyVersions()).toEqual(['1.6.2', '1.6.2', '1.6.2']);
    const back = await fleet.run('rollback', 'node/node-b', '--auto-approve');
    expect(back.code).toBe(0);
    expect(fleet.versions()).toEqual(['1.6.2', '1.6.1', '1.6.2']);
  },
  slowMs,
);

test(
  'a rollback that was cut off goes on as it was planned, and apply does not bring its target on again',
  async () => {
    const back = fleet.start('rollback', '--all', '--auto-approve');
    const end = ended(back);
    await said(back, /: (?:switch|start)$/u);
    back.kill('SIGKILL');
    await end;

    const forward = await fleet.run('apply', '--auto-approve');
    expect([forward.code, forward.err + forward.out]).toEqual([4, expect.stringContaining('THM3050')]);
    const again = await fleet.run('rollback', '--all', '--auto-approve');
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('going on with rollback-')]);
    expect(fleet.versions()).toEqual(['1.6.1', '1.6.0', '1.6.1']);
  },
  slowMs,
);
