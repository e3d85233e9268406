import { fine, wrong, type Check, type Surroundings } from '../check.ts';

const years = [2026, 2099] as const;
/** Zones of both hemispheres, half an hour off, and a day that begins elsewhere, with their offsets at one instant. */
const instant = '2026-07-01T12:00:00Z';
const offsets: Readonly<Record<string, string>> = {
  'America/New_York': '-04:00',
  'Europe/Berlin': '+02:00',
  'Asia/Kolkata': '+05:30',
  'Pacific/Auckland': '+12:00',
};

/** Certificates, windows, leases and plans all hang on the clock. */
export const clockCheck: Check<Surroundings> = {
  name: 'clock',
  look({ session }) {
    const now = Temporal.Instant.fromEpochMilliseconds(session.clock.nowMs());
    const { year } = now.toZonedDateTimeISO('UTC');
    const text = now.toString({ smallestUnit: 'second' });
    if (year < years[0] || year > years[1]) {
      const fix = 'Set the clock of this machine, best by NTP: signatures and leases depend on it.';
      return Promise.resolve(wrong('error', 'THM6011', `The clock says ${text}.`, fix));
    }
    const lost = Object.keys(offsets).find((zone) => offsetOf(zone) !== offsets[zone]);
    if (lost === undefined) return Promise.resolve(fine(`${text}, time zones known`));
    const fix = 'Run Themis with the Node.js that `npm ci` brings: it holds all time zones.';
    return Promise.resolve(wrong('error', 'THM6012', `The time zone ${lost} is not known, or at a wrong offset.`, fix));
  },
};

function offsetOf(zone: string): string | undefined {
  try {
    return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).offset;
  } catch {
    return undefined;
  }
}
