/** Formats that `schemas/` name and JSON Schema does not know: what the text means, not only how it looks. */
import semver from 'semver';
import { parseDuration } from '../../kernel/units/duration.ts';
import { parseSelector } from '../../kernel/selector.ts';

export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  version: isVersion,
  'version-range': isVersionRange,
  'time-zone': isTimeZone,
  duration: (text) => parseDuration(text) !== undefined,
  selector: (text) => parseSelector(text) !== undefined,
  'date-or-instant': isDateOrInstant,
  series: isSeries,
};

/** Exactly as SemVer writes it: no leading `v`, all three numbers. */
export function isVersion(text: string): boolean {
  return semver.parse(text)?.raw === text && !text.startsWith('v') && !text.startsWith('=');
}

export function isVersionRange(text: string): boolean {
  return text.trim() !== '' && semver.validRange(text) !== null;
}

const knownZones = new Map<string, boolean>();

/** IANA names only, as the zone database spells them: offsets and abbreviations do not follow daylight saving time. */
export function isTimeZone(text: string): boolean {
  let known = knownZones.get(text);
  if (known === undefined) {
    known = hasZone(text);
    if (knownZones.size < 1000) knownZones.set(text, known);
  }
  return known;
}

function hasZone(text: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/u.test(text)) return false;
  try {
    // Resolution follows links (Asia/Calcutta), so only the letters' case is compared.
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    return timeZone === text || timeZone.toLowerCase() !== text.toLowerCase();
  } catch {
    return false;
  }
}

export function timeZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

/** A Prometheus selector: a metric name, with matchers in braces where needed. */
export function isSeries(text: string): boolean {
  return seriesPattern.test(text);
}

const seriesPattern =
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{\s*(?:[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"\s*(?:,\s*|(?=\})))*\})?$/u;

const datePattern = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-](\d{2}):(\d{2})))?$/u;

export function isDateOrInstant(text: string): boolean {
  const match = datePattern.exec(text);
  if (match === null) return false;
  const [year, month, day, hour = 0, minute = 0, second = 0, offsetHour = 0, offsetMinute = 0] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return false;
  return month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysInMonth(year!, month!);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
