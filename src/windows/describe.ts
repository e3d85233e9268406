/** Windows and blackouts in words, as operators wrote them. */
import type { DesiredBlackout, DesiredWindow } from '../model/desired.ts';

/** `Saturday, Sunday 02:00-06:00 America/New_York`; several are joined by `or`. */
export function windowsText(windows: readonly DesiredWindow[]): string {
  const texts = windows.map(windowText);
  const most = texts.length > 3 ? [...texts.slice(0, 2), `in ${texts.length - 2} more windows`] : texts;
  return most.join(' or ');
}

function windowText({ days, from, to, timezone }: DesiredWindow): string {
  return `${days.length === 7 ? 'daily' : days.join(', ')} ${from}-${to} ${timezone}`;
}

/** `blackout from 2026-12-20 to 2027-01-02 America/New_York (year end)`. */
export function blackoutText({ from, to, timezone, reason }: DesiredBlackout): string {
  const zone = from.includes('T') && to.includes('T') ? '' : ` ${timezone}`;
  return `blackout from ${from} to ${to}${zone}${reason === undefined ? '' : ` (${reason.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()})`}`;
}
