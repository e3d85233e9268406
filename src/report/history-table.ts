import { formatDuration } from '../kernel/units/duration.ts';
import { parseInstant } from '../kernel/units/instant.ts';
import type { Digest } from '../kernel/digest.ts';
import { formatTable } from './table.ts';

/** One execution, as the coordination store tells it. */
export interface HistoryRow {
  readonly id: string;
  readonly kind: string;
  readonly planDigest: Digest;
  readonly targetDigest: Digest;
  readonly startedAt: string;
  readonly by: string;
  readonly revision: string | null;
  readonly end: {
    readonly finishedAt: string;
    readonly result: string;
    readonly exitCode: number;
    readonly detail: string;
  } | null;
}

/** Newest first, as given. */
export function historyTable(rows: readonly HistoryRow[]): string {
  if (rows.length === 0) return 'Nothing has been applied to this fleet yet.\n';
  const headers = ['execution', 'kind', 'started', 'took', 'result', 'exit', 'revision', 'by', 'detail'];
  return formatTable(
    headers,
    rows.map((row) => [
      row.id,
      row.kind,
      row.startedAt,
      row.end === null ? '' : formatDuration(spanMs(row.startedAt, row.end.finishedAt)),
      row.end?.result ?? 'open',
      row.end === null ? '' : String(row.end.exitCode),
      row.revision === null ? '' : row.revision.slice(0, 10),
      row.by,
      row.end?.detail ?? 'run apply again to go on with it',
    ]),
  );
}

function spanMs(from: string, to: string): number {
  return Math.max(0, (parseInstant(to) ?? 0) - (parseInstant(from) ?? 0));
}
