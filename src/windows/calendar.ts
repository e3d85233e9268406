/**
 * The calendar of a fleet: openings of every tenant by itself, and the next opening that all tenants of a node share.
 * The same restrictions as in node-windows.ts, shown instead of asked.
 */
import type { Digest } from '../kernel/digest.ts';
import { formatInstant } from '../kernel/units/instant.ts';
import type { DesiredApproval, DesiredNode, DesiredTenant } from '../model/desired.ts';
import type { CalendarBlackout, CalendarOpening, NodeSetCalendar, TenantCalendar } from '../model/window-calendar.ts';
import { createCommonOpenings } from './common-openings.ts';
import { windowsText } from './describe.ts';
import { createNodeWindows } from './node-windows.ts';
import type { Opening } from './opening.ts';
import {
  blockMs,
  createPatterns,
  restrictionsOf,
  type Pattern,
  type Patterns,
  type Restriction,
} from './restriction.ts';
import { asksForConsent, consents } from './terms.ts';

export interface CalendarTerms {
  readonly tenants: readonly DesiredTenant[];
  readonly nodes: readonly DesiredNode[];
  readonly approvals: readonly DesiredApproval[];
  readonly target: Digest;
  readonly noticeAtMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of one node: switch and rollback. */
  readonly needMs: number;
}

export function tenantCalendars(terms: CalendarTerms): readonly TenantCalendar[] {
  const { tenants, nodes, approvals, target, noticeAtMs, fromMs } = terms;
  const patterns = createPatterns();
  const given = consents(approvals, target);
  return tenants.map((tenant): TenantCalendar => {
    const { name, priority, windows, policy } = tenant;
    const untilMs = given.get(name) ?? -Infinity;
    const { noticeLeadTimeMs: leadMs } = policy;
    return {
      name,
      priority,
      nodes: nodes.filter((node) => node.tenants.includes(name)).map((node) => node.name),
      windows: windows.length === 0 ? null : windowsText(windows),
      openings: openingsOf(tenant, patterns, terms),
      blackouts: blackoutsOf(restrictionsOf(tenant, patterns), terms),
      consent: !asksForConsent(tenant, false)
        ? { state: 'notAsked' }
        : untilMs > fromMs
          ? { state: 'given', until: instant(untilMs) }
          : { state: 'needed' },
      notice: leadMs === 0 ? null : { leadMs, until: formatInstant(noticeAtMs + leadMs) },
    };
  });
}

/** Asked twice: with the approvals that there are, and as if everybody consented. */
export function nodeSetCalendars(terms: CalendarTerms): readonly NodeSetCalendar[] {
  const { tenants, nodes, approvals, target, fromMs, needMs } = terms;
  const asIs = createNodeWindows(terms);
  const consenting = tenants.map(({ name }) => consentOf(name, target));
  const consented = createNodeWindows({ ...terms, approvals: [...approvals, ...consenting] });
  const sets = Map.groupBy(nodes, (node) => node.tenants.join('\n'));
  return [...sets.values()].map((members): NodeSetCalendar => {
    const request = { tenants: members[0]!.tenants, fromMs, needMs, critical: false };
    const answer = asIs.answer(request);
    const next = consented.answer(request);
    return {
      nodes: members.map(({ name }) => name),
      tenants: request.tenants,
      needMs,
      next:
        next.kind === 'open'
          ? {
              startsAt: formatInstant(next.startMs),
              opensAt: instant(next.opensAtMs),
              closesAt: instant(next.closesAtMs),
              because: next.because,
            }
          : null,
      consentOf: answer.kind === 'consent' ? answer.tenants : [],
      blockers: answer.kind === 'never' ? answer.blockers : [],
    };
  });
}

function consentOf(tenant: string, target: Digest): DesiredApproval {
  return { name: tenant, target, subject: { kind: 'tenant', tenant }, by: '', reason: '', expiresAt: undefined };
}

function openingsOf(tenant: DesiredTenant, patterns: Patterns, terms: CalendarTerms): readonly CalendarOpening[] {
  const { fromMs, toMs } = terms;
  const restrictions = restrictionsOf(tenant, patterns);
  const common = createCommonOpenings(restrictions);
  const zoneAt = zonesOf(tenant, patterns);
  const shown: CalendarOpening[] = [];
  let opening = common.openingAfter(fromMs, toMs - 1);
  while (opening !== undefined) {
    shown.push(calendarOpening(opening, zoneAt(opening.startMs), restrictions));
    opening = Number.isFinite(opening.endMs) ? common.openingAfter(opening.endMs, toMs - 1) : undefined;
  }
  return shown;
}

function calendarOpening(
  { startMs, endMs }: Opening,
  timezone: string,
  restrictions: readonly Restriction[],
): CalendarOpening {
  const isCutShort = restrictions.some((one) => one.kind === 'blackout' && one.closed.startMs === endMs);
  return {
    opensAt: instant(startMs),
    closesAt: instant(endMs),
    timezone,
    opensLocal: localTime(startMs, timezone),
    closesLocal: localTime(endMs, timezone),
    closedBy: Number.isFinite(endMs) ? (isCutShort ? 'blackout' : 'window') : null,
  };
}

/** The zone of the window that is open at an instant; of a blackout where there are no windows. */
function zonesOf({ windows, blackouts }: DesiredTenant, patterns: Patterns): (ms: number) => string {
  const each = windows.map((window) => ({ timezone: window.timezone, pattern: patterns([window]) }));
  const fallback = windows[0]?.timezone ?? blackouts[0]?.timezone ?? 'UTC';
  return (ms) => {
    if (!Number.isFinite(ms)) return fallback;
    const block = Math.floor(ms / blockMs);
    const isOpen = ({ pattern }: { readonly pattern: Pattern }): boolean =>
      pattern.openIn(block).some(({ startMs, endMs }) => startMs <= ms && ms < endMs);
    return each.find(isOpen)?.timezone ?? fallback;
  };
}

function blackoutsOf(
  restrictions: readonly Restriction[],
  { fromMs, toMs }: CalendarTerms,
): readonly CalendarBlackout[] {
  return restrictions
    .flatMap((one) => (one.kind === 'blackout' ? [one] : []))
    .filter(({ closed }) => closed.startMs < toMs && closed.endMs > fromMs)
    .toSorted((a, b) => a.closed.startMs - b.closed.startMs)
    .map(({ closed, blackout }) => ({
      startsAt: formatInstant(closed.startMs),
      endsAt: formatInstant(closed.endMs),
      timezone: blackout.timezone,
      reason: blackout.reason ?? null,
    }));
}

function instant(ms: number | null): string | null {
  return ms === null || !Number.isFinite(ms) ? null : formatInstant(ms);
}

function localTime(ms: number, zone: string): string | null {
  if (!Number.isFinite(ms)) return null;
  const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDateTime();
  return local.toString({ smallestUnit: 'minute' });
}
