/**
 * How long a step is expected to take: the p95 of this fleet's own history, else a declared default for a node that
 * nothing is known of yet. Estimates are shown and scheduled with; nothing waits for them or fails on them.
 */
import type { Estimates, SchemaWork } from '../../model/rollout-record.ts';

/** Drain, stop, switch, start and the first good health answer of a node without history. */
export const defaultSwitchMs = 15_000;
/** Copying and verifying a release where nothing was measured: 50 MB a second. */
export const defaultBytesPerMs = 50_000;

/** Milliseconds, whole. */
export function estimateMs(kind: string, bytes: number, estimates: Estimates): number {
  const measured = kind === 'node-rollback' ? estimates.rollbackMs : estimates.updateMs;
  return Math.ceil(measured ?? defaultSwitchMs + bytes / defaultBytesPerMs);
}

/** One phase of a migration that reads and writes no rows. */
export const defaultSchemaMs = 5000;
/** One that treats every row of a table whose size nobody knows here. */
export const defaultRewriteMs = 60_000;

/** Milliseconds, whole. */
export function estimateSchemaMs(work: SchemaWork, rewrites: boolean, { schemaMs }: Estimates): number {
  return Math.ceil(schemaMs?.[work] ?? (rewrites ? defaultRewriteMs : defaultSchemaMs));
}
