/** Time, passed in everywhere else. */
export interface Clock {
  /** Milliseconds since the Unix epoch. Jumps when somebody sets the clock of the machine: for stamps and dates, not for how long something takes. */
  nowMs(): number;
  /** Whole milliseconds since some moment; only ever goes on. */
  steadyMs(): number;
  /** Resolves after `durationMs`, or early when the signal aborts; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
