/** `themis windows`: when tenants and nodes may be touched, from the desired state and the rollout record alone. Asks no node. */
import { resolve } from 'node:path';
import type { Digest } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors } from '../../../kernel/finding.ts';
import { formatInstant, parseInstant } from '../../../kernel/units/instant.ts';
import type { Desired } from '../../../model/desired.ts';
import type { WindowCalendar } from '../../../model/window-calendar.ts';
import { nodeSetCalendars, tenantCalendars, type CalendarTerms } from '../../../windows/calendar.ts';
import { emergencyUntilMs } from '../../../windows/terms.ts';
import { calendarIcal } from '../../../report/windows/calendar-ical.ts';
import { calendarTable } from '../../../report/windows/calendar-table.ts';
import type { Command, Input, Session } from '../command.ts';
import { printFindings } from '../fleet/fleet-session.ts';
import { createPlanSources, readRecord } from '../fleet/plan-sources.ts';
import { unknownTenant } from '../fleet/unknown-tenant.ts';
import { expectedNeedMs, noticeStartMs } from '../fleet/window-terms.ts';
import { readInstant } from '../instant-option.ts';

const dayMs = 86_400_000;
const mostDays = 3660;

export const windowsCommand: Command = {
  name: 'windows',
  group: 'Look',
  summary: 'show when tenants and nodes may be touched, as a calendar',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [
    { name: '--tenant', value: 'NAME', summary: 'only this tenant and the nodes that serve it' },
    { name: '--days', value: 'COUNT', summary: 'how many days to show', default: '14' },
    { name: '--at', value: 'TIME', summary: 'from this instant on (RFC 3339; default: now)' },
    {
      name: '--output',
      short: '-o',
      value: 'FORMAT',
      summary: 'output format; ical is for calendar programs',
      choices: ['text', 'json', 'ical'],
      default: 'text',
    },
  ],
  examples: [
    { line: 'themis windows', summary: 'of the next two weeks' },
    { line: 'themis windows --tenant tenant-123 --days 90', summary: 'of one tenant' },
    { line: 'themis windows -o ical > windows.ics', summary: 'for a calendar program' },
  ],
  run: runWindows,
};

async function runWindows(session: Session, input: Input): Promise<number> {
  const nowMs = parseInstant(readInstant(session, input.text('at')).at)!;
  const days = input.integer('days', 1)!;
  if (days > mostDays) throw new ThemisError('USAGE', `--days takes at most ${mostDays}, not ${days}.`);
  const sources = createPlanSources(session);
  const directory = resolve(session.directory, input.argument('DIR') ?? '.');
  const { desired, findings } = await sources.loadFleet(directory, undefined);
  if (desired === undefined || hasErrors(findings)) {
    printFindings(session, findings);
    return exitCode.invalid;
  }
  const target = sources.digests(desired).targetDigest;
  const record = await readRecord(session, desired);
  const calendar = calendarOf(desired, target, input.text('tenant'), {
    approvals: desired.approvals,
    target,
    noticeAtMs: noticeStartMs(record, target, nowMs),
    fromMs: nowMs,
    toMs: nowMs + days * dayMs,
    needMs: expectedNeedMs(record),
  });
  session.out.write(formatCalendar(calendar, input.text('output'), formatInstant(session.clock.nowMs())));
  return exitCode.done;
}

function calendarOf(
  { fleet, tenants, approvals }: Desired,
  target: Digest,
  only: string | undefined,
  terms: Omit<CalendarTerms, 'tenants' | 'nodes'>,
): WindowCalendar {
  const names = tenants.map(({ name }) => name);
  if (only !== undefined && !names.includes(only)) throw unknownTenant(only, names);
  const shown = only === undefined ? tenants : tenants.filter(({ name }) => name === only);
  const nodes = only === undefined ? fleet.nodes : fleet.nodes.filter((node) => node.tenants.includes(only));
  const emergencyMs = emergencyUntilMs(approvals, target);
  return {
    fleet: { name: fleet.name, uid: fleet.uid },
    target,
    from: formatInstant(terms.fromMs),
    to: formatInstant(terms.toMs),
    emergencyUntil: emergencyMs > terms.fromMs ? formatInstant(emergencyMs) : null,
    tenants: tenantCalendars({ ...terms, tenants: shown, nodes }),
    nodes: nodeSetCalendars({ ...terms, tenants, nodes }),
  };
}

function formatCalendar(calendar: WindowCalendar, format: string | undefined, stampedAt: string): string {
  if (format === 'json') return `${JSON.stringify(calendar, null, 2)}\n`;
  return format === 'ical' ? calendarIcal(calendar, stampedAt) : calendarTable(calendar);
}
