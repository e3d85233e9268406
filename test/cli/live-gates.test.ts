/**
 * Gates over real metrics: the real Prometheus scrapes five servers under load. A release that fails one query in ten is
 * stopped in its first stage and taken back; a good one reaches everyone. Then the same from the nodes' own endpoints.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Verdict, VerdictSummary } from '../../src/model/verdict.ts';
import { eventually } from '../support/eventually.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';
import { Load } from '../support/live/load.ts';
import type { LoopbackServer } from '../support/live/loopback-server.ts';
import { hasPrometheus, startPrometheus } from '../support/live/prometheus-server.ts';

const rollout = `apiVersion: themis.dev/v1
kind: Rollout
metadata:
  name: careful
spec:
  maxUnavailable: 1
  maxMinorSkew: 1
  health: { timeout: 30s }
  onFailure: rollback
  stages:
    - { percentage: 40, bake: 10s, bakeLimit: 3m }
    - { percentage: 100, bake: 5s, bakeLimit: 3m }
  gates:
    - { metric: errorRate, max: 0.05, compare: control, worseBy: 0.5 }
    - { metric: latencyP99, max: 2s }
    - { metric: memory, max: 0.9, minSamples: 10 }
`;

let fleet: LiveFleet;
let load: Load;
beforeAll(async () => {
  fleet = await LiveFleet.make();
  fleet.write('rollout.yaml', rollout);
  for (const version of ['1.5.1', '1.5.2']) await fleet.addRelease(version);
  const bad = { errorRate: 0.1 };
  for (const { name } of fleet.nodes) fleet.setFaults(name, { '1.5.0': bad, '1.5.2': bad });
  load = new Load(fleet.nodes, 20);
}, 120_000);
afterAll(async () => {
  await load?.stop();
  await fleet?.remove();
});

async function verdicts(): Promise<VerdictSummary[]> {
  return JSON.parse((await fleet.themis('explain', 'verdict', '-o', 'json')).out) as VerdictSummary[];
}

/** Two nodes there and back, nobody else touched, everyone on the version before. */
async function expectStopped(version: string, before: Record<string, number>): Promise<void> {
  const ran = await fleet.themis('apply', '--auto-approve');
  expect(ran.code, ran.out + ran.err).toBe(6);
  expect(await fleet.serving()).toEqual(fleet.all(version));
  const after = fleet.startCounts();
  const touched = fleet.nodes.filter(({ name }) => after[name] !== before[name]);
  expect(touched.map(({ name }) => after[name]! - before[name]!)).toEqual([2, 2]);
  expect((await fleet.history())[0]).toMatchObject({ kind: 'apply', end: { result: 'rolled-back', exitCode: 6 } });
}

/** The verdict that stopped it says so again when it is recomputed. */
async function expectReplayable(): Promise<void> {
  const failed = (await verdicts()).findLast(({ answer }) => answer === 'fail')!;
  expect(failed).toMatchObject({ gate: 'errorRate', stage: 1 });
  const told = await fleet.themis('explain', 'verdict', failed.id);
  expect(told.code, told.out + told.err).toBe(0);
  expect(told.out).toContain('recomputed: the same bytes');
  const whole = JSON.parse((await fleet.themis('explain', 'verdict', failed.id, '-o', 'json')).out) as Verdict;
  expect(whole.evidence.canaries).toHaveLength(2);
  expect(whole.evidence.controls.length).toBeGreaterThanOrEqual(1);
  expect(whole.result.value).toBeGreaterThan(0.05);
  expect((await fleet.themis('history')).out).toContain(failed.id);
}

describe.skipIf(!hasPrometheus)('a real Prometheus', () => {
  let prometheus: LoopbackServer;
  beforeAll(async () => {
    const targets = fleet.nodes.map(({ name, port }) => ({ node: name, address: `127.0.0.1:${port}` }));
    prometheus = await startPrometheus(targets, '1s');
    fleet.setMetrics(`{ prometheus: { url: "${prometheus.url}" } }`);
    const served = async (): Promise<number> => {
      const url = `${prometheus.url}/api/v1/query?query=count(increase(themisdb_requests_total[10s])>0)`;
      const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
      return Number(data.result[0]?.value[1] ?? 0);
    };
    await eventually(served, (nodes) => nodes >= fleet.nodes.length, 30_000);
  }, 60_000);
  afterAll(() => prometheus?.stop());

  test('a release that fails one query in ten is stopped in its first stage, and all of it is taken back', async () => {
    await fleet.askFor('1.5.0');
    await fleet.leader();
    await expectStopped('1.4.0', fleet.startCounts());
    await expectReplayable();
    expect((await fleet.themis('apply', '--auto-approve')).code).toBe(4);
  }, 300_000);

  test('a good release is promoted to everyone', async () => {
    await fleet.askFor('1.5.1');
    await fleet.leader();
    const ran = await fleet.themis('apply', '--auto-approve');
    expect(ran.code, ran.out + ran.err).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.1'));
    const passed = (await verdicts()).filter(({ answer }) => answer === 'pass');
    for (const gate of ['errorRate', 'latencyP99', 'memory']) {
      expect(passed.filter((one) => one.gate === gate).map(({ stage }) => stage)).toEqual(
        expect.arrayContaining([1, 2]),
      );
    }
    for (const { id } of passed) expect(await fleet.themis('explain', 'verdict', id)).toMatchObject({ code: 0 });
  }, 300_000);
});

test('the endpoints of the nodes are enough to stop a bad release', async () => {
  const [version] = Object.values(await fleet.serving());
  fleet.setMetrics(undefined);
  await fleet.askFor('1.5.2');
  await fleet.leader();
  await expectStopped(version!, fleet.startCounts());
  await expectReplayable();
}, 300_000);
