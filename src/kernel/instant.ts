/** RFC 3339 UTC with three decimals, always the same width, so that text order is time order. */
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
