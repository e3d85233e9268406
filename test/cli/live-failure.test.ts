/** A release that one node cannot run, on five real servers: everything comes back, and a person decides what is next. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusView } from '../../src/report/status-table.ts';
import { HealthWatch, type Look } from '../support/live/health-watch.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';

let fleet: LiveFleet;
let third: string;
let leader: string;
beforeAll(async () => {
  fleet = await LiveFleet.make({ rollout: { healthTimeout: '8s' } });
  await fleet.askFor('1.5.0');
  leader = await fleet.leader();
  third = (await fleet.plan()).steps[2]!.target.slice('node/'.length);
}, 120_000);
afterAll(() => fleet.remove());

async function condition(name: string): Promise<boolean> {
  const { conditions } = JSON.parse((await fleet.themis('status', '-o', 'json')).out) as StatusView;
  return conditions.find(({ type }) => type === name)!.status;
}

/** Servers that did not serve, at the moments when some did not. */
function gaps(looks: readonly Look[]): string[][] {
  return looks
    .map(({ serving }) => fleet.nodes.map(({ name }) => name).filter((name) => !serving.includes(name)))
    .filter((away) => away.length > 0);
}

test('a node that does not get healthy takes itself and then all others back', async () => {
  const [installs, starts] = [await fleet.installs(), fleet.startCounts()];
  fleet.breakVersions(third, ['1.5.0']);
  const watch = new HealthWatch(fleet.nodes);
  const ran = await fleet.themis('apply', '--auto-approve', '-o', 'jsonl');
  const looks = await watch.stop();
  expect(ran.code, ran.err).toBe(6);
  const events = ran.out.trimEnd().split('\n');
  const told = events.map((line) => (JSON.parse(line) as { type: string }).type);
  expect([told[0], told]).toEqual(['version', expect.arrayContaining(['rolling-back'])]);
  expect(await fleet.serving()).toEqual(fleet.all('1.4.0'));
  expect(await fleet.installs()).toEqual(installs);
  expect((await fleet.history())[0]).toMatchObject({ kind: 'apply', end: { result: 'rolled-back', exitCode: 6 } });
  // Two nodes forth and back, the third forth and back by itself, nobody after it.
  const touched = Object.entries(fleet.startCounts()).filter(([name, count]) => count !== starts[name]);
  expect(touched).toHaveLength(3);
  for (const [name, count] of touched) expect([name, count]).toEqual([name, starts[name]! + 2]);
  expect(fleet.starts(third).map(({ version }) => version)).toEqual(['1.4.0', '1.5.0', '1.4.0']);
  expect(fleet.startCounts()[leader]).toBe(starts[leader]);
  // Never two at once, and never the leader.
  const away = gaps(looks);
  expect(away.length).toBeGreaterThan(0);
  expect(Math.max(...away.map(({ length }) => length))).toBe(1);
  expect(away.flat()).not.toContain(leader);
}, 120_000);

test('the target that failed is in quarantine until a person lifts it', async () => {
  const starts = fleet.startCounts();
  const plan = await fleet.themis('plan', '-o', 'json');
  expect(plan.code).toBe(4);
  expect(JSON.parse(plan.out)).toMatchObject({ applyable: false });
  expect(await fleet.themis('apply', '--auto-approve')).toMatchObject({ code: 4 });
  expect(await condition('Quarantined')).toBe(true);
  expect(await fleet.themis('resume')).toMatchObject({ code: 0 });
  expect(await condition('Quarantined')).toBe(false);
  expect(await fleet.plan()).toMatchObject({ applyable: true, summary: { update: 5 } });
  expect(fleet.startCounts()).toEqual(starts);
});

test('once the cause is mended the same target goes through, leader last', async () => {
  fleet.breakVersions(third, []);
  const watch = new HealthWatch(fleet.nodes);
  const ran = await fleet.themis('apply', '--auto-approve');
  const looks = await watch.stop();
  expect(ran.code, ran.err).toBe(0);
  expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
  const latest = fleet.nodes.map(({ name }) => ({ name, at: fleet.starts(name).at(-1)!.at }));
  expect(latest.sort((a, b) => (a.at < b.at ? -1 : 1)).at(-1)!.name).toBe(leader);
  expect(Math.max(...gaps(looks).map(({ length }) => length))).toBe(1);
  expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
}, 60_000);

test('with onFailure pause nothing is taken back, and applying again goes on', async () => {
  await fleet.addRelease('1.6.0');
  fleet.setRollout({ healthTimeout: '8s', onFailure: 'pause', maxUnavailable: 2 });
  await fleet.askFor('1.6.0');
  leader = await fleet.leader();
  const { steps } = await fleet.plan('-o', 'json');
  const broken = steps[2]!.target.slice('node/'.length);
  fleet.breakVersions(broken, ['1.6.0']);
  const ran = await fleet.themis('apply', '--auto-approve');
  expect(ran.code, ran.err).toBe(1);
  const versions = await fleet.serving();
  expect(versions[broken]).toBe('1.5.0');
  expect(versions[steps[0]!.target.slice('node/'.length)]).toBe('1.6.0');
  expect(Object.values(versions)).not.toContain(undefined);
  expect((await fleet.history())[0]).toMatchObject({ end: { result: 'paused', exitCode: 1 } });
  expect(await condition('Quarantined')).toBe(false);

  fleet.breakVersions(broken, []);
  const again = await fleet.themis('apply', '--auto-approve');
  expect(again.code, again.err).toBe(0);
  expect(await fleet.serving()).toEqual(fleet.all('1.6.0'));
}, 120_000);
