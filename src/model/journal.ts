/**
 * The one journal format, of node operations and fleet executions alike. An entry is durable before the effect
 * it announces (`begin`, `undo-begin`) and before anything that relies on the effect it reports. Replaying the
 * entries through `saga/` gives back the state; nothing else is kept.
 */
import type { JsonObject } from '../kernel/json.ts';
import type { Failure } from '../kernel/outcome.ts';

export type JournalEvent =
  /** First entry: what was asked for stands in `detail`. */
  | 'open'
  | 'begin'
  | 'done'
  | 'unchanged'
  | 'failed'
  /** From here on steps are undone. */
  | 'turn'
  | 'undo-begin'
  | 'undone'
  | 'undo-failed'
  /** Last entry: the operation has its result. */
  | 'close';

export interface JournalEntry {
  /** From 0, without gaps, per operation. */
  readonly seq: number;
  readonly operation: string;
  /** null for `open`, `turn` and `close`. */
  readonly step: string | null;
  readonly event: JournalEvent;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Fencing token of the writer. */
  readonly token: number;
  readonly detail?: JsonObject;
  readonly failure?: Failure;
}
