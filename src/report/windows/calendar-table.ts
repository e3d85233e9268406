/** `themis windows` for people: who wants what, then every opening and blackout in order of time, then every node. */
import { compareText } from '../../kernel/finding.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type {
  CalendarBlackout,
  CalendarOpening,
  NodeSetCalendar,
  TenantCalendar,
  WindowCalendar,
} from '../../model/window-calendar.ts';
import { shortNames } from '../name-list.ts';
import { formatTable } from '../table.ts';

export function calendarTable(calendar: WindowCalendar): string {
  const { fleet, from, to, emergencyUntil, tenants, nodes } = calendar;
  const emergency =
    emergencyUntil === null ? [] : [`An emergency approval opens every node until ${utc(emergencyUntil)} UTC.`];
  return [
    `Windows of fleet ${fleet.name}, ${utc(from)} to ${utc(to)} UTC`,
    ...emergency,
    ...(tenants.length === 0 ? ['No tenants: every node is always open.'] : [tenantTable(tenants), dayTable(tenants)]),
    ...(nodes.length === 0 ? [] : [nodeTable(nodes)]),
    ...nodes.flatMap(neverLines),
  ]
    .map((part) => `${part.trimEnd()}\n`)
    .join('\n');
}

function tenantTable(tenants: readonly TenantCalendar[]): string {
  return formatTable(
    ['tenant', 'priority', 'nodes', 'windows', 'consent', 'notice'],
    tenants.map(({ name, priority, nodes, windows, consent, notice }) => [
      name,
      priority,
      shortNames(nodes, 4),
      windows ?? 'always open',
      consentText(consent),
      notice === null ? 'none' : `${formatDuration(notice.leadMs)}, over ${utc(notice.until)} UTC`,
    ]),
  );
}

function consentText(consent: TenantCalendar['consent']): string {
  if (consent.state === 'notAsked') return 'not asked';
  if (consent.state === 'needed') return 'needed';
  return consent.until === null ? 'given' : `given until ${utc(consent.until)} UTC`;
}

interface Row {
  readonly startsAt: string;
  readonly cells: readonly string[];
}

function dayTable(tenants: readonly TenantCalendar[]): string {
  const rows = tenants
    .flatMap(({ name, openings, blackouts }) => [
      ...openings.flatMap((one) => openingRow(name, one)),
      ...blackouts.map((one) => blackoutRow(name, one)),
    ])
    .toSorted((a, b) => compareText(a.startsAt, b.startsAt));
  if (rows.length === 0) return 'Nothing opens or closes in these days.';
  let before = '';
  const lines = rows.map(({ startsAt, cells }) => {
    const day = startsAt === '' ? '' : dayOf(startsAt);
    const shown = day === before ? '' : day;
    before = day;
    return [shown, ...cells];
  });
  return formatTable(['day', 'from', 'to (UTC)', 'lasts', 'tenant', 'what', 'local time'], lines);
}

/** A tenant that neither opens nor closes has no row. */
function openingRow(tenant: string, opening: CalendarOpening): readonly Row[] {
  const { opensAt, closesAt, timezone, opensLocal, closesLocal, closedBy } = opening;
  if (opensAt === null && closesAt === null) return [];
  const lasts =
    opensAt === null || closesAt === null ? '' : formatDuration(parseInstant(closesAt)! - parseInstant(opensAt)!);
  return [
    {
      startsAt: opensAt ?? '',
      cells: [
        opensAt === null ? 'open' : timeOf(opensAt),
        endText(opensAt, closesAt),
        lasts,
        tenant,
        closedBy === 'blackout' ? 'open, then blackout' : 'open',
        `${localText(opensLocal, closesLocal)} ${timezone}`,
      ],
    },
  ];
}

function blackoutRow(tenant: string, { startsAt, endsAt, reason }: CalendarBlackout): Row {
  const what = reason === null ? 'blackout' : `blackout: ${reason.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()}`;
  return { startsAt, cells: [timeOf(startsAt), endText(startsAt, endsAt), '', tenant, what, ''] };
}

function localText(opens: string | null, closes: string | null): string {
  if (opens === null) return `until ${wall(closes!)}`;
  if (closes === null) return `from ${wall(opens)}`;
  const sameDay = opens.slice(0, 10) === closes.slice(0, 10);
  return `${wall(opens)} to ${sameDay ? closes.slice(11) : wall(closes)}`;
}

function nodeTable(nodes: readonly NodeSetCalendar[]): string {
  return formatTable(
    ['nodes', 'tenants', 'next common opening (UTC)', 'needs', 'waits for'],
    nodes.map((set) => [
      shortNames(set.nodes, 4),
      shortNames(set.tenants, 4),
      nextText(set),
      formatDuration(set.needMs),
      waitsFor(set),
    ]),
  );
}

function nextText({ next }: NodeSetCalendar): string {
  if (next === null) return 'never';
  if (next.because === null) return next.closesAt === null ? 'open' : `open until ${utc(next.closesAt)}`;
  return next.closesAt === null
    ? `from ${utc(next.startsAt)}`
    : `${utc(next.startsAt)} to ${endText(next.startsAt, next.closesAt)}`;
}

function waitsFor({ next, consentOf }: NodeSetCalendar): string {
  const consent = consentOf.length === 0 ? [] : [`consent of ${shortNames(consentOf, 4)}`];
  return [...consent, ...(next?.because === null || next === null ? [] : [next.because])].join('; ');
}

function neverLines({ nodes, next, blockers }: NodeSetCalendar): readonly string[] {
  if (next !== null) return [];
  return [`${shortNames(nodes, 4)} can never be touched:\n${blockers.map(({ detail }) => `  ${detail}\n`).join('')}`];
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Sat 2026-11-21 18:00` of an instant. */
function utc(instant: string): string {
  return `${dayOf(instant)} ${timeOf(instant)}`;
}

function dayOf(instant: string): string {
  return `${weekdayOf(instant.slice(0, 10))} ${instant.slice(0, 10)}`;
}

function timeOf(instant: string): string {
  return instant.slice(11, 16);
}

/** The day is said again only where it is another. */
function endText(startsAt: string | null, endsAt: string | null): string {
  if (endsAt === null) return '';
  return startsAt?.slice(0, 10) === endsAt.slice(0, 10) ? timeOf(endsAt) : utc(endsAt);
}

/** `Sat 02:00` of a wall-clock time. */
function wall(local: string): string {
  return `${weekdayOf(local.slice(0, 10))} ${local.slice(11, 16)}`;
}

function weekdayOf(date: string): string {
  // Instants beyond the year 9999 have a sign and six digits.
  return /^\d{4}-/u.test(date) ? weekdays[Temporal.PlainDate.from(date).dayOfWeek - 1]! : '';
}
