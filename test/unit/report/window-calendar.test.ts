import { expect, test } from 'vitest';
import type { DesiredApproval, DesiredNode, DesiredTenant } from '../../../src/model/desired.ts';
import type { WindowCalendar } from '../../../src/model/window-calendar.ts';
import { calendarIcal } from '../../../src/report/windows/calendar-ical.ts';
import { calendarTable } from '../../../src/report/windows/calendar-table.ts';
import { nodeSetCalendars, tenantCalendars } from '../../../src/windows/calendar.ts';
import { readIcal } from '../../support/ical-reader.ts';
import { node } from '../../support/plans.ts';
import { approval, ms, target, tenant, window } from '../../support/tenants.ts';

const [from, to] = ['2026-11-21T12:00:00.000Z', '2026-11-24T12:00:00.000Z'];

function calendar(tenants: readonly DesiredTenant[], approvals: readonly DesiredApproval[] = []): WindowCalendar {
  const nodes: readonly DesiredNode[] = tenants.map(({ name }) => ({ ...node(`node-${name}`), tenants: [name] }));
  const spans = { fromMs: ms(from), toMs: ms(to), noticeAtMs: ms(from), needMs: 60_000 };
  const terms = { tenants, nodes, approvals, target, ...spans };
  return {
    fleet: { name: 'orders', uid: 'u' },
    target,
    from,
    to,
    emergencyUntil: null,
    tenants: tenantCalendars(terms),
    nodes: nodeSetCalendars(terms),
  };
}

const blackout = { from: '2026-11-22', to: '9999-12-31', timezone: 'Europe/Berlin', reason: 'one\r\ntwo\u0007' };

test('a tenant without terms has nothing to export, and one line', () => {
  const free = calendar([tenant('free')]);
  expect(readIcal(calendarIcal(free, from))).toEqual([]);
  expect(calendarTable(free)).toMatch(/^free +normal +node-free +always open +not asked +none$/mu);
  expect(calendarTable(free)).toMatch(/^node-free +free +open +1m$/mu);
});

test('what has no end is cut to the days shown, and keeps its UID', () => {
  const closing = calendar([tenant('closing', { blackouts: [blackout] })]);
  const [opening, closed] = readIcal(calendarIcal(closing, from));
  expect([opening!.start, opening!.end]).toEqual([from, '2026-11-21T23:00:00.000Z']);
  expect([closed!.end, closed!.transparent]).toEqual(['9999-12-31T23:00:00.000Z', true]);
  const later = readIcal(calendarIcal({ ...closing, from: '2026-11-21T13:00:00.000Z' }, to));
  expect(later.map(({ uid }) => uid)).toEqual([opening!.uid, closed!.uid]);
  expect(later[0]!.start).toBe('2026-11-21T13:00:00.000Z');
});

test('line breaks are escaped and other control characters are not exported', () => {
  const [, closed] = readIcal(calendarIcal(calendar([tenant('a', { blackouts: [blackout] })]), from));
  expect(closed!.summary).toBe('a: blackout, one\ntwo ');
});

test('a reason of several lines stays on its line in the table', () => {
  const lines = calendarTable(calendar([tenant('a', { blackouts: [blackout] })])).split('\n');
  expect(lines.find((line) => line.endsWith('blackout: one two'))).toBeDefined();
});

test('an opening that a blackout cuts short says so', () => {
  const windows = [window('20:00-02:00 UTC')];
  const [cut] = calendar([tenant('a', { windows, blackouts: [blackout] })]).tenants[0]!.openings;
  expect(cut).toMatchObject({
    opensAt: '2026-11-21T20:00:00.000Z',
    closesAt: '2026-11-21T23:00:00.000Z',
    closedBy: 'blackout',
  });
});

test('an opening is told by the clock of the window that opens it', () => {
  const windows = [window('10:00-11:00 Asia/Tokyo', ['Monday']), window('20:00-21:00 Europe/Berlin', ['Sunday'])];
  const { openings } = calendar([tenant('a', { windows })]).tenants[0]!;
  expect(openings.map(({ timezone, opensLocal }) => [timezone, opensLocal])).toEqual([
    ['Europe/Berlin', '2026-11-22T20:00'],
    ['Asia/Tokyo', '2026-11-23T10:00'],
  ]);
});

test('consent that ends is given until then', () => {
  const asked = tenant('a', { policy: { consent: 'required', noticeLeadTimeMs: 3_600_000 } });
  const given = approval({ kind: 'tenant', tenant: 'a' }, { expiresAt: '2026-11-22T00:00:00Z' });
  expect(calendar([asked], [given]).tenants[0]).toMatchObject({
    consent: { state: 'given', until: '2026-11-22T00:00:00.000Z' },
    notice: { leadMs: 3_600_000, until: '2026-11-21T13:00:00.000Z' },
  });
});

test('nodes without tenants, and an emergency, are said in words', () => {
  const text = calendarTable({ ...calendar([]), emergencyUntil: to });
  expect(text).toContain('An emergency approval opens every node until Tue 2026-11-24 12:00 UTC.');
  expect(text).toContain('No tenants: every node is always open.');
});
