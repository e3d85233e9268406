/**
 * `themis windows -o ical`: RFC 5545, every opening an event and every blackout a transparent one, in UTC so that no
 * zone table has to travel along. Lines end with CRLF and are folded at 75 octets (3.1), text is escaped (3.3.11), and
 * a UID depends on the fleet, the tenant and the time only, so that a calendar that subscribes keeps its events.
 */
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import type { CalendarBlackout, CalendarOpening, TenantCalendar, WindowCalendar } from '../../model/window-calendar.ts';

interface Event {
  readonly kind: 'opening' | 'blackout';
  readonly tenant: TenantCalendar;
  readonly startsAt: string;
  readonly endsAt: string;
  /** What tells it from others, whichever days are shown. */
  readonly identity: readonly (string | null)[];
  readonly summary: string;
  readonly description: string;
}

/** `stampedAt`: when it was made. Openings without a beginning or an end are cut to the days shown. */
export function calendarIcal(calendar: WindowCalendar, stampedAt: string): string {
  const events = calendar.tenants.flatMap((tenant) => [
    ...tenant.openings.flatMap((one) => openingEvent(calendar, tenant, one)),
    ...tenant.blackouts.map((one) => blackoutEvent(tenant, one)),
  ]);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Themis//Maintenance windows//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${escaped(`Maintenance windows of ${calendar.fleet.name}`)}`,
    ...events.flatMap((event) => eventLines(event, calendar.fleet.uid, stampedAt)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function openingEvent(
  { from, to }: WindowCalendar,
  tenant: TenantCalendar,
  { opensAt, closesAt, timezone, opensLocal, closesLocal, closedBy }: CalendarOpening,
): readonly Event[] {
  if (opensAt === null && closesAt === null) return [];
  const local = [opensLocal, closesLocal].map((time) => time?.replace('T', ' ') ?? '...').join(' to ');
  const description = [
    `${local} ${timezone}`,
    ...(closedBy === 'blackout' ? ['Closed by a blackout.'] : []),
    ...(tenant.consent.state === 'needed' ? ['Waits for the consent of the tenant.'] : []),
    ...(tenant.nodes.length === 0 ? [] : [`Nodes: ${tenant.nodes.join(', ')}`]),
  ].join('\n');
  const summary = `${tenant.name}: maintenance window`;
  const [startsAt, endsAt] = [opensAt ?? from, closesAt ?? to];
  return [{ kind: 'opening', tenant, startsAt, endsAt, identity: [opensAt, closesAt], summary, description }];
}

function blackoutEvent(tenant: TenantCalendar, { startsAt, endsAt, reason }: CalendarBlackout): Event {
  const summary = `${tenant.name}: blackout${reason === null ? '' : `, ${reason}`}`;
  const identity = [startsAt, endsAt, reason];
  return { kind: 'blackout', tenant, startsAt, endsAt, identity, summary, description: 'Nothing is touched.' };
}

function eventLines(event: Event, fleetUid: string, stampedAt: string): readonly string[] {
  const { kind, tenant, startsAt, endsAt, identity, summary, description } = event;
  const key = [fleetUid, tenant.name, kind, ...identity];
  return [
    'BEGIN:VEVENT',
    `UID:${shortDigest(digestJson(key), 32)}@themis`,
    `DTSTAMP:${dateTime(stampedAt)}`,
    `DTSTART:${dateTime(startsAt)}`,
    `DTEND:${dateTime(endsAt)}`,
    `SUMMARY:${escaped(summary)}`,
    `DESCRIPTION:${escaped(description)}`,
    `CATEGORIES:${kind === 'opening' ? 'MAINTENANCE' : 'BLACKOUT'}`,
    `TRANSP:${kind === 'opening' ? 'OPAQUE' : 'TRANSPARENT'}`,
    'END:VEVENT',
  ];
}

/** `20261121T180000Z`. Years of more than four digits do not exist there. */
function dateTime(instant: string): string {
  if (!/^\d{4}-/u.test(instant)) return '99991231T235959Z';
  return `${instant.slice(0, 19).replaceAll(/[-:]/gu, '')}Z`;
}

function escaped(text: string): string {
  const plain = text.replaceAll(/\r\n?/gu, '\n').replaceAll(/(?!\n)\p{Cc}/gu, ' ');
  return plain.replaceAll(/[\\;,]/gu, (char) => `\\${char}`).replaceAll('\n', '\\n');
}

const encoder = new TextEncoder();

/** Octets, not characters: a character is never cut, and the blank that marks a continuation counts. */
function folded(line: string): string {
  let length = 0;
  let result = '';
  for (const char of line) {
    const size = encoder.encode(char).length;
    if (length + size > 75) {
      result += '\r\n ';
      length = 1;
    }
    result += char;
    length += size;
  }
  return result;
}
