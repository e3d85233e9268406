/**
 * Several series of one node, added up. Series of one scrape share their instants and are added instant by instant: one
 * that is not there yet counts nothing, and one that ended takes its value with it, as a restart does. Series of
 * different scrape targets have different instants: there each counts with its last reading, until it is stale.
 */
import type { Point } from '../../model/metrics.ts';

export interface Part {
  /** What is scraped together: same job, same instance. */
  readonly target: string;
  /** By instant. */
  readonly points: readonly Point[];
}

/** As Prometheus looks back for the last sample of a series. */
export const lookBackMs = 300_000;

export function sumSeries(parts: readonly Part[]): readonly Point[] {
  const byTarget = new Map<string, (readonly Point[])[]>();
  for (const { target, points } of parts) {
    const list = byTarget.get(target);
    if (list === undefined) byTarget.set(target, [points]);
    else list.push(points);
  }
  return acrossTargets([...byTarget.values()].map(sameInstants));
}

function sameInstants(list: readonly (readonly Point[])[]): readonly Point[] {
  if (list.length === 1) return list[0]!;
  const sums = new Map<number, number | null>();
  for (const points of list) {
    for (const [atMs, value] of points) sums.set(atMs, sums.has(atMs) ? plus(sums.get(atMs)!, value) : value);
  }
  return [...sums].sort(([a], [b]) => a - b);
}

function acrossTargets(list: readonly (readonly Point[])[]): readonly Point[] {
  if (list.length === 1) return list[0]!;
  const instants = [...new Set(list.flatMap((points) => points.map(([atMs]) => atMs)))].sort((a, b) => a - b);
  const next = list.map(() => 0);
  return instants.map((atMs): Point => {
    let sum: number | null = 0;
    for (const [index, points] of list.entries()) {
      while (next[index]! < points.length && points[next[index]!]![0] <= atMs) next[index] = next[index]! + 1;
      const last = points[next[index]! - 1];
      if (last !== undefined && atMs - last[0] <= lookBackMs) sum = plus(sum, last[1]);
    }
    return [atMs, sum];
  });
}

/** What is not a number makes the sum none. */
function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
