import type { Clock } from '../ports/clock.ts';

/** One moment, told both ways: by the calendar, which somebody may set, and by a count that only ever goes on. */
export interface Now {
  readonly nowMs: number;
  readonly steadyMs: number;
}

export function momentOf(clock: Clock): Now {
  return { nowMs: clock.nowMs(), steadyMs: clock.steadyMs() };
}
