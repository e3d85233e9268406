/** Instants as RFC 3339 text in UTC. Arithmetic on what is passed in: nothing here knows what time it is. */

/** Always three decimals, always the same width, so that text order is time order. */
export function formatInstant(epochMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(epochMs)).toString({ smallestUnit: 'millisecond' });
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
