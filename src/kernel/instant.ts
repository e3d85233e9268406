/** Instants as RFC 3339 text in UTC. Arithmetic on what is passed in: nothing here knows what time it is. */

/** The instant `durationMs` later. */
export function addDuration(instant: string, durationMs: number): string {
  return Temporal.Instant.from(instant).add({ milliseconds: durationMs }).toString();
}

/** The same instant in UTC, without zero fractions; undefined when the text is no RFC 3339 instant. */
export function parseInstant(text: string): string | undefined {
  try {
    return Temporal.Instant.from(text).toString();
  } catch {
    return undefined;
  }
}
