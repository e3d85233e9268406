/** Time, passed in everywhere else. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Resolves after `durationMs`, or early when the signal aborts; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
