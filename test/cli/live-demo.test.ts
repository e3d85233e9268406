/** The two commands of a newcomer, as processes: the demo runs, runs again, and leaves nothing behind when stopped. */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Demo } from '../../src/apps/demo/demo.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Snapshot } from '../../src/model/observed.ts';
import type { StatusView } from '../../src/report/status-table.ts';
import { healthOf } from '../support/live/health-watch.ts';
import { liveEnvironment } from '../support/live/live-fleet.ts';
import { killAll, processesBelow, startThemis, type Ran } from '../support/live/live-process.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'themis-demo-')));
const environment = liveEnvironment(base);
const fleetFile = join(base, 'fleet/fleet.yaml');

afterAll(() => {
  killAll(processesBelow(base));
  rmSync(base, { recursive: true, force: true });
});

function themis(...line: string[]): Promise<Ran> {
  return startThemis(base, environment, line).ended;
}

function askFor(version: string): void {
  writeFileSync(fleetFile, readFileSync(fleetFile, 'utf8').replace(/themisdb: .*/u, `themisdb: "${version}"`));
}

test('the demo ends with five nodes healthy at the new version', async () => {
  const ran = await themis('demo', 'fleet');
  expect(ran.code, ran.err).toBe(0);
  const status = JSON.parse((await themis('status', '-C', 'fleet', '-o', 'json')).out) as StatusView;
  expect(status.nodes.map((node) => [node.name, node.observed, node.health, node.drift])).toEqual(
    ['node-a', 'node-b', 'node-c', 'node-d', 'node-e'].map((name) => [name, { themisdb: '1.5.0' }, 'healthy', 0]),
  );
  expect(status.nodes.filter((node) => node.role === 'leader')).toHaveLength(1);
  expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: true }));
  const rows = [...ran.out.matchAll(/^ {2}(Expand|Stage \d|Data) +(.*?) {2}/gmu)].map(([, what, who]) => [what, who]);
  expect(rows).toEqual([
    ['Expand', 'orders: add-phone-number'],
    ['Stage 1', '1 node'],
    ['Stage 2', '4 nodes'],
    ['Data', 'orders: add-phone-number'],
  ]);
  expect(await themis('observe', '-C', 'fleet', '--out', '../seen.json')).toMatchObject({ code: 0 });
  const seen = JSON.parse(readFileSync(join(base, 'seen.json'), 'utf8')) as Snapshot;
  expect(seen.observed.databases).toMatchObject([{ name: 'orders', schemaVersion: 2, open: null }]);
}, 240_000);

test('run again it changes nothing', async () => {
  const ran = await themis('demo', 'fleet');
  expect(ran.code, ran.err).toBe(0);
  expect(ran.out).toContain('No changes.');
  expect(await themis('plan', '-C', 'fleet', '--detailed-exitcode')).toMatchObject({ code: 0 });
});

test('an edited version is a change once it is locked, and refused until then', async () => {
  askFor('1.4.0');
  expect(await themis('plan', '-C', 'fleet', '--detailed-exitcode')).toMatchObject({ code: 3 });
  expect(await themis('lock', '-C', 'fleet', '--check')).toMatchObject({ code: 3 });
  expect(await themis('lock', '-C', 'fleet')).toMatchObject({ code: 0 });
  const ran = await themis('plan', '-C', 'fleet', '--detailed-exitcode', '-o', 'json');
  expect(ran.code, ran.err).toBe(2);
  expect((JSON.parse(ran.out) as Plan).summary).toMatchObject({ update: 0, rollback: 5 });
  askFor('1.5.0');
  expect(await themis('lock', '-C', 'fleet')).toMatchObject({ code: 0 });
  expect(await themis('plan', '-C', 'fleet', '--detailed-exitcode')).toMatchObject({ code: 0 });
});

test.for(['plan', 'validate', 'apply'])('%s of broken YAML exits 3 and says where', async (command) => {
  const good = readFileSync(fleetFile, 'utf8');
  writeFileSync(fleetFile, good.replace('kind: Fleet', 'kind: Fleet\n  wrong: [1'));
  const ran = await themis('-C', 'fleet', command);
  writeFileSync(fleetFile, good);
  expect(ran.code).toBe(3);
  expect(command === 'validate' ? ran.out : ran.err).toMatch(/^fleet\.yaml:\d+:\d+ error THM1\d{3}$/mu);
});

test('another directory that is not empty is left alone', async () => {
  expect(await themis('demo', '.')).toMatchObject({ code: 64 });
});

test('stopped, it leaves no process, and its files stay', async () => {
  const { nodes } = JSON.parse(readFileSync(join(base, 'fleet/.themis-demo.json'), 'utf8')) as Demo;
  expect(await themis('demo', 'fleet', '--stop')).toMatchObject({ code: 0 });
  expect(processesBelow(join(base, 'fleet'))).toEqual([]);
  expect(await Promise.all(nodes.map((node) => healthOf(node)))).toEqual(nodes.map(() => undefined));
  expect(await themis('demo', 'fleet', '--stop')).toMatchObject({ code: 0 });
  expect(await themis('validate', 'fleet')).toMatchObject({ code: 0 });
});
