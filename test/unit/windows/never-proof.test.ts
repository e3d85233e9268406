import { expect, test } from 'vitest';
import type { DesiredTenant } from '../../../src/model/desired.ts';
import { ask, tenant, window } from '../../support/tenants.ts';

const from = '2026-11-21T00:00:00Z';
const morning = tenant('morning', { windows: [window('06:00-08:00 UTC')] });
const early = tenant('early', { windows: [window('05:00-07:00 UTC')] });
const evening = tenant('evening', { windows: [window('20:00-22:00 UTC')] });
const frozen = tenant('frozen', {
  blackouts: [{ from: '2026-01-01', to: '9999-12-31', timezone: 'UTC', reason: 'retired' }],
});

function blockers(tenants: readonly DesiredTenant[], needMinutes = 30, horizonDays?: number): readonly string[] {
  const answer = ask({ tenants, from, needMinutes, ...(horizonDays === undefined ? {} : { horizonDays }) });
  return answer.kind === 'never' ? answer.blockers.map(({ tenant: name, kind }) => `${name} ${kind}`) : [answer.kind];
}

test('windows that never overlap are named, and nobody else', () => {
  expect(blockers([early, tenant('free'), morning, evening])).toEqual(['early window', 'evening window']);
});

test('an overlap that is too short is told with its length', () => {
  const answer = ask({ tenants: [early, morning], from, needMinutes: 90 });
  expect(answer).toMatchObject({ kind: 'never', blockers: [{ tenant: 'early' }, { tenant: 'morning' }] });
  expect(answer.kind === 'never' && answer.blockers[0]!.detail).toMatch(/morning leaves 1h at most where 1h 30m are/u);
});

test('a window that alone is too short is the whole proof', () => {
  expect(blockers([early, evening, morning], 150)).toEqual(['early window']);
});

test('a blackout without end is a proof by itself', () => {
  expect(blockers([early, frozen])).toEqual(['frozen blackout']);
});

test('within a horizon a blackout and a window can stand together', () => {
  const sundays = tenant('sundays', { windows: [window('02:00-04:00 UTC', ['Sunday'])] });
  const closed = tenant('closed', {
    blackouts: [{ from: '2026-11-22', to: '2026-11-22', timezone: 'UTC', reason: undefined }],
  });
  expect(blockers([sundays, closed], 30, 7)).toEqual(['sundays window', 'closed blackout']);
  expect(blockers([sundays, closed], 30)).toEqual(['open']);
});

test('an overlap that exists only while two zones change their clocks apart is found', () => {
  // From 8 to 29 March New York is four hours behind London, otherwise five.
  const tenants = [
    tenant('york', { windows: [window('20:00-21:00 America/New_York')] }),
    tenant('london', { windows: [window('00:00-01:00 Europe/London')] }),
  ];
  const answer = ask({ tenants, from: '2026-04-15T00:00:00Z', needMinutes: 60 });
  expect(answer.kind === 'open' && new Date(answer.startMs).toISOString()).toBe('2026-10-26T00:00:00.000Z');
});

test('a window that only the repeated hour makes long enough is found', () => {
  const tenants = [tenant('a', { windows: [window('00:00-04:00 Europe/Berlin', ['Sunday'])] })];
  const answer = ask({ tenants, from, needMinutes: 300 });
  expect(answer.kind === 'open' && new Date(answer.startMs).toISOString()).toBe('2027-10-30T22:00:00.000Z');
});
