/** The real command line against real servers, cut off with SIGKILL at any moment, and run again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/adapters/transport/simulated/seeded-random.ts';
import { healthOf } from '../support/live/health-watch.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';
import { killAll, type Ran, type Running } from '../support/live/live-process.ts';
import { isSoak, runs } from '../support/runs.ts';

const rounds = isSoak ? 50 : 3;
const operationRounds = isSoak ? 20 : 1;
const random = seededRandom(runs(1).seed);

let fleet: LiveFleet;
let minor = 5;
let usualMs: number;

beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: isSoak ? 5 : 3 });
  await fleet.askFor('1.5.0');
  const startedMs = performance.now();
  expect(await apply()).toMatchObject({ code: 0 });
  usualMs = performance.now() - startedMs;
}, 120_000);
afterAll(() => fleet.remove());

function apply(...more: string[]): Promise<Ran> {
  return fleet.themis('apply', '--auto-approve', ...more);
}

async function nextVersion(): Promise<string> {
  minor += 1;
  const version = `1.${minor}.0`;
  await fleet.addRelease(version);
  await fleet.askFor(version);
  return version;
}

/** Whatever was cut off before: one more apply ends it, and no server was started more than once for it. */
async function expectConverged(version: string, startsBefore: Record<string, number>, what: string): Promise<string> {
  const ran = await apply();
  expect(ran.code, `${what}\n${ran.err}`).toBe(0);
  expect(await fleet.serving(), what).toEqual(fleet.all(version));
  const starts = Object.entries(fleet.startCounts()).map(([name, count]) => [name, count - startsBefore[name]!]);
  expect(Object.fromEntries(starts), `${what}\n${ran.err}`).toEqual(fleet.all(1));
  expect(await fleet.themis('plan', '--detailed-exitcode'), what).toMatchObject({ code: 0 });
  expect(fleet.operations(), what).toEqual([]);
  return ran.err;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

test('an apply that is killed at any moment and run again converges, and starts each server once', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const version = await nextVersion();
    const starts = fleet.startCounts();
    const delayMs = Math.round(random() * usualMs);
    const running = fleet.start('apply', '--auto-approve');
    await pause(delayMs);
    running.child.kill('SIGKILL');
    // Every other time the node's own process goes with it, as when the power does.
    const operations = round % 2 === 0 ? [] : fleet.operations();
    killAll(operations);
    const { err } = await running.ended;
    const what = `${version}, killed after ${delayMs} of ${Math.round(usualMs)} ms, ${operations.length} operations too`;
    await expectConverged(version, starts, `${what}\n${err}`);
  }
}, 3_600_000);

/** Kills every `node exec` there is, some time after one came up. */
async function killAnOperation(running: Running): Promise<number> {
  while (running.child.exitCode === null) {
    const operations = fleet.operations();
    if (operations.length > 0) {
      const delayMs = Math.round(random() * 700);
      await pause(delayMs);
      killAll(fleet.operations());
      return delayMs;
    }
    await pause(10);
  }
  return -1;
}

test('node operations that are killed are gone on with, and no server is started twice', async () => {
  for (let round = 0; round < operationRounds; round += 1) {
    const version = await nextVersion();
    const starts = fleet.startCounts();
    const running = fleet.start('apply', '--auto-approve');
    const delays = [await killAnOperation(running), await killAnOperation(running)];
    const { err } = await running.ended;
    await expectConverged(version, starts, `${version}, operations killed after ${delays.join(' and ')} ms\n${err}`);
  }
}, 3_600_000);

test('an apply that follows a killed one at once lets the node that drains go on, and stops it once', async () => {
  const version = await nextVersion();
  const starts = fleet.startCounts();
  const first = (await fleet.plan()).steps[0]!.target;
  const { port } = fleet.nodes.find(({ name }) => first === `node/${name}`)!;
  const running = fleet.start('apply', '--auto-approve');
  await running.printed(': started');
  const query = fetch(`http://127.0.0.1:${port}/query?ms=5000`);
  await running.printed(': drain');
  running.child.kill('SIGKILL');
  const told = await expectConverged(version, starts, (await running.ended).err);
  const [last] = await fleet.history();
  expect([told, last?.end?.result]).toEqual([expect.stringContaining(`going on with ${last?.id}`), 'done']);
  expect((await query).status).toBe(200);
}, 120_000);

test('the first Ctrl-C finishes the nodes in hand, releases the lock and says how to go on', async () => {
  const version = await nextVersion();
  const starts = fleet.startCounts();
  const running = fleet.start('apply', '--auto-approve');
  await running.printed(': preflight');
  running.child.kill('SIGINT');
  const ran = await running.ended;
  expect(ran.code, ran.err).toBe(130);
  expect(ran.err).toContain('Go on with: themis apply');
  const versions = Object.values(await fleet.serving());
  expect(versions.filter((one) => one === version)).toHaveLength(1);
  expect(versions).not.toContain(undefined);
  const status = JSON.parse((await fleet.themis('status', '-o', 'json')).out) as {
    conditions: { type: string; status: boolean }[];
  };
  expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Locked', status: false }));
  expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Progressing', status: true }));
  const unasked = await fleet.themis('apply');
  expect([unasked.code, unasked.err]).toEqual([1, expect.stringContaining('--auto-approve')]);
  await expectConverged(version, starts, ran.err);
}, 120_000);

test('a second apply meets the lock, names its holder, and waits when it may', async () => {
  const version = await nextVersion();
  const starts = fleet.startCounts();
  const first = fleet.start('apply', '--auto-approve');
  await first.printed(': started');
  const refused = await apply();
  expect(refused.code, refused.err).toBe(5);
  expect(refused.err).toMatch(new RegExp(`pid ${first.child.pid}.*since .*\n.*themis force-unlock \\d+`, 'su'));
  const waiting = await apply('--lock-timeout', '2m');
  expect([waiting.code, waiting.out], waiting.err).toEqual([0, expect.stringContaining('No changes.')]);
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(await healthOf(fleet.nodes[0]!)).toMatchObject({ version });
  await expectConverged(version, starts, waiting.err);
}, 120_000);
