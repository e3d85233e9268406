import { expect, test } from 'vitest';
import { approval, ask, minute, ms, spanOf, tenant, window, windowsFor } from '../../support/tenants.ts';

const saturday = '2026-11-21T00:00:00Z';
const night = window('02:00-06:00 UTC');

function startOf(answer: ReturnType<typeof ask>): string {
  return answer.kind === 'open' ? minute(answer.startMs) : answer.kind;
}

test('without tenants, and with tenants without terms, a node is open', () => {
  expect(ask({ tenants: [], from: saturday })).toEqual({
    kind: 'open',
    startMs: ms(saturday),
    opensAtMs: null,
    closesAtMs: null,
    because: null,
  });
  expect(startOf(ask({ tenants: [tenant('a')], from: saturday }))).toBe('2026-11-21T00:00Z');
});

test('a window that is open now is told whole and starts now', () => {
  const answer = ask({ tenants: [tenant('a', { windows: [night] })], from: '2026-11-21T03:00:00Z' });
  expect([startOf(answer), spanOf(answer)]).toEqual(['2026-11-21T03:00Z', '2026-11-21T02:00Z to 2026-11-21T06:00Z']);
  expect(answer).toMatchObject({ because: null });
});

test('what is left of a window has to hold all that is needed', () => {
  const tenants = [tenant('a', { windows: [night] })];
  const from = '2026-11-21T05:00:00Z';
  expect(startOf(ask({ tenants, from, needMinutes: 60 }))).toBe('2026-11-21T05:00Z');
  expect(startOf(ask({ tenants, from, needMinutes: 61 }))).toBe('2026-11-22T02:00Z');
});

test('windows past midnight belong to the day on which they open', () => {
  const windows = [window('22:00-04:00 UTC', ['Saturday'])];
  expect(spanOf(ask({ tenants: [tenant('a', { windows })], from: saturday }))).toBe(
    '2026-11-21T22:00Z to 2026-11-22T04:00Z',
  );
  expect(startOf(ask({ tenants: [tenant('a', { windows })], from: '2026-11-22T03:00:00Z' }))).toBe('2026-11-22T03:00Z');
});

test('windows that touch are one', () => {
  const windows = [window('20:00-24:00 UTC'), window('00:00-03:00 UTC')];
  const answer = ask({ tenants: [tenant('a', { windows })], from: '2026-11-21T12:00:00Z', needMinutes: 400 });
  expect(spanOf(answer)).toBe('2026-11-21T20:00Z to 2026-11-22T03:00Z');
});

test('windows of every hour have no beginning and no end', () => {
  const windows = [window('00:00-24:00 Europe/Berlin')];
  const answer = ask({ tenants: [tenant('a', { windows })], from: saturday, needMinutes: 60 * 24 * 60 });
  expect(answer).toMatchObject({ kind: 'open', startMs: ms(saturday), opensAtMs: null, closesAtMs: null });
});

test('a node of several tenants is open when all of them are', () => {
  const tenants = [
    tenant('a', { windows: [night] }),
    tenant('b', { windows: [window('05:00-09:00 UTC')] }),
    tenant('c'),
  ];
  expect(spanOf(ask({ tenants, from: saturday }))).toBe('2026-11-21T05:00Z to 2026-11-21T06:00Z');
});

test('a blackout beats a window, and says that it did', () => {
  const blackouts = [
    { from: '2026-11-21', to: '2026-11-21', timezone: 'UTC', reason: 'sale' },
    { from: '2026-11-22T00:00:00Z', to: '2026-11-22T03:30:00Z', timezone: 'UTC', reason: undefined },
  ];
  const answer = ask({ tenants: [tenant('shop', { windows: [night], blackouts })], from: saturday });
  expect(startOf(answer)).toBe('2026-11-22T03:30Z');
  expect(answer.kind === 'open' && answer.because).toMatch(/blackout .* of tenant shop/u);
});

test('what comes after a blackout of years is found', () => {
  const blackouts = [{ from: '2026-01-01', to: '2029-12-31', timezone: 'UTC', reason: 'frozen' }];
  expect(startOf(ask({ tenants: [tenant('a', { windows: [night], blackouts })], from: saturday }))).toBe(
    '2030-01-01T02:00Z',
  );
});

test('notice counts from when tenants were told; the longest decides', () => {
  const tenants = [
    tenant('a', { policy: { noticeLeadTimeMs: 3_600_000 } }),
    tenant('b', { windows: [night], policy: { noticeLeadTimeMs: 86_400_000 } }),
  ];
  expect(startOf(ask({ tenants, from: '2026-11-21T03:00:00Z' }))).toBe('2026-11-22T03:00Z');
  expect(startOf(ask({ tenants, from: '2026-11-21T03:00:00Z', noticeAt: '2026-11-19T00:00:00Z' }))).toBe(
    '2026-11-21T03:00Z',
  );
});

test('notice holds back critical releases too, and is named', () => {
  const tenants = [tenant('a', { policy: { noticeLeadTimeMs: 7_200_000 } })];
  const answer = ask({ tenants, from: saturday, critical: true });
  expect(answer).toMatchObject({
    kind: 'open',
    startMs: ms('2026-11-21T02:00:00Z'),
    because: '2h of notice for tenant a',
  });
});

test.each([{ consent: 'required' as const }, { autoUpdate: false }])('%j waits for consent', (policy) => {
  const tenants = [tenant('a', { policy }), tenant('b')];
  expect(ask({ tenants, from: saturday })).toEqual({ kind: 'consent', tenants: ['a'] });
  const approvals = [approval({ kind: 'tenant', tenant: 'a' })];
  expect(ask({ tenants, approvals, from: saturday }).kind).toBe('open');
});

test('consent of another tenant, for another target, or run out is none', () => {
  const tenants = [tenant('a', { policy: { consent: 'required' } })];
  const other = `sha256:${'b'.repeat(64)}` as const;
  for (const one of [
    approval({ kind: 'tenant', tenant: 'b' }),
    approval({ kind: 'stage', stage: 1 }),
    approval({ kind: 'tenant', tenant: 'a' }, { target: other }),
    approval({ kind: 'tenant', tenant: 'a' }, { expiresAt: '2026-11-21T00:00:00Z' }),
    approval({ kind: 'tenant', tenant: 'a' }, { expiresAt: 'soon' }),
  ]) {
    expect([one, ask({ tenants, approvals: [one], from: saturday }).kind]).toEqual([one, 'consent']);
  }
});

test('consent has to hold at the start, not only now', () => {
  const tenants = [tenant('a', { windows: [night], policy: { consent: 'required' } })];
  const until = (expiresAt: string): string => {
    const approvals = [approval({ kind: 'tenant', tenant: 'a' }, { expiresAt })];
    return ask({ tenants, approvals, from: '2026-11-21T12:00:00Z' }).kind;
  };
  expect(until('2026-11-22T02:00:00Z')).toBe('consent');
  expect(until('2026-11-22T02:00:01Z')).toBe('open');
});

test('a critical release passes consent where the tenant says so, never window or blackout', () => {
  const policy = { consent: 'required' as const, autoUpdate: false };
  const tenants = [tenant('a', { windows: [night], policy })];
  expect(startOf(ask({ tenants, from: saturday, critical: true }))).toBe('2026-11-21T02:00Z');
  const strict = [tenant('a', { windows: [night], policy: { ...policy, criticalAutoUpdate: false } })];
  expect(ask({ tenants: strict, from: saturday, critical: true }).kind).toBe('consent');
});

test('an emergency opens windows, blackouts, consent and notice until it expires', () => {
  const blackouts = [{ from: '2026-11-01', to: '2026-11-30', timezone: 'UTC', reason: 'sale' }];
  const policy = { consent: 'required' as const, noticeLeadTimeMs: 86_400_000 };
  const tenants = [tenant('a', { windows: [night], blackouts, policy })];
  const emergency = approval({ kind: 'emergency' }, { expiresAt: '2026-11-21T10:00:00Z' });
  const at = (from: string): string => startOf(ask({ tenants, approvals: [emergency], from }));
  expect(at('2026-11-21T09:59:59Z')).toBe('2026-11-21T09:59Z');
  expect(at('2026-11-21T10:00:00Z')).toBe('consent');
});

test('an emergency without an expiry, or for another target, opens nothing', () => {
  const tenants = [tenant('a', { windows: [night] })];
  const endless = approval({ kind: 'emergency' });
  const other = approval(
    { kind: 'emergency' },
    { expiresAt: '2027-01-01T00:00:00Z', target: `sha256:${'b'.repeat(64)}` },
  );
  expect(startOf(ask({ tenants, approvals: [endless, other], from: saturday }))).toBe('2026-11-21T02:00Z');
});

test('what was asked before changes no answer', () => {
  const tenants = [tenant('a', { windows: [night] }), tenant('b', { windows: [window('04:00-05:00 Asia/Tokyo')] })];
  const instants = ['2028-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2027-03-01T05:00:00Z'];
  const shared = windowsFor({ tenants, from: saturday });
  for (const names of [['a'], ['b'], ['a', 'b']]) {
    for (const from of instants) {
      const request = { tenants: names, fromMs: ms(from), needMs: 60_000, critical: false };
      expect(shared.answer(request)).toEqual(windowsFor({ tenants, from: saturday }).answer(request));
    }
  }
});

test('10,000 nodes of 500 tenants are answered at once', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney'];
  const tenants = Array.from({ length: 500 }, (_, index) =>
    tenant(`t${index}`, { windows: [window(`0${index % 6}:00-2${index % 4}:00 ${zones[index % 4]!}`)] }),
  );
  const windows = windowsFor({ tenants, from: saturday });
  const open = Array.from({ length: 10_000 }, (_, index) => {
    const names = [index % 500, (index * 7) % 500, (index * 13) % 500].map((number) => `t${number}`);
    return windows.answer({ tenants: names, fromMs: ms(saturday) + index, needMs: 600_000, critical: false });
  }).filter(({ kind }) => kind === 'open');
  expect(open).toHaveLength(10_000);
}, 5000);
