/** When something starts and ends, in few words: instants where the plan names them, else how long from its start. */
import { formatDuration } from '../../kernel/units/duration.ts';
import type { DeferredStep } from '../../model/plan.ts';
import type { BlockTime, BlockView } from './plan-view.ts';

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** `Sat 2026-11-28 07:00`, with seconds where they are not zero; in UTC. */
export function shortInstant(instant: string): string {
  const at = Temporal.Instant.from(instant).toZonedDateTimeISO('UTC');
  return `${weekdays[at.dayOfWeek - 1]!} ${at.toPlainDate().toString()} ${clock(at)}`;
}

function clock(at: Temporal.ZonedDateTime): string {
  const seconds = at.second + at.millisecond > 0;
  return at.toPlainTime().toString({ smallestUnit: seconds ? 'second' : 'minute' });
}

/** `Sat 2026-11-28 07:00 to 07:03`. */
export function instantRange(from: string, to: string): string {
  const [start, end] = [from, to].map((text) => Temporal.Instant.from(text).toZonedDateTimeISO('UTC')) as [
    Temporal.ZonedDateTime,
    Temporal.ZonedDateTime,
  ];
  const sameDay = start.toPlainDate().equals(end.toPlainDate());
  return `${shortInstant(from)} to ${sameDay ? clock(end) : shortInstant(to)}`;
}

/** `at once, takes 15s`, `after 1h, takes 15s`, `Sat 2026-11-28 07:00 to 07:03`. */
export function whenOf(time: Omit<BlockTime, 'estimateMs' | 'waits' | 'closesAt'>): string {
  const { startsAt, endsAt, startsAfterMs, endsAfterMs } = time;
  if (startsAt !== null && endsAt !== null) return instantRange(startsAt, endsAt);
  const start = startsAfterMs === 0 ? 'at once' : `after ${formatDuration(startsAfterMs)}`;
  return endsAfterMs === startsAfterMs ? start : `${start}, takes ${formatDuration(endsAfterMs - startsAfterMs)}`;
}

export function describeTime({ steps, time, isDeferred, deferredUntil }: BlockView): string {
  if (isDeferred) return deferredUntil === null ? 'deferred' : `deferred until ${shortInstant(deferredUntil)}`;
  if (time === undefined) return 'has no time';
  const { estimateMs, startsAfterMs, endsAfterMs, startsAt, endsAt } = time;
  const takes =
    steps.length > 1
      ? `about ${formatDuration(estimateMs)} each, ${formatDuration(endsAfterMs - startsAfterMs)} in all`
      : `about ${formatDuration(estimateMs)}`;
  if (startsAt !== null && endsAt !== null) return `${takes}, ${instantRange(startsAt, endsAt)}`;
  return startsAfterMs === 0 ? `${takes}, starts at once` : `${takes}, starts after ${formatDuration(startsAfterMs)}`;
}

/** `waits for the window of tenant acme (...), open until Sun 2026-11-22 11:00`; undefined where no window counts. */
export function describeWindow({ time }: BlockView): string | undefined {
  if (time === undefined || (time.waits.length === 0 && time.closesAt === null)) return undefined;
  const until = time.closesAt === null ? '' : ` until ${shortInstant(time.closesAt)}`;
  if (time.waits.length === 0) return `the window is open${until}`;
  return `${waitsFor(time.waits)}${until === '' ? '' : `, open${until}`}`;
}

/** Of many, the first and how many more. */
export function waitsFor(waits: readonly string[]): string {
  return `waits for ${waits[0]!}${waits.length > 1 ? ` and ${waits.length - 1} more` : ''}`;
}

export function describeDeferral({ reason, until }: DeferredStep): string {
  return `deferred${until === null ? '' : ` until ${shortInstant(until)}`}: ${reason}`;
}
