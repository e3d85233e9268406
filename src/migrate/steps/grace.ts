import { parseDuration } from '../../kernel/units/duration.ts';

/** Of an operation that drops something and does not say how long the old form is kept: a week. */
const usualGraceMs = 604_800_000;

export function graceOf({ gracePeriod }: { readonly gracePeriod?: string }): number {
  return gracePeriod === undefined ? usualGraceMs : parseDuration(gracePeriod)!;
}
