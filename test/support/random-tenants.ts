/** Random tenants, and the slices of time in which they are looked at: half of them around changes of the clock. */
import fc from 'fast-check';
import type { DesiredBlackout, DesiredTenant, DesiredWindow, Weekday } from '../../src/model/desired.ts';
import { isSoak } from './runs.ts';

/** Half an hour, two hours, at midnight, twice a year more, south of the equator: every odd way to set a clock. */
export const zones = [
  'Australia/Lord_Howe',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Sydney',
  'America/Santiago',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Antarctica/Troll',
  'America/St_Johns',
  'Pacific/Auckland',
] as const;

export interface Slice {
  readonly startMs: number;
  /** Tenants of the slice live in these. */
  readonly zones: readonly string[];
}

const hourMs = 3_600_000;
export const sliceMinutes = 72 * 60;

/** Every other slice holds a change of the clock in its first zone. */
export const slices: readonly Slice[] = makeSlices(isSoak ? 400 : 100);

function makeSlices(count: number): readonly Slice[] {
  const changes = zones.flatMap((zone) => changesOf(zone, isSoak ? 8 : 5).map((ms) => ({ zone, ms })));
  return Array.from({ length: count }, (_, index) => {
    const other = zones[(index * 7 + 3) % zones.length]!;
    if (index % 2 === 0) {
      const { zone, ms } = changes[(index / 2) % changes.length]!;
      return { startMs: ms - (3 + ((index * 11) % 60)) * hourMs, zones: [zone, zone, other] };
    }
    // Some lie over the ends of the blocks in which openings are expanded.
    const startMs =
      index % 8 === 1
        ? (2920 + index) * 7 * 24 * hourMs - 30 * hourMs
        : Date.UTC(2026, 0, 1) + ((index * 7919) % 9000) * hourMs + ((index * 13) % 60) * 60_000;
    return { startMs, zones: [zones[index % zones.length]!, other, 'UTC'] };
  });
}

function changesOf(zone: string, count: number): readonly number[] {
  let at = Temporal.Instant.from('2023-01-01T00:00:00Z').toZonedDateTimeISO(zone);
  return Array.from({ length: count }, () => {
    at = at.getTimeZoneTransition('next')!;
    return at.epochMilliseconds;
  });
}

const week: readonly Weekday[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const minuteOfDay = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 12 }).map((quarters) => quarters * 15) },
  { weight: 1, arbitrary: fc.constantFrom(1380, 1410, 1425, 1439) },
  { weight: 2, arbitrary: fc.nat(1439) },
);

function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

export function windowIn(zone: fc.Arbitrary<string>): fc.Arbitrary<DesiredWindow> {
  const length = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 60, max: 480 }), fc.nat(1438));
  return fc
    .record({ days: fc.subarray([...week], { minLength: 1 }), from: minuteOfDay, length, toMidnight: fc.nat(9), zone })
    .map(({ days, from, length: minutes, toMidnight, zone: timezone }) => {
      const to = toMidnight === 0 ? '24:00' : timeOf((from + Math.max(1, minutes)) % 1440);
      return { days, from: timeOf(from), to, timezone };
    });
}

export function blackoutAt(startMs: number, zone: fc.Arbitrary<string>): fc.Arbitrary<DesiredBlackout> {
  const day = (days: number): string => new Date(startMs + days * 24 * hourMs).toISOString().slice(0, 10);
  const instant = (minutes: number): string => new Date(startMs + minutes * 60_000).toISOString();
  return fc.oneof(
    fc
      .record({ first: fc.integer({ min: -2, max: 3 }), length: fc.nat(2), timezone: zone })
      .map(({ first, length, timezone }) => ({
        from: day(first),
        to: day(first + length),
        timezone,
        reason: 'freeze',
      })),
    fc
      .record({ first: fc.integer({ min: -600, max: sliceMinutes }), length: fc.integer({ min: 1, max: 2000 }) })
      .map(({ first, length }) => {
        return { from: instant(first), to: instant(first + length), timezone: 'UTC', reason: undefined };
      }),
  );
}

export function tenantsOf(
  windows: fc.Arbitrary<readonly DesiredWindow[]>,
  blackouts: fc.Arbitrary<readonly DesiredBlackout[]>,
  most: number,
): fc.Arbitrary<readonly DesiredTenant[]> {
  return fc.array(fc.record({ windows, blackouts }), { minLength: 1, maxLength: most }).map((list) =>
    list.map((terms, index): DesiredTenant => ({
      name: `tenant-${index}`,
      priority: 'normal',
      ...terms,
      policy: { autoUpdate: true, criticalAutoUpdate: true, noticeLeadTimeMs: 0, consent: 'none' },
    })),
  );
}
