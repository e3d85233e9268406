/** How many rows the next batch takes: so many that it holds its locks for about a tenth of a second. Pure. */
import type { Pause } from './throttle.ts';

export const [smallestBatch, largestBatch] = [100, 50_000];
const aimMs = 100;
/** At most twice or half from one to the next: one slow batch is no trend. */
const steepest = 2;

export function nextBatchRows(rows: number, tookMs: number, pause: Pause): number {
  if (pause === 'over') return smallestBatch;
  const factor = pause === 'waited' ? 1 / steepest : aimMs / Math.max(tookMs, 1);
  return clampBatch(rows * Math.min(steepest, Math.max(1 / steepest, factor)));
}

/** After a batch that met a row of somebody else. */
export function fewerRows(rows: number): number {
  return rows > smallestBatch ? clampBatch(rows / 4) : 1;
}

export function clampBatch(rows: number): number {
  return Math.min(largestBatch, Math.max(smallestBatch, Math.round(rows)));
}
