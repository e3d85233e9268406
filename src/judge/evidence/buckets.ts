/**
 * Histograms: increments of cumulative buckets, which may be added over time and nodes. Where two have different
 * bounds only the bounds that both have remain: that is exact, while anything finer would be a guess.
 */

/** Bounds ascend and end with infinity; `counts` are cumulative. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export function addBuckets(a: Buckets | null, b: Buckets): Buckets {
  if (a === null) return b;
  if (sameBounds(a.bounds, b.bounds))
    return { bounds: a.bounds, counts: a.counts.map((count, index) => count + b.counts[index]!) };
  const bounds = a.bounds.filter((bound) => b.bounds.includes(bound));
  const countAt = (buckets: Buckets, bound: number): number => buckets.counts[buckets.bounds.indexOf(bound)]!;
  return { bounds, counts: bounds.map((bound) => countAt(a, bound) + countAt(b, bound)) };
}

export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, index) => bound === b[index]));
}

/** Increments from one reading to the next; null when they are no increments: a reset, other buckets, or counts that fall from bucket to bucket. */
export function bucketIncrements(from: Buckets, to: Buckets): Buckets | null {
  if (!sameBounds(from.bounds, to.bounds)) return null;
  const counts = to.counts.map((count, index) => count - from.counts[index]!);
  const sound = counts.every((count, index) => count >= (index === 0 ? 0 : counts[index - 1]!));
  return sound ? { bounds: from.bounds, counts } : null;
}

export function totalOf(buckets: Buckets): number {
  return buckets.counts.at(-1) ?? 0;
}

export interface Quantile {
  readonly value: number;
  /** It lies above the last finite bound: `value` is that bound, and the quantile at least that. */
  readonly beyond: boolean;
}

/**
 * As histogram_quantile of Prometheus: linear inside a bucket, the lowest one from 0 on; above the last finite bound
 * that bound. null without requests or without a finite bound.
 */
export function quantileOf({ bounds, counts }: Buckets, quantile: number): Quantile | null {
  const total = counts.at(-1) ?? 0;
  if (total === 0 || bounds.length < 2) return null;
  const rank = quantile * total;
  const index = counts.findIndex((count) => count >= rank);
  if (index === bounds.length - 1) return { value: bounds.at(-2)!, beyond: true };
  const upper = bounds[index]!;
  if (index === 0 && upper <= 0) return { value: upper, beyond: false };
  const lower = index === 0 ? 0 : bounds[index - 1]!;
  const below = index === 0 ? 0 : counts[index - 1]!;
  const inside = counts[index]! - below;
  return { value: lower + (upper - lower) * (inside === 0 ? 1 : (rank - below) / inside), beyond: false };
}

/** How many lie above `threshold`, linear inside a bucket; null above the last finite bound, where nobody knows. */
export function countAbove({ bounds, counts }: Buckets, threshold: number): number | null {
  const total = counts.at(-1) ?? 0;
  const index = bounds.findIndex((bound) => bound >= threshold);
  const upper = bounds[index];
  if (upper === undefined) return null;
  if (upper === threshold) return total - counts[index]!;
  if (upper === Infinity) return null;
  const lower = index === 0 ? 0 : bounds[index - 1]!;
  const below = index === 0 ? 0 : counts[index - 1]!;
  const share = upper === lower ? 1 : Math.max(0, (threshold - lower) / (upper - lower));
  return total - (below + (counts[index]! - below) * share);
}
