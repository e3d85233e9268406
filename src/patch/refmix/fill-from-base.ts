import type { Alignment } from '../alignment.ts';

/** What a target is before anything of a patch was decoded: as the base has it where it lies beside it, else zero. */
export interface BaseBeside {
  readonly base: Uint8Array;
  readonly stretches: Alignment;
}

/** The target from `from` to `to`, put into `into`, whose first byte is the one at `origin`. */
export function fillFromBase(
  { base, stretches }: BaseBeside,
  into: Uint8Array,
  origin: number,
  from: number,
  to: number,
): void {
  into.fill(0, from - origin, to - origin);
  const { entries, basePosition, targetPosition, length } = stretches;
  for (let entry = stretchAt(stretches, from); entry < entries && targetPosition[entry]! < to; entry += 1) {
    const start = Math.max(from, targetPosition[entry]!);
    const end = Math.min(to, targetPosition[entry]! + length[entry]!);
    const ahead = basePosition[entry]! - targetPosition[entry]!;
    if (start < end) into.set(base.subarray(start + ahead, end + ahead), start - origin);
  }
}

/** The last that begins at the position or before. */
function stretchAt({ entries, targetPosition }: Alignment, position: number): number {
  let low = 0;
  let high = entries;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (targetPosition[middle]! <= position) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
