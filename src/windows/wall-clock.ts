/**
 * From a time on the wall to an instant. One rule for every zone and both changes of the clock: a wall-clock time is
 * the first instant at which the clocks of the zone show it or a later time.
 *
 * So a time that is skipped in spring is the instant of the change (a window that lies wholly in what is skipped has
 * no length and does not exist that day), and a time that occurs twice in autumn is the first occurrence, both where a
 * window opens and where it closes: windows are never split, never close later than the clock first says so, and one
 * that spans the change lasts as much longer as the clock is set back. A day that a zone leaves out has no length.
 */
export const dayMs = 86_400_000;

/** An offset and since when it counts; the first of a list counts since ever, as far as the list is concerned. */
export interface OffsetStretch {
  readonly startMs: number;
  readonly offsetMs: number;
}

/** Offsets of an IANA zone that are needed to place wall-clock times of this range; at least one. */
export function offsetStretches(zone: string, fromMs: number, toMs: number): readonly OffsetStretch[] {
  // Wall-clock times are at most a day from UTC, and a zone that crosses the date line leaves out one more.
  const limitMs = toMs + 3 * dayMs;
  let at = Temporal.Instant.fromEpochMilliseconds(fromMs - 3 * dayMs).toZonedDateTimeISO(zone);
  const stretches: OffsetStretch[] = [{ startMs: -Infinity, offsetMs: at.offsetNanoseconds / 1e6 }];
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds > limitMs) return stretches;
    stretches.push({ startMs: next.epochMilliseconds, offsetMs: next.offsetNanoseconds / 1e6 });
    at = next;
  }
}

/** `wallMs` is the wall-clock time as if it were UTC. */
export function firstInstant(stretches: readonly OffsetStretch[], wallMs: number): number {
  for (const [index, { startMs, offsetMs }] of stretches.entries()) {
    const endMs = stretches[index + 1]?.startMs ?? Infinity;
    if (wallMs < endMs + offsetMs) return Math.max(startMs, wallMs - offsetMs);
  }
  throw new RangeError('The last offset has no end.');
}
