/**
 * What a tenant forbids, in its smallest parts: being touched outside its windows (all of them together, because one
 * window less closes more), and being touched in each of its blackouts. Taking a restriction away never closes
 * anything, which is what a proof of never is made with. Time is cut into blocks of a week, counted from the
 * epoch, so that what was expanded can be kept whoever asks and from when; tenants with the same windows share it.
 */
import type { DesiredBlackout, DesiredTenant, DesiredWindow, Weekday } from '../model/desired.ts';
import { mergeOpenings, type Opening } from './opening.ts';
import { remember } from './remember.ts';
import { dayMs, firstInstant, offsetStretches, type OffsetStretch } from './wall-clock.ts';

export const blockMs = 7 * dayMs;

/** Windows of a tenant, expanded when asked for. */
export interface Pattern {
  /** Equal for equal windows. */
  readonly id: number;
  /** Open stretches of one block, cut at its ends. */
  readonly openIn: (block: number) => readonly Opening[];
}

export interface WindowsRestriction {
  readonly kind: 'window';
  readonly tenant: string;
  readonly windows: readonly DesiredWindow[];
  readonly pattern: Pattern;
}

export interface BlackoutRestriction {
  readonly kind: 'blackout';
  readonly tenant: string;
  readonly blackout: DesiredBlackout;
  readonly closed: Opening;
}

export type Restriction = WindowsRestriction | BlackoutRestriction;

/** Offsets of a zone around a block. */
type Zones = (zone: string, block: number) => readonly OffsetStretch[];

export type Patterns = (windows: readonly DesiredWindow[]) => Pattern;

export function createPatterns(): Patterns {
  const offsetsOf = remember((zone: string) =>
    remember((block: number) => offsetStretches(zone, block * blockMs, (block + 1) * blockMs)),
  );
  const zones: Zones = (zone, block) => offsetsOf(zone)(block);
  const made = new Map<string, Pattern>();
  return (windows) => {
    const text = JSON.stringify(windows);
    let pattern = made.get(text);
    if (pattern === undefined) {
      const openIn = remember((block: number) =>
        mergeOpenings(windows.flatMap((one) => openingsIn(one, block, zones))),
      );
      made.set(text, (pattern = { id: made.size, openIn }));
    }
    return pattern;
  };
}

export function restrictionsOf(tenant: DesiredTenant, patterns: Patterns): readonly Restriction[] {
  const { name, windows } = tenant;
  const blackouts = tenant.blackouts.map((blackout): Restriction => ({
    kind: 'blackout',
    tenant: name,
    blackout,
    closed: blackoutTime(blackout),
  }));
  if (windows.length === 0) return blackouts;
  return [{ kind: 'window', tenant: name, windows, pattern: patterns(windows) }, ...blackouts];
}

/** The same for restrictions that leave the same openings, whoever has them. */
export function openingsKey(restrictions: readonly Restriction[]): string {
  const parts = restrictions.map((one) =>
    one.kind === 'window' ? `${one.pattern.id}` : `${one.closed.startMs}/${one.closed.endMs}`,
  );
  return [...new Set(parts)].sort().join(' ');
}

/** Half-open. Days are whole, both included, by the clocks of the zone. */
function blackoutTime({ from, to, timezone }: DesiredBlackout): Opening {
  return {
    startMs: from.includes('T') ? instantMs(from) : startOfDayMs(from, timezone, 0),
    endMs: to.includes('T') ? instantMs(to) : startOfDayMs(to, timezone, 1),
  };
}

function startOfDayMs(date: string, zone: string, daysLater: number): number {
  const wallMs = instantMs(`${date}T00:00:00Z`) + daysLater * dayMs;
  return firstInstant(offsetStretches(zone, wallMs, wallMs), wallMs);
}

function instantMs(text: string): number {
  return Temporal.Instant.from(text).epochMilliseconds;
}

const week: readonly Weekday[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function openingsIn({ days, from, to, timezone }: DesiredWindow, block: number, zones: Zones): readonly Opening[] {
  const blockStartMs = block * blockMs;
  const blockEndMs = blockStartMs + blockMs;
  const stretches = zones(timezone, block);
  const isOpenOn = week.map((day) => days.includes(day));
  const fromMs = timeOfDayMs(from);
  const toMs = timeOfDayMs(to) + (timeOfDayMs(to) > fromMs ? 0 : dayMs);
  const openings: Opening[] = [];
  // A window that opened on the day before may last into the block, and local days are up to a day from UTC days.
  for (let day = blockStartMs / dayMs - 3; day <= blockEndMs / dayMs + 1; day += 1) {
    if (isOpenOn[weekdayOf(day)] !== true) continue;
    const startMs = Math.max(firstInstant(stretches, day * dayMs + fromMs), blockStartMs);
    const endMs = Math.min(firstInstant(stretches, day * dayMs + toMs), blockEndMs);
    if (startMs < endMs) openings.push({ startMs, endMs });
  }
  return openings;
}

/** 0 is Monday. Day 0 of the epoch was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** `HH:MM`; `24:00` is the end of the day. */
function timeOfDayMs(text: string): number {
  return (Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))) * 60_000;
}
