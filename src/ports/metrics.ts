import type { Series, Signal } from '../model/metrics.ts';

/**
 * Where gates find their readings. A series that is not there is absent from the answer; one that has gone stale has
 * no points after it did. Throws ThemisError UNREACHABLE, TIMEOUT, IO or UNSUPPORTED_FORMAT, and CANCELLED when
 * aborted; a node that alone does not answer is absent, and no error.
 */
export interface Metrics {
  /** How far back the provider remembers. `now`: it gives one reading, of the moment it is asked, whatever `untilMs`. */
  readonly memory: 'history' | 'now';
  /** Every reading taken after `afterMs` and not after `untilMs`. */
  read(request: MetricsRequest, signal: AbortSignal): Promise<readonly Series[]>;
}

export interface MetricsRequest {
  readonly signals: readonly Signal[];
  /** Names. */
  readonly nodes: readonly string[];
  readonly afterMs: number;
  readonly untilMs: number;
}
