import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DesiredTenant } from '../../src/model/desired.ts';
import { createNodeWindows } from '../../src/windows/node-windows.ts';
import type { NodeWindows, WindowAnswer } from '../../src/windows/window-answer.ts';
import { blackoutAt, sliceMinutes, slices, tenantsOf, windowIn, zones } from '../support/random-tenants.ts';
import { isSoak, runs } from '../support/runs.ts';
import { firstFit, openMinutes } from '../support/wall-oracle.ts';

const minuteMs = 60_000;
const { seed } = runs(1);
const samples = { numRuns: isSoak ? 20_000 : 2000, seed };
const target = `sha256:${'0'.repeat(64)}` as const;

function windowsOf(tenants: readonly DesiredTenant[], horizonMs?: number): NodeWindows {
  return createNodeWindows({
    tenants,
    approvals: [],
    target,
    noticeAtMs: 0,
    ...(horizonMs === undefined ? {} : { horizonMs }),
  });
}

function ask(windows: NodeWindows, tenants: readonly DesiredTenant[], fromMs: number, needMs: number): WindowAnswer {
  return windows.answer({ tenants: tenants.map(({ name }) => name), fromMs, needMs, critical: false });
}

/** One entry a minute, from answers alone. */
function answeredMinutes(tenants: readonly DesiredTenant[], startMs: number): Uint8Array {
  const open = new Uint8Array(sliceMinutes);
  const endMs = startMs + sliceMinutes * minuteMs;
  const windows = windowsOf(tenants);
  let fromMs = startMs;
  while (fromMs < endMs) {
    const answer = ask(windows, tenants, fromMs, 1);
    if (answer.kind !== 'open' || answer.startMs >= endMs) break;
    // What closed is closed: an opening is told whole.
    if (fromMs > startMs) expect(answer.startMs).toBeGreaterThan(fromMs);
    const closesMs = Math.min(answer.closesAtMs ?? Infinity, endMs);
    open.fill(1, (answer.startMs - startMs) / minuteMs, (closesMs - startMs) / minuteMs);
    fromMs = closesMs;
  }
  return open;
}

const sample = fc.constantFrom(...slices).chain(({ startMs, zones: inZones }) => {
  const zone = fc.constantFrom(...inZones);
  return fc.record({
    startMs: fc.constant(startMs),
    tenants: tenantsOf(
      fc.array(windowIn(zone), { maxLength: 3 }),
      fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(blackoutAt(startMs, zone)) },
      ),
      3,
    ),
    from: fc.nat(sliceMinutes - 1),
    need: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 600 })),
  });
});

test('every minute of 72 hours is open exactly where clocks, windows and blackouts say so', () => {
  let around = 0;
  fc.assert(
    fc.property(sample, ({ startMs, tenants }) => {
      around += Number(slices.findIndex((one) => one.startMs === startMs) % 2 === 0);
      const answered = answeredMinutes(tenants, startMs);
      const open = openMinutes(tenants, startMs, sliceMinutes);
      // Comparing is the slow part; the matcher is asked only to say what differs.
      if (Buffer.compare(answered, open) !== 0) expect(answered).toEqual(open);
    }),
    samples,
  );
  expect(around).toBeGreaterThan(samples.numRuns * 0.4);
});

test('the next start is the first minute after which all that is needed fits', () => {
  fc.assert(
    fc.property(sample, ({ startMs, tenants, from, need }) => {
      const answer = ask(windowsOf(tenants), tenants, startMs + from * minuteMs, need * minuteMs);
      const fit = firstFit(openMinutes(tenants, startMs, sliceMinutes), from, need);
      const found = answer.kind === 'open' ? (answer.startMs - startMs) / minuteMs : Infinity;
      if (fit !== undefined) expect(found).toBe(fit);
      else expect(found + need).toBeGreaterThan(sliceMinutes);
    }),
    samples,
  );
});

const zone = fc.constantFrom(...zones);
const narrow = fc
  .array(windowIn(zone), { maxLength: 2 })
  .map((list) => list.map((window) => ({ ...window, days: window.days.slice(0, 2) })));
const endless = { from: '2023-01-01', to: '9999-12-31', timezone: 'UTC', reason: 'closed' };
const hopeless = fc.record({
  startMs: fc.constantFrom(...slices.map((one) => one.startMs)),
  tenants: tenantsOf(narrow, fc.constantFrom([], [endless]), 6),
  need: fc.integer({ min: 10, max: 300 }),
  horizonMs: fc.constantFrom(undefined, 21 * 86_400_000),
});

/** Tenants with only what the blockers name. */
function onlyBlockers(
  tenants: readonly DesiredTenant[],
  blockers: readonly { readonly tenant: string; readonly kind: string }[],
): readonly DesiredTenant[] {
  const isNamed = (name: string, kind: string): boolean =>
    blockers.some((one) => one.tenant === name && one.kind === kind);
  return tenants.map((tenant) => ({
    ...tenant,
    windows: isNamed(tenant.name, 'window') ? tenant.windows : [],
    blackouts: isNamed(tenant.name, 'blackout') ? tenant.blackouts : [],
  }));
}

test('the blockers of a never are alone a never, and none of them can be missing', () => {
  let proofs = 0;
  fc.assert(
    fc.property(hopeless, ({ startMs, tenants, need, horizonMs }) => {
      const answer = ask(windowsOf(tenants, horizonMs), tenants, startMs, need * minuteMs);
      if (answer.kind !== 'never') return;
      proofs += 1;
      const again = (some: typeof answer.blockers): string => {
        const rest = onlyBlockers(tenants, some);
        return ask(windowsOf(rest, horizonMs), rest, startMs, need * minuteMs).kind;
      };
      expect(again(answer.blockers)).toBe('never');
      for (const one of answer.blockers) {
        expect(again(answer.blockers.filter((other) => other !== one))).toBe('open');
      }
    }),
    runs(20_000),
  );
  expect(proofs).toBeGreaterThan(30);
});
