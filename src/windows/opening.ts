/** Openings: stretches of time, half-open, in milliseconds since the epoch. Lists are sorted, disjoint and never touch. */
export interface Opening {
  readonly startMs: number;
  readonly endMs: number;
}

/** Any order, overlapping or touching; empty stretches are dropped. */
export function mergeOpenings(openings: readonly Opening[]): readonly Opening[] {
  const sorted = openings.filter(({ startMs, endMs }) => startMs < endMs).toSorted((a, b) => a.startMs - b.startMs);
  const merged: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of sorted) {
    const last = merged.at(-1);
    if (last === undefined || startMs > last.endMs) merged.push({ startMs, endMs });
    else last.endMs = Math.max(last.endMs, endMs);
  }
  return merged;
}

/** What lies in both. */
export function intersectOpenings(a: readonly Opening[], b: readonly Opening[]): readonly Opening[] {
  const common: Opening[] = [];
  let left = 0;
  let right = 0;
  while (left < a.length && right < b.length) {
    const one = a[left]!;
    const other = b[right]!;
    const startMs = Math.max(one.startMs, other.startMs);
    const endMs = Math.min(one.endMs, other.endMs);
    if (startMs < endMs) common.push({ startMs, endMs });
    if (one.endMs <= other.endMs) left += 1;
    else right += 1;
  }
  return common;
}

/** What lies in the first and in none of the second. */
export function subtractOpenings(from: readonly Opening[], closed: readonly Opening[]): readonly Opening[] {
  const rest: Opening[] = [];
  for (const { startMs, endMs } of from) {
    let openMs = startMs;
    for (const deny of closed) {
      if (deny.endMs <= openMs) continue;
      if (deny.startMs >= endMs) break;
      if (deny.startMs > openMs) rest.push({ startMs: openMs, endMs: deny.startMs });
      openMs = deny.endMs;
    }
    if (openMs < endMs) rest.push({ startMs: openMs, endMs });
  }
  return rest;
}
