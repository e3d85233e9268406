/**
 * When tenants may be touched, found out minute by minute: for every minute the clocks of the zone are read, and
 * somebody who notes down the latest time they have shown so far looks into the windows. (A clock that is set back
 * repeats an hour that he has noted already.) Shares nothing with src/windows but the shape of a tenant.
 */
import type { DesiredBlackout, DesiredTenant, DesiredWindow } from '../../src/model/desired.ts';

const lookBackMinutes = 6 * 60;

/** A time on the wall, noted once a minute. */
interface Notes {
  /** `20261121` */
  readonly dates: Int32Array;
  /** 1 is Monday. */
  readonly weekdays: Uint8Array;
  /** Of the day. */
  readonly minutes: Int16Array;
}

const read = new Map<string, Notes>();

function notesOf(zone: string, startMs: number, count: number): Notes {
  const key = `${zone} ${startMs} ${count}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  const notes = { dates: new Int32Array(count), weekdays: new Uint8Array(count), minutes: new Int16Array(count) };
  let latest = { date: 0, weekday: 0, minute: 0 };
  for (let index = -lookBackMinutes; index < count; index += 1) {
    const clock = Temporal.Instant.fromEpochMilliseconds(startMs + index * 60_000).toZonedDateTimeISO(zone);
    const shown = {
      date: (clock.year * 100 + clock.month) * 100 + clock.day,
      weekday: clock.dayOfWeek,
      minute: clock.hour * 60 + clock.minute,
    };
    if (shown.date > latest.date || (shown.date === latest.date && shown.minute > latest.minute)) latest = shown;
    if (index < 0) continue;
    notes.dates[index] = latest.date;
    notes.weekdays[index] = latest.weekday;
    notes.minutes[index] = latest.minute;
  }
  read.set(key, notes);
  return notes;
}

/** One entry a minute: 1 where every tenant is open. */
export function openMinutes(tenants: readonly DesiredTenant[], startMs: number, count: number): Uint8Array {
  const open = new Uint8Array(count).fill(1);
  for (const { windows, blackouts } of tenants) {
    const inWindow = new Uint8Array(count).fill(windows.length === 0 ? 1 : 0);
    for (const window of windows) markWindow(inWindow, window, startMs);
    for (let index = 0; index < count; index += 1) if (inWindow[index] === 0) open[index] = 0;
    for (const blackout of blackouts) closeBlackout(open, blackout, startMs);
  }
  return open;
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

function markWindow(open: Uint8Array, { days: onDays, from, to, timezone }: DesiredWindow, startMs: number): void {
  const { weekdays, minutes } = notesOf(timezone, startMs, open.length);
  const opens = minuteOf(from);
  const closes = minuteOf(to);
  const isOpenOn = days.map((day) => onDays.includes(day));
  for (let index = 0; index < open.length; index += 1) {
    const minute = minutes[index]!;
    const today = isOpenOn[weekdays[index]!]!;
    const yesterday = isOpenOn[weekdays[index]! - 1]!;
    const isOpen =
      closes > opens
        ? today && minute >= opens && minute < closes
        : (today && minute >= opens) || (yesterday && minute < closes);
    if (isOpen) open[index] = 1;
  }
}

function closeBlackout(open: Uint8Array, { from, to, timezone }: DesiredBlackout, startMs: number): void {
  const { dates } = notesOf(timezone, startMs, open.length);
  const [firstMs, firstDate] = placeOf(from);
  const [lastMs, lastDate] = placeOf(to);
  for (let index = 0; index < open.length; index += 1) {
    const ms = startMs + index * 60_000;
    const begun = firstDate === undefined ? ms >= firstMs : dates[index]! >= firstDate;
    const ended = lastDate === undefined ? ms >= lastMs : dates[index]! > lastDate;
    if (begun && !ended) open[index] = 0;
  }
}

/** An instant, or a date such as 20261121. */
function placeOf(text: string): readonly [ms: number, date: number | undefined] {
  return text.includes('T') ? [Date.parse(text), undefined] : [0, Number(text.replaceAll('-', ''))];
}

function minuteOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return hours! * 60 + minutes!;
}

/** The first minute from `from` on after which `need` minutes are open; undefined when none is within the list. */
export function firstFit(open: Uint8Array, from: number, need: number): number | undefined {
  for (let start = from; start + need <= open.length; start += 1) {
    let length = 0;
    while (length < need && open[start + length] === 1) length += 1;
    if (length === need) return start;
  }
  return undefined;
}
