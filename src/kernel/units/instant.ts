/** Instants as RFC 3339 text in UTC. Arithmetic on what is passed in: nothing here knows what time it is. */

const dayMs = 86_400_000;
/** Years of four digits. */
const [firstMs, lastMs] = [-62_167_219_200_000, 253_402_300_799_999];

/**
 * Always three decimals, always the same width, so that text order is time order. By arithmetic, because every journal
 * entry has one and `Temporal` takes ten times as long.
 */
export function formatInstant(epochMs: number): string {
  const ms = Math.round(epochMs);
  if (!(ms >= firstMs && ms <= lastMs)) {
    return Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: 'millisecond' });
  }
  const days = Math.floor(ms / dayMs);
  const inDay = ms - days * dayMs;
  const seconds = Math.floor(inDay / 1000);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => digits(part, 2));
  return `${dateOf(days)}T${time.join(':')}.${digits(inDay % 1000, 3)}Z`;
}

/** Days since 1970 to a date of the Gregorian calendar: years start in March, so that leap days come last (Hinnant, "chrono-compatible low-level date algorithms"). */
function dateOf(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** Milliseconds since the Unix epoch; undefined when the text is not an RFC 3339 instant. */
export function parseInstant(text: string): number | undefined {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/** The same instant in UTC, without zero fractions; undefined when the text is no RFC 3339 instant. */
export function normaliseInstant(text: string): string | undefined {
  try {
    return Temporal.Instant.from(text).toString();
  } catch {
    return undefined;
  }
}

/** The instant `durationMs` later. */
export function addDuration(instant: string, durationMs: number): string {
  return Temporal.Instant.from(instant).add({ milliseconds: durationMs }).toString();
}
