/**
 * Readings of metrics, as providers give them and the judge takes them: raw values with the instants at which they
 * were taken, never rates or interpolations, so that resets, gaps and stale series can be told apart.
 */

/** What is read for a gate. `id` is unique among the signals of a gate: `failedRequests`, `duration`, `custom`. */
export interface Signal {
  readonly id: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Selector of the series without the node's label; for `custom` the query as written, with `{{node}}`. */
  readonly query: string;
  readonly custom: boolean;
}

/**
 * One signal of one node. A counter or gauge that consists of several series is their sum; a histogram is one series
 * for each of its buckets.
 */
export interface Series {
  readonly node: string;
  readonly signal: string;
  /** Upper bound of a histogram bucket, as its `le` label says; absent otherwise. */
  readonly le?: string;
  /** By instant (milliseconds since the epoch), each once. null: NaN or infinite. */
  readonly points: readonly Point[];
}

export type Point = readonly [atMs: number, value: number | null];
