/** Going back by hand and by Git on real servers, and the commands that stop, show and unlock a fleet. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestorePointSummary } from '../../src/model/observed.ts';
import type { StatusView } from '../../src/report/status-table.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: 3 });
  await fleet.askFor('1.5.0');
  expect(await fleet.themis('apply', '--auto-approve')).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => fleet.remove());

async function status(): Promise<StatusView> {
  return JSON.parse((await fleet.themis('status', '-o', 'json')).out) as StatusView;
}

async function condition(name: string): Promise<boolean> {
  return (await status()).conditions.find(({ type }) => type === name)!.status;
}

/** Names in the order of their latest start. */
function latestStarts(): string[] {
  const starts = fleet.nodes.map(({ name }) => ({ name, at: fleet.starts(name).at(-1)!.at }));
  return starts.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ name }) => name);
}

describe('rollback', () => {
  test('of one node leaves the others, and the plan shows the difference again', async () => {
    const leader = await fleet.leader();
    const { name } = fleet.nodes.find((node) => node.name !== leader)!;
    const ran = await fleet.themis('rollback', `node/${name}`, '--auto-approve');
    expect(ran.code, ran.err).toBe(0);
    expect(await fleet.serving()).toEqual({ ...fleet.all('1.5.0'), [name]: '1.4.0' });
    expect((await fleet.plan()).steps.map(({ kind, target }) => [kind, target])).toEqual([
      ['node-update', `node/${name}`],
    ]);
    expect((await fleet.history())[0]).toMatchObject({ kind: 'rollback', end: { result: 'done', exitCode: 0 } });
  }, 60_000);

  test('what was rolled back by hand does not come back by itself', async () => {
    expect(await fleet.themis('apply', '--auto-approve')).toMatchObject({ code: 4 });
    expect(await fleet.themis('resume')).toMatchObject({ code: 0 });
  });

  test('to a named restore point brings back what that holds', async () => {
    const [node] = (await fleet.plan()).steps.map(({ target }) => target);
    const name = node!.slice('node/'.length);
    const listed = await fleet.themis('node', 'restore-points', '--root', `nodes/${name}`, '-o', 'json');
    const points = JSON.parse(listed.out) as RestorePointSummary[];
    const { id } = points.find(({ packages }) => packages['themisdb']?.version === '1.5.0')!;
    const ran = await fleet.themis('rollback', node!, '--to', id, '--auto-approve');
    expect(ran.code, ran.err).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
  }, 60_000);

  test('of all nodes goes one by one, leader last; cut off it goes on, and apply does not bring its target on again', async () => {
    const leader = await fleet.leader();
    const running = fleet.start('rollback', '--all', '--auto-approve');
    await running.printed(/: (?:switch|start)\n/u);
    running.child.kill('SIGKILL');
    await running.ended;
    const forward = await fleet.themis('apply', '--auto-approve');
    expect([forward.code, forward.err + forward.out]).toEqual([4, expect.stringContaining('THM3050')]);
    const ran = await fleet.themis('rollback', '--all', '--auto-approve');
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('going on with rollback-')]);
    expect(await fleet.serving()).toEqual(fleet.all('1.4.0'));
    expect(latestStarts().at(-1)).toBe(leader);
    expect((await fleet.plan()).summary).toMatchObject({ update: 3 });
  }, 60_000);

  test('what it cannot do is said by exit code', async () => {
    expect(await fleet.themis('rollback')).toMatchObject({ code: 64 });
    expect(await fleet.themis('rollback', 'node/node-z', '--auto-approve')).toMatchObject({ code: 64 });
    expect(await fleet.themis('rollback', '--all', '--to', 'nothing', '--auto-approve')).toMatchObject({ code: 4 });
  });
});

test('a downgrade in Git returns to the restore point that holds it, leader last', async () => {
  expect(await fleet.themis('resume')).toMatchObject({ code: 0 });
  expect(await fleet.themis('apply', '--auto-approve')).toMatchObject({ code: 0 });
  expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
  await fleet.askFor('1.4.0');
  expect((await fleet.plan()).summary).toMatchObject({ update: 0, rollback: 3 });
  const leader = await fleet.leader();
  const ran = await fleet.themis('apply', '--auto-approve');
  expect(ran.code, ran.err).toBe(0);
  expect(await fleet.serving()).toEqual(fleet.all('1.4.0'));
  expect(latestStarts().at(-1)).toBe(leader);
  expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
}, 120_000);

test('two revisions are compared by what they would do', async () => {
  const ran = await fleet.themis('plan', '--rev', 'HEAD', '--against', 'HEAD~1', '-o', 'json');
  expect(ran.code, ran.err).toBe(0);
  const against = await fleet.plan('--rev', 'HEAD~1');
  expect([against.summary.update, (await fleet.plan('--rev', 'HEAD')).steps]).toEqual([3, []]);
});

describe('steering', () => {
  test('a suspended fleet is left alone until it is resumed', async () => {
    await fleet.askFor('1.5.0');
    expect(await fleet.themis('suspend', '--reason', 'incident')).toMatchObject({ code: 0 });
    expect(await condition('Suspended')).toBe(true);
    const starts = fleet.startCounts();
    const ran = await fleet.themis('apply', '--auto-approve');
    expect(ran.code, ran.err).toBe(4);
    expect(ran.out).toContain('incident');
    expect(fleet.startCounts()).toEqual(starts);
    expect(await fleet.themis('resume')).toMatchObject({ code: 0 });
    expect(await condition('Suspended')).toBe(false);
  });

  test('without waiting it stops at the bake, and cancel ends what is open', async () => {
    fleet.setRollout({ bake: '1h' });
    fleet.commit('Bake for an hour');
    const ran = await fleet.themis('apply', '--auto-approve', '--no-wait');
    expect(ran.code, ran.err).toBe(9);
    expect(Object.values(await fleet.serving()).filter((version) => version === '1.5.0')).toHaveLength(1);
    expect(await condition('Progressing')).toBe(true);
    expect(await fleet.themis('cancel')).toMatchObject({ code: 0 });
    expect(await condition('Progressing')).toBe(false);
    expect((await fleet.history())[0]).toMatchObject({ end: { result: 'cancelled' } });
    expect(await fleet.themis('cancel')).toMatchObject({ code: 0 });
  }, 60_000);

  test('force-unlock takes the lock from its holder, who touches nothing more', async () => {
    const holder = fleet.start('apply', '--auto-approve');
    await holder.printed('waiting: stage 1 bakes');
    expect(await condition('Locked')).toBe(true);
    const refused = await fleet.themis('apply', '--auto-approve');
    expect(refused.code).toBe(5);
    const token = /force-unlock (\d+)/u.exec(refused.err)![1]!;
    expect(await fleet.themis('force-unlock', String(Number(token) + 1))).toMatchObject({ code: 5 });
    expect(await fleet.themis('force-unlock', token)).toMatchObject({ code: 0 });
    expect(await condition('Locked')).toBe(false);
    const starts = fleet.startCounts();
    fleet.setRollout({});
    fleet.commit('Bake no more');
    const next = await fleet.themis('apply', '--auto-approve');
    expect(next.code, next.err).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
    expect(Object.values(fleet.startCounts()).reduce((sum, count) => sum + count, 0)).toBe(
      Object.values(starts).reduce((sum, count) => sum + count, 0) + 2,
    );
    holder.child.kill('SIGTERM');
    expect((await holder.ended).code).not.toBe(0);
    expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  }, 60_000);
});

describe('what commands print for programs', () => {
  test('status', async () => {
    const view = await status();
    expect(view.fleet).toEqual({ name: 'demo', uid: fleet.uid });
    expect(view.revision).toBe(fleet.git('rev-parse', 'HEAD').trim());
    for (const node of view.nodes) {
      expect(node).toMatchObject({ cluster: 'demo', desired: { themisdb: '1.5.0' }, observed: { themisdb: '1.5.0' } });
    }
    expect(view.conditions.map(({ type, status: is }) => [type, is])).toEqual([
      ['Ready', true],
      ['Reachable', true],
      ['Accepting', true],
      ['Progressing', false],
      ['Locked', false],
      ['Suspended', false],
      ['Quarantined', false],
    ]);
  });

  test('history', async () => {
    const rows = await fleet.history();
    expect(rows.map(({ kind, end }) => `${kind} ${end?.result} ${end?.exitCode}`)).toEqual(
      [
        'apply done 0', // 1.4.0
        'apply done 0', // 1.5.0
        'rollback done 0', // one node
        'rollback done 0', // to a restore point
        'rollback done 0', // all
        'apply done 0', // forth
        'apply done 0', // back by Git
        'apply cancelled 1',
        'apply superseded 8', // unlocked
        'apply done 0',
      ].reverse(),
    );
    expect(JSON.parse((await fleet.themis('history', '-o', 'json', '--limit', '1')).out)).toEqual(rows.slice(0, 1));
  });

  test('validate, lock, explain and version', async () => {
    const valid = await fleet.themis('validate', '-o', 'json');
    expect(valid.code).toBe(0);
    expect(JSON.parse(valid.out)).toMatchObject({ summary: { error: 0 } });
    const lock = await fleet.themis('lock', '--check', '-o', 'json');
    expect(lock.code).toBe(0);
    expect(JSON.parse(lock.out)).toMatchObject({ packages: [{ package: 'themisdb', version: '1.5.0' }] });
    const explained = await fleet.themis('explain', 'Rollout.spec.stages', '-o', 'json');
    expect(explained.code).toBe(0);
    expect(JSON.parse(explained.out)).toMatchObject({ kind: 'Rollout', address: 'Rollout.spec.stages' });
    expect(await fleet.themis('explain', 'Rollout.spec.nothing')).toMatchObject({ code: 64 });
    expect(await fleet.themis('version')).toMatchObject({ code: 0 });
    expect(await fleet.themis('nothing')).toMatchObject({ code: 64 });
  });

  test('doctor finds nothing to mend in a fleet that is well, and what is broken in one that is not', async () => {
    const checkup = async (): Promise<{ code: number | null; failed: string[] }> => {
      const { code, out } = await fleet.themis('doctor', '-o', 'json');
      const { checks } = JSON.parse(out) as { checks: { name: string; status: string }[] };
      return { code, failed: checks.filter(({ status: is }) => is === 'fail').map(({ name }) => name) };
    };
    expect(await checkup()).toEqual({ code: 0, failed: [] });
    fleet.edit('fleet.yaml', (text) => text.replace('kind: Fleet', 'kind: Flet'));
    expect(await checkup()).toEqual({ code: 1, failed: ['fleet'] });
    fleet.git('checkout', '--quiet', '--', 'fleet.yaml');
  });
});
