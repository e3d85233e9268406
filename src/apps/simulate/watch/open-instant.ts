/**
 * Whether a node may be touched at one instant, by wall clocks: the plainest reading of windows, blackouts, consent
 * and notice, made without the room that plans with them, so that the two can be held against each other.
 */
import type { Digest } from '../../../kernel/digest.ts';
import { parseInstant } from '../../../kernel/units/instant.ts';
import type { DesiredApproval, DesiredBlackout, DesiredTenant, DesiredWindow } from '../../../model/desired.ts';

export interface TouchFacts {
  readonly tenants: readonly DesiredTenant[];
  readonly approvals: readonly DesiredApproval[];
  readonly target: Digest;
  /** When the rollout of this target started: notice counts from there. */
  readonly noticeAtMs: number;
  readonly critical: boolean;
  readonly atMs: number;
}

/** undefined: it may be touched. */
export function closedBy(facts: TouchFacts): string | undefined {
  const { tenants, approvals, target, atMs } = facts;
  const valid = approvals.filter(
    (one) => one.target === target && (one.expiresAt === undefined || (parseInstant(one.expiresAt) ?? 0) > atMs),
  );
  const emergency = valid.some((one) => one.subject.kind === 'emergency' && one.expiresAt !== undefined);
  if (emergency) return undefined;
  for (const tenant of tenants) {
    const reason = tenantClosed(tenant, valid, facts);
    if (reason !== undefined) return `${tenant.name}: ${reason}`;
  }
  return undefined;
}

function tenantClosed(
  { name, windows, blackouts, policy }: DesiredTenant,
  approvals: readonly DesiredApproval[],
  { atMs, noticeAtMs, critical }: TouchFacts,
): string | undefined {
  if (windows.length > 0 && !windows.some((window) => isInWindow(window, atMs))) return 'outside its windows';
  if (blackouts.some((blackout) => isInBlackout(blackout, atMs))) return 'in a blackout';
  if (atMs < noticeAtMs + policy.noticeLeadTimeMs) return 'before its notice is over';
  const asks = policy.consent === 'required' || !policy.autoUpdate;
  if (!asks || (critical && policy.criticalAutoUpdate)) return undefined;
  const consents = approvals.some((one) => one.subject.kind === 'tenant' && one.subject.tenant === name);
  return consents ? undefined : 'without its consent';
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

function isInWindow({ days, from, to, timezone }: DesiredWindow, atMs: number): boolean {
  const now = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timezone);
  const opens = minutesOf(from);
  const closes = minutesOf(to) > opens ? minutesOf(to) : minutesOf(to) + 24 * 60;
  // Opened today, or yesterday and open across midnight.
  return [0, 1].some((ago) => {
    const day = now.toPlainDate().subtract({ days: ago });
    if (!days.includes(weekdays[day.dayOfWeek - 1]!)) return false;
    return atMs >= instantOf(day, opens, timezone) && atMs < instantOf(day, closes, timezone);
  });
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

/** The first instant at which wall clocks show it, or, where it is skipped, something later. */
function instantOf(day: Temporal.PlainDate, minutes: number, timezone: string): number {
  const wall = day.add({ days: Math.floor(minutes / 1440) }).toPlainDateTime({
    hour: Math.floor((minutes % 1440) / 60),
    minute: minutes % 60,
  });
  const zoned = wall.toZonedDateTime(timezone, { disambiguation: 'earlier' });
  if (zoned.toPlainDateTime().equals(wall)) return zoned.epochMilliseconds;
  return zoned.getTimeZoneTransition('next')!.epochMilliseconds;
}

function isInBlackout({ from, to, timezone }: DesiredBlackout, atMs: number): boolean {
  const startsMs = from.includes('T') ? parseInstant(from)! : instantOf(Temporal.PlainDate.from(from), 0, timezone);
  const endsMs = to.includes('T') ? parseInstant(to)! : instantOf(Temporal.PlainDate.from(to), 24 * 60, timezone);
  return atMs >= startsMs && atMs < endsMs;
}
