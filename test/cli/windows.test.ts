import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WindowCalendar } from '../../src/model/window-calendar.ts';
import { readIcal } from '../support/ical-reader.ts';
import { writeTree } from '../support/real-repository.ts';
import { runCommand } from '../support/run-command.ts';

const fleet = `apiVersion: themis.dev/v1
kind: Fleet
metadata: { name: orders, uid: 0b5c7f1e }
spec:
  packages: { themisdb: "1.5.0" }
  releases: { directory: ./releases }
  nodes:
    - { name: node-a, transport: { local: { root: ./nodes/node-a } }, tenants: [shop] }
    - { name: node-b, transport: { local: { root: ./nodes/node-b } }, tenants: [shop, bank] }
    - { name: node-c, transport: { local: { root: ./nodes/node-c } } }
    - { name: node-d, transport: { local: { root: ./nodes/node-d } }, tenants: [shop, mail] }
`;

function tenant(name: string, spec: string): string {
  return `apiVersion: themis.dev/v1\nkind: Tenant\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

const files = {
  'fleet.yaml': fleet,
  'shop.yaml': tenant(
    'shop',
    `{ windows: [{ days: [Saturday, Sunday], from: "02:00", to: "06:00", timezone: America/New_York }],
       blackouts: [{ from: 2026-12-05, to: 2026-12-06, timezone: America/New_York, reason: "sales; a long, long reason \\\\ with umlauts: Größenwahn über Straßen" }] }`,
  ),
  'bank.yaml': tenant(
    'bank',
    `{ windows: [{ days: [Saturday], from: "00:00", to: "24:00", timezone: Europe/Berlin }], policy: { consent: required } }`,
  ),
  'mail.yaml': tenant('mail', `{ windows: [{ days: [Monday], from: "02:00", to: "04:00", timezone: UTC }] }`),
};

const at = ['--at', '2026-11-22T08:00:00Z'];
let directory: string;
let environment: Record<string, string>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-windows-'));
  environment = { THEMIS_STATE_DIR: join(directory, '.state') };
  writeTree(directory, files);
});
afterEach(() => rmSync(directory, { recursive: true }));

async function calendar(...words: readonly string[]): Promise<WindowCalendar> {
  const { out } = await runCommand(directory, ['windows', ...at, ...words, '-o', 'json'], undefined, environment);
  return JSON.parse(out) as WindowCalendar;
}

test('every opening of the days is shown whole, in UTC and by the clocks of its zone', async () => {
  const { tenants, from, to } = await calendar('--tenant', 'shop', '--days', '7');
  expect([from, to]).toEqual(['2026-11-22T08:00:00.000Z', '2026-11-29T08:00:00.000Z']);
  expect(tenants.map(({ name, nodes }) => [name, nodes])).toEqual([['shop', ['node-a', 'node-b', 'node-d']]]);
  expect(tenants[0]!.openings.map(({ opensAt, closesAt }) => [opensAt, closesAt])).toEqual([
    ['2026-11-22T07:00:00.000Z', '2026-11-22T11:00:00.000Z'],
    ['2026-11-28T07:00:00.000Z', '2026-11-28T11:00:00.000Z'],
    ['2026-11-29T07:00:00.000Z', '2026-11-29T11:00:00.000Z'],
  ]);
  expect(tenants[0]!.openings[1]).toMatchObject({
    timezone: 'America/New_York',
    opensLocal: '2026-11-28T02:00',
    closesLocal: '2026-11-28T06:00',
    closedBy: 'window',
  });
});

test('every node set has its next common opening, or why there is none', async () => {
  const { nodes } = await calendar();
  expect(nodes.map((set) => [set.nodes, set.next?.startsAt ?? null, set.consentOf])).toEqual([
    [['node-a'], '2026-11-22T08:00:00.000Z', []],
    [['node-b'], '2026-11-28T07:00:00.000Z', ['bank']],
    [['node-c'], '2026-11-22T08:00:00.000Z', []],
    [['node-d'], null, []],
  ]);
  expect(nodes[3]!.blockers.map((one) => one.tenant)).toEqual(['mail', 'shop']);
});

test('consent and notice are those of the target', async () => {
  const { target, tenants } = await calendar();
  expect(tenants.find(({ name }) => name === 'bank')!.consent).toEqual({ state: 'needed' });
  writeTree(directory, {
    'approval.yaml': `apiVersion: themis.dev/v1\nkind: Approval\nmetadata: { name: yes }\nspec: { for: { target: "${target}", tenant: bank }, by: ops, reason: test }\n`,
  });
  const after = await calendar();
  expect(after.tenants.find(({ name }) => name === 'bank')!.consent).toEqual({ state: 'given', until: null });
  expect(after.nodes[1]!.consentOf).toEqual([]);
});

test('the text names days, tenants, reasons and what never opens', async () => {
  const { out, exitCode } = await runCommand(directory, ['windows', ...at], undefined, environment);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^Sat 2026-11-28 +07:00 +11:00 +4h +shop +open +Sat 02:00 to 06:00 America\/New_York$/mu);
  expect(out).toMatch(/^Sat 2026-12-05 +05:00 +Mon 2026-12-07 05:00 +shop +blackout: sales/mu);
  expect(out).toMatch(/^node-b +bank, shop +Sat 2026-11-28 07:00 to 11:00 +30s +consent of bank/mu);
  expect(out).toMatch(/^node-d can never be touched:$/mu);
});

test('a strict reader finds every opening and every blackout in the ical export', async () => {
  const { out } = await runCommand(directory, ['windows', ...at, '-o', 'ical'], undefined, environment);
  const events = readIcal(out);
  const { tenants } = await calendar();
  const expected = tenants.flatMap(({ openings, blackouts }) => [
    ...openings.map(({ opensAt, closesAt }) => [opensAt, closesAt, false]),
    ...blackouts.map(({ startsAt, endsAt }) => [startsAt, endsAt, true]),
  ]);
  expect(events.map(({ start, end, transparent }) => [start, end, transparent])).toEqual(expected);
  expect(events.find(({ transparent }) => transparent)!.summary).toBe(
    'shop: blackout, sales; a long, long reason \\ with umlauts: Größenwahn über Straßen',
  );
});

test('an event keeps its UID when other days are shown', async () => {
  const uids = async (...words: string[]): Promise<readonly string[]> => {
    const { out } = await runCommand(directory, ['windows', ...words, '-o', 'ical'], undefined, environment);
    return readIcal(out)
      .filter(({ start }) => start.startsWith('2026-11-28'))
      .map(({ uid }) => uid);
  };
  const before = await uids(...at);
  expect(before).toHaveLength(1);
  expect(await uids('--at', '2026-11-25T00:00:00Z', '--days', '30')).toEqual(before);
});

test('a tenant that is not there is refused with the nearest name', async () => {
  const { exitCode, error } = await runCommand(directory, ['windows', '--tenant', 'shp'], undefined, environment);
  expect([exitCode, error?.hint]).toEqual([64, 'Did you mean shop?']);
});

test('a desired state that is not valid is shown as by validate', async () => {
  writeTree(directory, { 'mail.yaml': tenant('mail', '{ windows: [{ from: "02:00", to: "02:00", timezone: UTC }] }') });
  const { exitCode, err } = await runCommand(directory, ['windows'], undefined, environment);
  expect([exitCode, err.includes('THM1240')]).toEqual([3, true]);
});

test.each([
  ['--days', '0'],
  ['--days', '5000'],
  ['--at', 'tomorrow'],
])('%s %s is refused', async (...words) => {
  expect((await runCommand(directory, ['windows', ...words], undefined, environment)).exitCode).toBe(64);
});
